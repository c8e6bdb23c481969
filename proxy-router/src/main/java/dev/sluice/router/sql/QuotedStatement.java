package dev.sluice.router.sql;

import java.io.ByteArrayOutputStream;

/** A statement inside of a string literal, as PREPARE and EXECUTE IMMEDIATE take it. Functions only. */
final class QuotedStatement {
    private QuotedStatement() {}

    /** The {@link Traits} of what the string at the cursor contains. */
    static long traits(TokenCursor cursor, LexicalMode mode) {
        byte[] content = content(cursor, mode);
        StatementLexer lexer = new StatementLexer();
        lexer.lex(content, 0, content.length, mode);
        return lexer.traits();
    }

    /** The text in the string at the cursor. */
    static byte[] content(TokenCursor cursor, LexicalMode mode) {
        byte[] bytes = cursor.bytes();
        int p = cursor.start();
        int end = p + cursor.length() - 1;
        while (p < end && bytes[p] != '\'' && bytes[p] != '"') {
            p++;
        }
        int quote = bytes[p++];
        ByteArrayOutputStream content = new ByteArrayOutputStream(cursor.length());
        while (p < end) {
            int c = bytes[p];
            if (c < 0 && mode.charset().hidesAscii()) {
                int length = Math.min(end - p, mode.charset().characterLength(bytes, p, end));
                content.write(bytes, p, length);
                p += length;
            } else if (p + 1 < end && (c == quote || (c == '\\' && !mode.noBackslashEscapes()))) {
                content.write(c == quote ? quote : escaped(bytes[p + 1]));
                p += 2;
            } else {
                content.write(c);
                p++;
            }
        }
        return content.toByteArray();
    }

    /** What a character means behind a backslash, as far as it is another than itself. */
    private static int escaped(int c) {
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case '0' -> 0;
            case 'Z' -> 26;
            default -> c;
        };
    }
}
