package dev.sluice.router.sql;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All words the lexer knows: keywords of the grammar and names in front of parentheses. Immutable. */
final class Vocabulary {
    /** The case of the word never matters. */
    static final int FOLDED = 1;
    /** In front of a parenthesis it is a function or a type. */
    static final int CALLABLE = 1 << 1;
    /** A list may follow whose elements count once. */
    static final int ANNOUNCES_LIST = 1 << 2;
    /** It has a meaning of its own wherever it stands, and is not only asked for by its neighbours. */
    static final int MEANINGFUL = 1 << 3;
    /** It is the name of a schema whose tables are about one server. */
    static final int SERVER_SCHEMA = 1 << 4;

    private static final Set<Keyword> LISTS = EnumSet.of(Keyword.IN, Keyword.VALUES, Keyword.VALUE);

    private static final Set<Keyword> SERVER_SCHEMAS =
            EnumSet.of(Keyword.PERFORMANCE_SCHEMA, Keyword.SYS, Keyword.MYSQL, Keyword.INFORMATION_SCHEMA);

    /** What most of a statement's keywords are: they part others, or say something about what is next to them. */
    private static final Set<Keyword> MERE_SEPARATORS = EnumSet.of(
            Keyword.AND,
            Keyword.AS,
            Keyword.BY,
            Keyword.CASE,
            Keyword.DESC,
            Keyword.DISTINCT,
            Keyword.END,
            Keyword.FOR,
            Keyword.FROM,
            Keyword.GROUP,
            Keyword.HAVING,
            Keyword.IF,
            Keyword.JOIN,
            Keyword.KEY,
            Keyword.NOT,
            Keyword.ON,
            Keyword.OR,
            Keyword.ORDER,
            Keyword.UNION,
            Keyword.WHERE);

    /** Keywords that people give tables and columns as names, whose case may matter to them. */
    private static final Set<Keyword> NAMES_TOO = EnumSet.of(
            Keyword.AUTHORIZATION,
            Keyword.BACKUP,
            Keyword.CACHE,
            Keyword.CHECKSUM,
            Keyword.CLOSE,
            Keyword.CONNECTION,
            Keyword.END,
            Keyword.ERRORS,
            Keyword.EVENT,
            Keyword.FORMAT,
            Keyword.HELP,
            Keyword.IMPORT,
            Keyword.INSTANCE,
            Keyword.MYSQL,
            Keyword.NAMES,
            Keyword.NEXT,
            Keyword.NEXTVAL,
            Keyword.CURRVAL,
            Keyword.LASTVAL,
            Keyword.OPEN,
            Keyword.PACKAGE,
            Keyword.PARTITIONS,
            Keyword.PASSWORD,
            Keyword.PREVIOUS,
            Keyword.REPLICA,
            Keyword.REPLICAS,
            Keyword.RESOURCE,
            Keyword.ROLE,
            Keyword.SEQUENCE,
            Keyword.SERVER,
            Keyword.SESSION,
            Keyword.SESSION_TRACK_GTIDS,
            Keyword.SESSION_TRACK_SCHEMA,
            Keyword.SESSION_TRACK_STATE_CHANGE,
            Keyword.SESSION_TRACK_SYSTEM_VARIABLES,
            Keyword.SESSION_TRACK_TRANSACTION_INFO,
            Keyword.SESSION_VARIABLES,
            Keyword.STAGE,
            Keyword.START,
            Keyword.STATEMENT,
            Keyword.STATUS,
            Keyword.SYS,
            Keyword.SYSTEM_VARIABLES,
            Keyword.USER,
            Keyword.USERS,
            Keyword.VALUE,
            Keyword.VARIABLES_BY_THREAD,
            Keyword.VIEW,
            Keyword.WARNINGS,
            Keyword.INFORMATION_SCHEMA,
            Keyword.PERFORMANCE_SCHEMA);

    /** By name in any case. */
    static final NameTable<Word> WORDS = new NameTable<>(load());

    private static final byte[] FLAGS = flags();
    private static final long[] MARKS = marks();

    private Vocabulary() {}

    /** What is known about a word by its number in {@link #WORDS}: bits that are named here; 0 for number 0. */
    static int flags(int wordId) {
        return FLAGS[wordId];
    }

    /** A number for the word that depends on its letters only, so that all versions of Sluice agree on it. */
    static long mark(int wordId) {
        return MARKS[wordId];
    }

    private static long[] marks() {
        long[] marks = new long[WORDS.idLimit()];
        FingerprintHasher hash = new FingerprintHasher();
        for (int id = 1; id < marks.length; id++) {
            if (WORDS.isId(id)) {
                hash.reset();
                WORDS.mixName(id, hash);
                marks[id] = hash.high();
            }
        }
        return marks;
    }

    private static byte[] flags() {
        byte[] flags = new byte[WORDS.idLimit()];
        for (int id = 1; id < flags.length; id++) {
            if (WORDS.isId(id)) {
                flags[id] = (byte) flags(WORDS.get(id));
            }
        }
        return flags;
    }

    private static int flags(Word word) {
        Keyword keyword = word.keyword();
        boolean meaningful = keyword != Keyword.NONE && !MERE_SEPARATORS.contains(keyword);
        return (word.folded() ? FOLDED : 0)
                | (word.function() != FunctionClass.UNKNOWN ? CALLABLE : 0)
                | (LISTS.contains(keyword) ? ANNOUNCES_LIST : 0)
                | (meaningful ? MEANINGFUL : 0)
                | (SERVER_SCHEMAS.contains(keyword) ? SERVER_SCHEMA : 0);
    }

    /** The keyword of a word by its number in {@link #WORDS}. */
    static Keyword keyword(int wordId) {
        return wordId == 0 ? Keyword.NONE : WORDS.get(wordId).keyword();
    }

    /**
     * A word behind a dot is a name like any other, except for the sequence functions of Oracle mode, for variables whose
     * scope may stand in front of it, and for tables of variables.
     */
    static int behindDot(int wordId) {
        return switch (keyword(wordId)) {
            case NEXTVAL, CURRVAL, LASTVAL, SESSION_VARIABLES, SYSTEM_VARIABLES, VARIABLES_BY_THREAD -> wordId;
            case SESSION_TRACK_GTIDS,
                    SESSION_TRACK_SCHEMA,
                    SESSION_TRACK_STATE_CHANGE,
                    SESSION_TRACK_SYSTEM_VARIABLES,
                    SESSION_TRACK_TRANSACTION_INFO -> wordId;
            default -> 0;
        };
    }

    private static Map<String, Word> load() {
        Map<String, FunctionClass> functions = functions();
        Map<String, Keyword> keywords = new HashMap<>();
        for (Keyword keyword : Keyword.values()) {
            keywords.put(keyword.name(), keyword);
        }
        keywords.remove(Keyword.NONE.name());
        Set<String> names = new HashSet<>(functions.keySet());
        names.addAll(keywords.keySet());
        Map<String, Word> words = new HashMap<>();
        for (String name : names) {
            Keyword keyword = keywords.getOrDefault(name, Keyword.NONE);
            FunctionClass function = functions.getOrDefault(name, FunctionClass.UNKNOWN);
            boolean reserved = keyword != Keyword.NONE || function == FunctionClass.SYNTAX;
            words.put(name, new Word(keyword, function, reserved && !NAMES_TOO.contains(keyword)));
        }
        return words;
    }

    /** The classes of functions.txt by upper-case name. */
    static Map<String, FunctionClass> functions() {
        Map<String, FunctionClass> functions = new HashMap<>();
        for (List<String> line : new ArrayList<>(WordLists.read("functions.txt"))) {
            FunctionClass functionClass = FunctionClass.valueOf(line.get(0));
            for (String name : line.subList(1, line.size())) {
                if (functions.put(name, functionClass) != null) {
                    throw new IllegalStateException("functions.txt names " + name + " twice");
                }
            }
        }
        return functions;
    }
}
