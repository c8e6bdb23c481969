package dev.sluice.router.sql;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a KILL that stands alone in its packet asks for. Immutable.
 *
 * @param connectionId whose connection or statement is to end, as clients know it; {@link #OWN} for CONNECTION_ID()
 * @param queryOnly whether only the statement is to end
 * @param mariaDbOnly whether only MariaDB knows the form
 */
public record KillStatement(long connectionId, boolean queryOnly, boolean mariaDbOnly) {
    /** The connection that the statement came on. */
    public static final long OWN = -1;

    private static final int DIGITS_MAX = 18;

    /** Reads a statement; null if it is no KILL, or one in a form whose meaning only a server could tell. */
    public static @Nullable KillStatement read(ByteBuf statement, int index, int length, LexicalMode mode) {
        byte[] bytes = new byte[length];
        statement.getBytes(index, bytes);
        TokenCursor cursor = new TokenCursor();
        cursor.reset(bytes, 0, length, mode);
        int token = cursor.next();
        if (token != TokenCursor.WORD || !"KILL".equals(word(cursor))) {
            return null;
        }
        cursor.next();
        boolean strength = skips(cursor, "HARD") || skips(cursor, "SOFT");
        boolean queryOnly = skips(cursor, "QUERY");
        boolean unused = !queryOnly && skips(cursor, "CONNECTION");
        Long id = id(cursor);
        return id == null || !isAtEnd(cursor) ? null : new KillStatement(id, queryOnly, strength);
    }

    private static boolean skips(TokenCursor cursor, String word) {
        boolean there = cursor.type() == TokenCursor.WORD && word.equals(word(cursor));
        if (there) {
            cursor.next();
        }
        return there;
    }

    /** Moves behind the id; null if it is no plain number. */
    private static @Nullable Long id(TokenCursor cursor) {
        int type = cursor.type();
        String text = text(cursor);
        cursor.next();
        if (type == TokenCursor.WORD && "CONNECTION_ID".equals(text.toUpperCase(Locale.ROOT))) {
            return skipsSymbol(cursor, '(') && skipsSymbol(cursor, ')') ? OWN : null;
        }
        boolean quoted = type == TokenCursor.STRING && text.length() > 2;
        if (!quoted && type != TokenCursor.NUMBER) {
            return null;
        }
        String digits = quoted ? text.substring(1, text.length() - 1) : text;
        if (!digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        return digits.length() > DIGITS_MAX ? Long.MAX_VALUE : Long.parseLong(digits);
    }

    private static boolean skipsSymbol(TokenCursor cursor, int symbol) {
        boolean there = cursor.symbol() == symbol;
        cursor.next();
        return there;
    }

    private static boolean isAtEnd(TokenCursor cursor) {
        while (cursor.symbol() == ';') {
            cursor.next();
        }
        return cursor.type() == TokenCursor.END
                && (cursor.textTraits() & (Traits.EXECUTABLE_COMMENT | Traits.AMBIGUOUS_TEXT)) == 0;
    }

    private static String word(TokenCursor cursor) {
        return text(cursor).toUpperCase(Locale.ROOT);
    }

    private static String text(TokenCursor cursor) {
        return new String(cursor.bytes(), cursor.start(), cursor.length(), StandardCharsets.ISO_8859_1);
    }
}
