package dev.sluice.router.sql;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a literal and writes it in a form that means the same whatever the sql_mode and the character sets of the
 * connection that it is sent on: numbers as they stand, strings as the bytes of a named character set and collation.
 * Confined to the session's event loop.
 */
final class LiteralReader {
    /** Character sets that have ASCII's letters at ASCII's places, and no byte of ASCII in any other character. */
    private static final Set<String> ASCII_BASED = Set.of("utf8mb4", "utf8mb3", "utf8", "latin1", "ascii");

    private static final Pattern COLLATION = Pattern.compile("[a-z0-9_]{1,64}");
    private static final String UTF8MB4 = "utf8mb4";
    private static final String BINARY = "binary";

    private final LexicalMode mode;
    private final String clientCharset;
    private final String connectionCollation;
    private final boolean emptyIsNull;

    LiteralReader(
            LexicalMode mode,
            @Nullable String clientCharset,
            @Nullable String connectionCollation,
            boolean emptyIsNull) {
        this.mode = mode;
        this.emptyIsNull = emptyIsNull;
        this.clientCharset = clientCharset == null ? "" : clientCharset;
        this.connectionCollation = connectionCollation == null ? "" : connectionCollation;
    }

    /** Reads what stands at the cursor and moves behind it; null if it is not understood. What follows is not looked at. */
    @Nullable
    String read(TokenCursor cursor) {
        return switch (cursor.type()) {
            case TokenCursor.SYMBOL -> signed(cursor);
            case TokenCursor.NUMBER -> verbatim(cursor);
            case TokenCursor.STRING -> string(cursor, null);
            case TokenCursor.WORD -> word(cursor);
            default -> null;
        };
    }

    private static @Nullable String signed(TokenCursor cursor) {
        int sign = cursor.symbol();
        if (sign != '-' && sign != '+') {
            return null;
        }
        boolean number = cursor.next() == TokenCursor.NUMBER && !isRadix(cursor);
        return number ? (char) sign + verbatim(cursor) : null;
    }

    /** Hexadecimal and binary literals are strings: a sign in front makes an expression of them. */
    private static boolean isRadix(TokenCursor cursor) {
        byte[] bytes = cursor.bytes();
        return cursor.length() > 2
                && bytes[cursor.start()] == '0'
                && (bytes[cursor.start() + 1] == 'x' || bytes[cursor.start() + 1] == 'b');
    }

    private static String verbatim(TokenCursor cursor) {
        String text = new String(cursor.bytes(), cursor.start(), cursor.length(), StandardCharsets.US_ASCII);
        cursor.next();
        return text;
    }

    private @Nullable String word(TokenCursor cursor) {
        String word = text(cursor);
        cursor.next();
        return switch (word) {
            case "NULL" -> UserVariableAssignment.NULL;
            case "TRUE", "FALSE" -> word;
            default ->
                word.startsWith("_") && cursor.type() == TokenCursor.STRING
                        ? string(cursor, word.substring(1).toLowerCase(Locale.ROOT))
                        : null;
        };
    }

    /** @param introducer the character set written in front, or null */
    private @Nullable String string(TokenCursor cursor, @Nullable String introducer) {
        int first = cursor.bytes()[cursor.start()];
        if (first != '\'' && first != '"') {
            // X'..' and b'..' are bytes. What character set N'..' is depends on the server.
            return introducer == null && (first | 0x20) != 'n' ? verbatim(cursor) : null;
        }
        byte[] content = content(cursor, mode);
        cursor.next();
        String collation = collation(cursor, introducer);
        String charset = introducer == null ? charsetOf(connectionCollation) : introducer;
        // A NULL out of a string has the string's type and collation, which no literal NULL has.
        boolean isNull = emptyIsNull && content.length == 0;
        return collation == null || isNull || !isCertain(content, charset) ? null : sql(content, charset, collation);
    }

    private static String sql(byte[] content, String charset, String collation) {
        String hex = HexFormat.of().withUpperCase().formatHex(content);
        String literal = "_" + charset + " X'" + hex + "'";
        return charset.equals(BINARY) ? literal : literal + " COLLATE " + collation;
    }

    /** The collation that the string has; null if that is not known. */
    private @Nullable String collation(TokenCursor cursor, @Nullable String introducer) {
        if (cursor.type() != TokenCursor.WORD || !"COLLATE".equals(text(cursor))) {
            // The default collation of a character set depends on the server and on other variables.
            String known = introducer == null ? connectionCollation : BINARY.equals(introducer) ? BINARY : "";
            return COLLATION.matcher(known).matches() ? known : null;
        }
        if (cursor.next() != TokenCursor.WORD) {
            return null;
        }
        String name = text(cursor).toLowerCase(Locale.ROOT);
        cursor.next();
        return COLLATION.matcher(name).matches() ? name : null;
    }

    private static String charsetOf(String collation) {
        int end = collation.indexOf('_');
        return end < 0 ? collation : collation.substring(0, end);
    }

    /** Whether the string has these very bytes in that character set: nothing is converted, nothing is malformed. */
    private boolean isCertain(byte[] content, String charset) {
        boolean ascii = true;
        for (byte b : content) {
            ascii &= b >= 0;
        }
        if (ascii) {
            return ASCII_BASED.contains(clientCharset) && (ASCII_BASED.contains(charset) || charset.equals(BINARY));
        }
        return clientCharset.equals(UTF8MB4) && charset.equals(UTF8MB4);
    }

    /** What the quotes enclose, by the rules of the mode. */
    static byte[] content(TokenCursor cursor, LexicalMode mode) {
        byte[] bytes = cursor.bytes();
        int quote = bytes[cursor.start()];
        int end = cursor.start() + cursor.length() - 1;
        ByteArrayOutputStream content = new ByteArrayOutputStream(cursor.length());
        for (int p = cursor.start() + 1; p < end; p++) {
            int c = bytes[p];
            if (c == quote) {
                p++;
            } else if (c == '\\' && !mode.noBackslashEscapes()) {
                p++;
                c = escaped(bytes[p], content);
            }
            content.write(c);
        }
        return content.toByteArray();
    }

    /** What a character means behind a backslash. In front of the wildcards of LIKE the backslash stays. */
    private static int escaped(int c, ByteArrayOutputStream content) {
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case '0' -> 0;
            case 'Z' -> 26;
            case '%', '_' -> {
                content.write('\\');
                yield c;
            }
            default -> c;
        };
    }

    /** The word at the cursor in upper case. */
    static String text(TokenCursor cursor) {
        return new String(cursor.bytes(), cursor.start(), cursor.length(), StandardCharsets.ISO_8859_1)
                .toUpperCase(Locale.ROOT);
    }
}
