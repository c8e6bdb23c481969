package dev.sluice.router.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads which user variables a SET statement assigns, and to which literals. Confined to the session's event loop.
 *
 * <p>Everything that is not certainly a literal has an unknown value, and a name that two servers may compare in two ways
 * makes the whole statement one that is not understood.
 */
public final class UserVariableReader {
    /** Servers refuse longer names. */
    private static final int NAME_MAX = 64;

    private final TokenCursor cursor = new TokenCursor();
    private final LiteralReader literals;
    private final List<UserVariableAssignment> assignments = new ArrayList<>();

    private UserVariableReader(LiteralReader literals) {
        this.literals = literals;
    }

    /**
     * The assignments of a SET that stands alone in its packet, in their order; null if another variable may be assigned
     * as well.
     *
     * @param statement the text in UTF-8 or ASCII
     * @param mode how the text is read
     * @param clientCharset the character set that the server decodes the statement with
     * @param connectionCollation the collation that its strings have
     * @param emptyIsNull whether an empty string is NULL
     */
    public static @Nullable List<UserVariableAssignment> read(
            byte[] statement,
            LexicalMode mode,
            @Nullable String clientCharset,
            @Nullable String connectionCollation,
            boolean emptyIsNull) {
        UserVariableReader reader =
                new UserVariableReader(new LiteralReader(mode, clientCharset, connectionCollation, emptyIsNull));
        reader.cursor.reset(statement, 0, statement.length, mode);
        return reader.readAll() ? List.copyOf(reader.assignments) : null;
    }

    private boolean readAll() {
        if (cursor.next() != TokenCursor.WORD || !"SET".equals(LiteralReader.text(cursor))) {
            return false;
        }
        do {
            cursor.next();
            boolean understood = cursor.type() == TokenCursor.USER_VARIABLE ? readUserVariable() : skipItem();
            if (!understood) {
                return false;
            }
        } while (cursor.symbol() == ',');
        while (cursor.symbol() == ';') {
            cursor.next();
        }
        return cursor.type() == TokenCursor.END && cursor.textTraits() == 0;
    }

    private boolean readUserVariable() {
        String name = name(cursor);
        cursor.next();
        if (name == null || (cursor.symbol() != '=' && cursor.type() != TokenCursor.ASSIGNMENT)) {
            return false;
        }
        cursor.next();
        String literal = literals.read(cursor);
        if (literal != null && isItemEnd(0)) {
            assignments.add(new UserVariableAssignment(name, literal));
            return true;
        }
        assignments.add(new UserVariableAssignment(name, null));
        return skipItem();
    }

    /** Moves to the end of the item; false if a variable may be assigned inside of it. */
    private boolean skipItem() {
        int depth = 0;
        boolean behindUserVariable = false;
        boolean selects = false;
        while (!isItemEnd(depth)) {
            if (cursor.type() == TokenCursor.END || (cursor.type() == TokenCursor.ASSIGNMENT && behindUserVariable)) {
                return false;
            }
            Keyword keyword =
                    cursor.word() == null ? Keyword.NONE : cursor.word().keyword();
            selects |= keyword == Keyword.SELECT;
            if (keyword == Keyword.TABLE || (selects && keyword == Keyword.FROM)) {
                // A view may call a function that assigns any variable.
                return false;
            }
            behindUserVariable = cursor.type() == TokenCursor.USER_VARIABLE;
            depth += cursor.symbol() == '(' ? 1 : cursor.symbol() == ')' ? -1 : 0;
            cursor.next();
        }
        return true;
    }

    private boolean isItemEnd(int depth) {
        return depth == 0 && (cursor.type() == TokenCursor.END || cursor.symbol() == ',' || cursor.symbol() == ';');
    }

    /** The user variable at the cursor; null if its name has anything in it but what every server folds the same way. */
    static @Nullable String name(TokenCursor cursor) {
        byte[] bytes = cursor.bytes();
        int start = cursor.start() + 1;
        int end = cursor.start() + cursor.length();
        if (end - start >= 2 && (bytes[start] == '`' || bytes[start] == '\'' || bytes[start] == '"')) {
            start++;
            end--;
        }
        if (start >= end || end - start > NAME_MAX) {
            return null;
        }
        StringBuilder name = new StringBuilder(end - start);
        for (int i = start; i < end; i++) {
            int c = bytes[i];
            boolean plain = c > 0 && (CharacterClass.isNamePart(c) || c == '.' || c == '-');
            if (!plain) {
                return null;
            }
            name.append((char) c);
        }
        return name.toString().toLowerCase(Locale.ROOT);
    }
}
