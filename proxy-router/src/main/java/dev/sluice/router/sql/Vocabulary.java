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

    private Vocabulary() {}

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
