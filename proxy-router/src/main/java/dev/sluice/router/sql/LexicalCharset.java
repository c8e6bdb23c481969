package dev.sluice.router.sql;

import java.util.Locale;

/**
 * How the bytes of a character set behave for a lexer: which of them may hide a quote or a backslash in the second half
 * of a character, and whether bytes from 0x80 on can stand outside quotes with a known meaning. Immutable.
 */
public enum LexicalCharset {
    /** utf8mb4 and utf8mb3: a byte below 0x80 is always a character of its own. */
    UTF8,
    /**
     * Any character set whose later bytes are never ASCII. Some of them have a white space above 0x7F, so that bytes
     * from there on outside quotes make a statement ambiguous.
     */
    SINGLE_BYTE_OR_UTF8,
    /** gbk: second bytes from 0x40 on. */
    GBK,
    /** gb18030: second bytes from 0x40 on, or four bytes whose second and fourth are digits. */
    GB18030,
    /** big5: second bytes from 0x40 on. */
    BIG5,
    /** sjis and cp932: second bytes from 0x40 on, and one-byte katakana between two ranges of lead bytes. */
    SJIS,
    /** Not known, or one that cannot be a client's character set: nothing can be said about the text. */
    UNKNOWN;

    /** The lexical rules of a character set by MySQL's name of it, in any case. */
    public static LexicalCharset of(String mysqlCharsetName) {
        return switch (mysqlCharsetName.toLowerCase(Locale.ROOT)) {
            case "utf8mb4", "utf8mb3", "utf8" -> UTF8;
            case "gbk" -> GBK;
            case "gb18030" -> GB18030;
            case "big5" -> BIG5;
            case "sjis", "cp932" -> SJIS;
            case "armscii8",
                    "ascii",
                    "binary",
                    "cp1250",
                    "cp1251",
                    "cp1256",
                    "cp1257",
                    "cp850",
                    "cp852",
                    "cp866",
                    "dec8",
                    "eucjpms",
                    "euckr",
                    "gb2312",
                    "geostd8",
                    "greek",
                    "hebrew",
                    "hp8",
                    "keybcs2",
                    "koi8r",
                    "koi8u",
                    "latin1",
                    "latin2",
                    "latin5",
                    "latin7",
                    "macce",
                    "macroman",
                    "swe7",
                    "tis620",
                    "ujis" -> SINGLE_BYTE_OR_UTF8;
            default -> UNKNOWN;
        };
    }

    /** Whether a character of several bytes may contain an ASCII byte. */
    boolean hidesAscii() {
        return this == GBK || this == GB18030 || this == BIG5 || this == SJIS;
    }

    /**
     * The length of the character of several bytes that starts at {@code index}, or 1 if the bytes there are none. An
     * invalid pair counts as single bytes, as the server reads it.
     */
    int characterLength(byte[] bytes, int index, int end) {
        int lead = bytes[index] & 0xFF;
        if (lead < 0x81 || index + 1 >= end) {
            return 1;
        }
        int second = bytes[index + 1] & 0xFF;
        return switch (this) {
            case GBK -> lead <= 0xFE && isGbkTrail(second) ? 2 : 1;
            case BIG5 -> lead >= 0xA1 && lead <= 0xF9 && isBig5Trail(second) ? 2 : 1;
            case SJIS -> isSjisLead(lead) && isSjisTrail(second) ? 2 : 1;
            case GB18030 -> gb18030Length(bytes, index, end, second);
            case UTF8, SINGLE_BYTE_OR_UTF8, UNKNOWN -> 1;
        };
    }

    private static int gb18030Length(byte[] bytes, int index, int end, int second) {
        if ((bytes[index] & 0xFF) > 0xFE) {
            return 1;
        }
        if (isGbkTrail(second)) {
            return 2;
        }
        boolean four = isDigit(second)
                && index + 3 < end
                && (bytes[index + 2] & 0xFF) >= 0x81
                && (bytes[index + 2] & 0xFF) <= 0xFE
                && isDigit(bytes[index + 3] & 0xFF);
        return four ? 4 : 1;
    }

    private static boolean isGbkTrail(int b) {
        return b >= 0x40 && b <= 0xFE && b != 0x7F;
    }

    private static boolean isBig5Trail(int b) {
        return (b >= 0x40 && b <= 0x7E) || (b >= 0xA1 && b <= 0xFE);
    }

    private static boolean isSjisLead(int b) {
        return (b >= 0x81 && b <= 0x9F) || (b >= 0xE0 && b <= 0xFC);
    }

    private static boolean isSjisTrail(int b) {
        return (b >= 0x40 && b <= 0x7E) || (b >= 0x80 && b <= 0xFC);
    }

    private static boolean isDigit(int b) {
        return b >= '0' && b <= '9';
    }
}
