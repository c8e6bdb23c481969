package dev.sluice.router.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads which session variables a SET statement assigns. Confined to the session's event loop.
 *
 * <p>It understands plain lists of assignments only, and SET NAMES among them: anything else is for the server alone.
 */
public final class AssignedVariables {
    /** What SET NAMES sets, and what each variable about it may set besides. */
    private static final List<String> CHARACTER_SETS =
            List.of("character_set_client", "character_set_results", "collation_connection");

    /** They begin another statement than an assignment, or one to another place. */
    private static final Set<String> NO_NAMES = Set.of(
            "GLOBAL",
            "PERSIST",
            "PERSIST_ONLY",
            "PASSWORD",
            "ROLE",
            "DEFAULT",
            "RESOURCE",
            "STATEMENT",
            "TRANSACTION",
            "CHARACTER",
            "CHARSET",
            "AUTHORIZATION");

    /** With them another statement begins inside of a value, or what is no value at all. */
    private static final Set<String> NO_VALUES =
            Set.of("SELECT", "TABLE", "VALUES", "WITH", "FROM", "INTO", "FOR", "NEXT");

    private static final int NAME_MAX = 64;

    private final TokenCursor cursor = new TokenCursor();
    private final List<String> names = new ArrayList<>();

    private AssignedVariables() {}

    /**
     * The variables that a SET which stands alone in its packet may change, in lower case; null if it may do anything else.
     *
     * @param statement the text in ASCII
     * @param mode how it is read
     */
    public static @Nullable List<String> read(byte[] statement, LexicalMode mode) {
        return read(statement, 0, statement.length, mode);
    }

    static @Nullable List<String> read(byte[] bytes, int offset, int length, LexicalMode mode) {
        AssignedVariables reader = new AssignedVariables();
        reader.cursor.reset(bytes, offset, length, mode);
        return reader.readAll() ? List.copyOf(reader.names) : null;
    }

    private boolean readAll() {
        if (cursor.next() != TokenCursor.WORD || !"SET".equals(LiteralReader.text(cursor))) {
            return false;
        }
        do {
            cursor.next();
            if (!readItem()) {
                return false;
            }
        } while (cursor.symbol() == ',');
        while (cursor.symbol() == ';') {
            cursor.next();
        }
        return cursor.type() == TokenCursor.END && cursor.textTraits() == 0;
    }

    /** Reads one assignment and moves to what follows it. */
    private boolean readItem() {
        if (cursor.type() == TokenCursor.WORD) {
            String word = LiteralReader.text(cursor);
            if (word.equals("NAMES")) {
                names.addAll(CHARACTER_SETS);
                cursor.next();
                return skipValue();
            }
            if (word.equals("SESSION") || word.equals("LOCAL")) {
                cursor.next();
            }
        }
        String name = name();
        cursor.next();
        if (name == null || (cursor.symbol() != '=' && cursor.type() != TokenCursor.ASSIGNMENT)) {
            return false;
        }
        names.add(name);
        if (name.startsWith("character_set_") || name.startsWith("collation_")) {
            names.addAll(CHARACTER_SETS);
        }
        cursor.next();
        return skipValue();
    }

    /** The session variable at the cursor; null if it is anything else. */
    private @Nullable String name() {
        byte[] bytes = cursor.bytes();
        int start = cursor.start();
        int end = start + cursor.length();
        if (cursor.type() == TokenCursor.QUOTED_NAME) {
            return plain(bytes, start + 1, end - 1);
        }
        if (cursor.type() == TokenCursor.WORD && !NO_NAMES.contains(LiteralReader.text(cursor))) {
            return plain(bytes, start, end);
        }
        boolean ofSession = cursor.type() == TokenCursor.SYSTEM_VARIABLE
                && SystemVariableCatalog.scope(bytes, start + 2, end) != SystemVariableCatalog.Scope.GLOBAL;
        return ofSession ? plain(bytes, SystemVariableCatalog.nameStart(bytes, start + 2, end), end) : null;
    }

    private static @Nullable String plain(byte[] bytes, int start, int end) {
        if (start >= end || end - start > NAME_MAX) {
            return null;
        }
        StringBuilder name = new StringBuilder(end - start);
        for (int i = start; i < end; i++) {
            if (bytes[i] <= 0 || !CharacterClass.isNamePart(bytes[i])) {
                return null;
            }
            name.append((char) bytes[i]);
        }
        return name.toString().toLowerCase(Locale.ROOT);
    }

    /** Moves behind a value; false if there is none, or if more happens in it. */
    private boolean skipValue() {
        int depth = 0;
        int tokens = 0;
        while (cursor.type() != TokenCursor.END && (depth > 0 || (cursor.symbol() != ',' && cursor.symbol() != ';'))) {
            boolean wrong = cursor.type() == TokenCursor.ASSIGNMENT
                    || (cursor.type() == TokenCursor.WORD && NO_VALUES.contains(LiteralReader.text(cursor)));
            depth += cursor.symbol() == '(' ? 1 : cursor.symbol() == ')' ? -1 : 0;
            if (wrong || depth < 0) {
                return false;
            }
            tokens++;
            cursor.next();
        }
        return tokens > 0 && depth == 0;
    }
}
