package dev.sluice.router.sql;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A SELECT that asks for the id of its connection and for nothing else. Immutable.
 *
 * @param column what a server would call the column of its answer
 * @param variable whether the system variable was asked for, not the function
 */
public record ConnectionIdQuestion(String column, boolean variable) {
    private static final int LENGTH_MAX = 1024;
    private static final Set<String> VARIABLES = Set.of(
            "@@PSEUDO_THREAD_ID", "@@`PSEUDO_THREAD_ID`", "@@SESSION.PSEUDO_THREAD_ID", "@@LOCAL.PSEUDO_THREAD_ID");

    /** Reads a statement; null if it asks for something else or for more. */
    public static @Nullable ConnectionIdQuestion read(ByteBuf statement, int index, int length, LexicalMode mode) {
        if (length > LENGTH_MAX) {
            return null;
        }
        byte[] bytes = new byte[length];
        statement.getBytes(index, bytes);
        TokenCursor cursor = new TokenCursor();
        cursor.reset(bytes, 0, length, mode);
        cursor.next();
        if (!isWord(cursor, "SELECT")) {
            return null;
        }
        int type = cursor.next();
        int start = cursor.start();
        int end = start + cursor.length();
        boolean variable = type == TokenCursor.SYSTEM_VARIABLE
                && VARIABLES.contains(text(bytes, start, end).toUpperCase(Locale.ROOT));
        if (!variable) {
            end = isWord(cursor, "CONNECTION_ID") ? callEnd(cursor) : 0;
            if (end == 0) {
                return null;
            }
        }
        cursor.next();
        String alias = alias(cursor);
        while (cursor.symbol() == ';') {
            cursor.next();
        }
        String column = alias == null ? text(bytes, start, end) : alias;
        boolean whole = cursor.type() == TokenCursor.END
                && (cursor.textTraits() & (Traits.EXECUTABLE_COMMENT | Traits.AMBIGUOUS_TEXT)) == 0
                && column.chars().allMatch(c -> c >= ' ' && c < 0x7F);
        return whole ? new ConnectionIdQuestion(column, variable) : null;
    }

    /** Moves to the parenthesis that closes the call and returns the index behind it; 0 if there is none. */
    private static int callEnd(TokenCursor cursor) {
        cursor.next();
        if (cursor.symbol() != '(') {
            return 0;
        }
        cursor.next();
        return cursor.symbol() == ')' ? cursor.start() + 1 : 0;
    }

    /** Moves behind an alias; null if there is none that is plain enough to be repeated. */
    private static @Nullable String alias(TokenCursor cursor) {
        boolean as = isWord(cursor, "AS");
        if (as) {
            cursor.next();
        }
        String name = text(cursor.bytes(), cursor.start(), cursor.start() + cursor.length());
        String found = null;
        if (cursor.type() == TokenCursor.WORD && cursor.word() == null) {
            found = name;
        } else if (cursor.type() == TokenCursor.QUOTED_NAME && isPlain(name)) {
            found = name.substring(1, name.length() - 1);
        }
        if (found != null) {
            cursor.next();
        }
        return found;
    }

    private static boolean isPlain(String quoted) {
        String name = quoted.substring(1, quoted.length() - 1);
        return !name.isBlank() && name.equals(name.strip()) && name.indexOf(quoted.charAt(0)) < 0;
    }

    private static boolean isWord(TokenCursor cursor, String word) {
        return cursor.type() == TokenCursor.WORD
                && word.equalsIgnoreCase(text(cursor.bytes(), cursor.start(), cursor.start() + cursor.length()));
    }

    private static String text(byte[] bytes, int start, int end) {
        return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
    }
}
