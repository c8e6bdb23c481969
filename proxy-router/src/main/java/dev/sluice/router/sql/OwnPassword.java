package dev.sluice.router.sql;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the password that a statement gives to the account of its own session: {@code SET PASSWORD = '...'}, {@code ALTER
 * USER USER() IDENTIFIED BY '...'} and their like. Functions only.
 */
public final class OwnPassword {
    private OwnPassword() {}

    /**
     * The password; null if the statement is about another account, or if what it says is not certain.
     *
     * @param statement the text of one statement, in UTF-8
     * @param mode how the text is read
     */
    public static byte @Nullable [] read(byte[] statement, LexicalMode mode) {
        TokenCursor cursor = new TokenCursor();
        cursor.reset(statement, 0, statement.length, mode);
        cursor.next();
        boolean found = isWord(cursor, "SET") ? behindSet(cursor) : isWord(cursor, "ALTER") && behindAlter(cursor);
        return found && cursor.type() == TokenCursor.STRING ? content(cursor, mode) : null;
    }

    /** Up to the literal of SET PASSWORD [FOR CURRENT_USER[()]] = 'password' | PASSWORD('password'). */
    private static boolean behindSet(TokenCursor cursor) {
        cursor.next();
        if (!takes(cursor, "PASSWORD")
                || (takes(cursor, "FOR") && !takesOwnName(cursor, false))
                || cursor.symbol() != '=') {
            return false;
        }
        cursor.next();
        if (!takes(cursor, "PASSWORD")) {
            return true;
        }
        boolean called = cursor.symbol() == '(';
        cursor.next();
        return called;
    }

    /** Up to the literal of ALTER USER own-account IDENTIFIED BY 'password'. */
    private static boolean behindAlter(TokenCursor cursor) {
        cursor.next();
        return takes(cursor, "USER")
                && takesOwnName(cursor, true)
                && takes(cursor, "IDENTIFIED")
                && takes(cursor, "BY");
    }

    private static boolean takesOwnName(TokenCursor cursor, boolean userToo) {
        boolean current = takes(cursor, "CURRENT_USER");
        boolean user = !current && userToo && takes(cursor, "USER");
        if (cursor.symbol() != '(') {
            return current;
        }
        cursor.next();
        boolean closed = cursor.symbol() == ')';
        cursor.next();
        return closed && (current || user);
    }

    private static boolean takes(TokenCursor cursor, String word) {
        boolean there = isWord(cursor, word);
        if (there) {
            cursor.next();
        }
        return there;
    }

    private static boolean isWord(TokenCursor cursor, String word) {
        return cursor.type() == TokenCursor.WORD && word.equals(LiteralReader.text(cursor));
    }

    private static byte @Nullable [] content(TokenCursor cursor, LexicalMode mode) {
        int quote = cursor.bytes()[cursor.start()];
        boolean certain = mode.charset() == LexicalCharset.UTF8 || isAscii(cursor);
        return certain && (quote == '\'' || quote == '"') ? LiteralReader.content(cursor, mode) : null;
    }

    private static boolean isAscii(TokenCursor cursor) {
        return new String(cursor.bytes(), cursor.start(), cursor.length(), StandardCharsets.ISO_8859_1)
                .chars()
                .allMatch(c -> c < 0x80);
    }
}
