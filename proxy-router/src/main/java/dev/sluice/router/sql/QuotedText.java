package dev.sluice.router.sql;

/** Finds the end of quoted text by the rules of a lexical mode. Immutable. */
final class QuotedText {
    private QuotedText() {}

    /** The index behind the closing quote of a string whose content starts at {@code index}, or -1 if it has none. */
    static int stringEnd(byte[] bytes, int index, int limit, int quote, LexicalMode mode) {
        return end(bytes, index, limit, quote, mode, mode.noBackslashEscapes() ? quote : '\\');
    }

    /** The same for a quoted name, where a backslash is never an escape. */
    static int nameEnd(byte[] bytes, int index, int limit, int quote, LexicalMode mode) {
        return end(bytes, index, limit, quote, mode, quote);
    }

    private static int end(byte[] bytes, int index, int limit, int quote, LexicalMode mode, int escape) {
        boolean hidesAscii = mode.charset().hidesAscii();
        int p = hidesAscii ? index : skipOrdinary(bytes, index, limit, quote, escape);
        while (p < limit) {
            int c = bytes[p];
            if (c == quote) {
                if (p + 1 < limit && bytes[p + 1] == quote) {
                    p += 2;
                    continue;
                }
                return p + 1;
            }
            if (c == escape) {
                p += 2;
            } else if (c < 0 && hidesAscii) {
                p += mode.charset().characterLength(bytes, p, limit);
            } else {
                p++;
            }
        }
        return -1;
    }

    /** Passes over eight bytes at a time while none of them can end the text or change how it goes on. */
    private static int skipOrdinary(byte[] bytes, int index, int limit, int quote, int escape) {
        int p = index;
        while (p + PackedBytes.SIZE <= limit) {
            int run = PackedBytes.runWithout(PackedBytes.readEight(bytes, p), quote, escape);
            p += run;
            if (run < PackedBytes.SIZE) {
                break;
            }
        }
        return p;
    }

    /** The index behind the name of a system variable that starts behind its two at signs, with its scope if any. */
    static int systemVariableEnd(byte[] bytes, int index, int limit) {
        int p = index;
        while (p < limit && (CharacterClass.isNamePart(bytes[p]) || bytes[p] == '.')) {
            p++;
        }
        return p;
    }
}
