package dev.sluice.router.sql;

import java.util.Arrays;

/** What a byte can start outside quotes. Immutable. */
final class CharacterClass {
    static final int STRAY = 0;
    static final int SPACE = 1;
    static final int LETTER = 2;
    static final int DIGIT = 3;
    static final int SINGLE_QUOTE = 4;
    static final int DOUBLE_QUOTE = 5;
    static final int BACKTICK = 6;
    static final int SLASH = 7;
    static final int STAR = 8;
    static final int DASH = 9;
    static final int HASH = 10;
    static final int AT = 11;
    static final int DOT = 12;
    static final int COLON = 13;
    static final int QUESTION = 14;
    static final int SYMBOL = 15;

    private static final byte[] CLASSES = classes();
    private static final boolean[] NAME_PARTS = nameParts();
    private static final boolean[] ASCII_NAME_PARTS = asciiNameParts();

    private CharacterClass() {}

    static int of(int b) {
        return CLASSES[b & 0xFF];
    }

    /** Whether the byte may stand in an unquoted name after its start. */
    static boolean isNamePart(int b) {
        return NAME_PARTS[b & 0xFF];
    }

    /** Where a name ends, or its first byte that is none of ASCII stands. */
    static int skipAsciiName(byte[] bytes, int index, int limit) {
        int p = index;
        while (p < limit && ASCII_NAME_PARTS[bytes[p] & 0xFF]) {
            p++;
        }
        return p;
    }

    /** Where a name ends. */
    static int skipName(byte[] bytes, int index, int limit) {
        int p = index;
        while (p < limit && isNamePart(bytes[p])) {
            p++;
        }
        return p;
    }

    static int skipSpace(byte[] bytes, int index, int limit) {
        int p = index;
        while (p < limit && of(bytes[p]) == SPACE) {
            p++;
        }
        return p;
    }

    static int skipDigits(byte[] bytes, int index, int limit) {
        int p = index;
        while (p < limit && bytes[p] >= '0' && bytes[p] <= '9') {
            p++;
        }
        return p;
    }

    /** The end of the exponent whose letter is at {@code index}, or -1 if there are no digits. */
    static int exponentEnd(byte[] bytes, int index, int limit) {
        int p = index + 1;
        if (p < limit && (bytes[p] == '+' || bytes[p] == '-')) {
            p++;
        }
        int end = skipDigits(bytes, p, limit);
        return end > p ? end : -1;
    }

    /** Skips hexadecimal or binary digits. */
    static int skipRadixDigits(byte[] bytes, int index, int limit, boolean hexadecimal) {
        int p = index;
        while (p < limit && isRadixDigit(bytes[p], hexadecimal)) {
            p++;
        }
        return p;
    }

    private static boolean isRadixDigit(int b, boolean hexadecimal) {
        if (!hexadecimal) {
            return b == '0' || b == '1';
        }
        int folded = b | 0x20;
        return (b >= '0' && b <= '9') || (folded >= 'a' && folded <= 'f');
    }

    private static boolean[] nameParts() {
        boolean[] parts = new boolean[256];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = CLASSES[i] == LETTER || CLASSES[i] == DIGIT;
        }
        return parts;
    }

    private static boolean[] asciiNameParts() {
        return Arrays.copyOf(Arrays.copyOf(NAME_PARTS, 0x80), 0x100);
    }

    private static byte[] classes() {
        byte[] classes = new byte[256];
        for (int c = 'a'; c <= 'z'; c++) {
            classes[c] = LETTER;
            classes[c - 0x20] = LETTER;
        }
        for (int c = 0x80; c <= 0xFF; c++) {
            classes[c] = LETTER;
        }
        classes['_'] = LETTER;
        classes['$'] = LETTER;
        for (int c = '0'; c <= '9'; c++) {
            classes[c] = DIGIT;
        }
        for (int c = 0x09; c <= 0x0D; c++) {
            classes[c] = SPACE;
        }
        classes[' '] = SPACE;
        for (char c : "!%&()+,;<=>^{|}~".toCharArray()) {
            classes[c] = SYMBOL;
        }
        classes['\''] = SINGLE_QUOTE;
        classes['"'] = DOUBLE_QUOTE;
        classes['`'] = BACKTICK;
        classes['/'] = SLASH;
        classes['*'] = STAR;
        classes['-'] = DASH;
        classes['#'] = HASH;
        classes['@'] = AT;
        classes['.'] = DOT;
        classes[':'] = COLON;
        classes['?'] = QUESTION;
        return classes;
    }
}
