package dev.sluice.router.topology;

/** A cursor over GTID text that says where it found something wrong. Confined to one parse call. */
final class GtidText {
    private final CharSequence text;
    private int at;

    GtidText(CharSequence text, int lengthMax) {
        this.text = text;
        if (text.length() > lengthMax) {
            throw new IllegalArgumentException(
                    "GTID text of " + text.length() + " characters is longer than " + lengthMax);
        }
    }

    /** The next character, or 0 at the end (a NUL in the text is malformed everywhere, so the two need no distinction). */
    char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    void skipSpace() {
        while (at < text.length() && isSpace(text.charAt(at))) {
            at++;
        }
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    boolean accept(char expected) {
        if (at < text.length() && text.charAt(at) == expected) {
            at++;
            return true;
        }
        return false;
    }

    void expect(char expected) {
        if (!accept(expected)) {
            throw error("expected '" + expected + "'");
        }
    }

    void expectEnd() {
        if (at != text.length()) {
            throw error("unexpected character");
        }
    }

    /** A decimal number from 0 to max. */
    long number(long max) {
        int start = at;
        long value = 0;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            int digit = text.charAt(at) - '0';
            if (value > (max - digit) / 10) {
                throw error("number larger than " + max);
            }
            value = value * 10 + digit;
            at++;
        }
        if (at == start) {
            throw error("expected a number");
        }
        return value;
    }

    /** {@code count} hexadecimal digits as a number. */
    long hex(int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            int digit = hexDigit(peek());
            if (digit < 0) {
                throw error("expected a hexadecimal digit");
            }
            value = (value << 4) | digit;
            at++;
        }
        return value;
    }

    private static int hexDigit(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        char lower = (char) (c | 0x20);
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }

    /** A tag in lower case: a letter or underscore, then letters, digits and underscores, 32 at most. */
    String tag(int lengthMax) {
        StringBuilder tag = new StringBuilder();
        while (isTagCharacter(peek(), tag.length() == 0)) {
            if (tag.length() == lengthMax) {
                throw error("tag longer than " + lengthMax);
            }
            char c = peek();
            tag.append(c >= 'A' && c <= 'Z' ? (char) (c | 0x20) : c);
            at++;
        }
        if (tag.length() == 0) {
            throw error("expected a number or a tag");
        }
        return tag.toString();
    }

    private static boolean isTagCharacter(char c, boolean first) {
        boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        return letter || (!first && c >= '0' && c <= '9');
    }

    /** An error that names the position but does not repeat the text, which may be long or hostile. */
    IllegalArgumentException error(String problem) {
        return new IllegalArgumentException("malformed GTID text at position " + at + ": " + problem);
    }
}
