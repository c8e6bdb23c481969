package dev.sluice.router.sql;

/**
 * Looks into a plain comment for a hint to this proxy: <code>/&#42; sluice: consistency=global &#42;/</code>. A server sees
 * a comment and nothing else. Letters may be of either case; a hint that is not understood is a comment. Immutable.
 */
final class CommentHint {
    private static final byte[] NAME = {'s', 'l', 'u', 'i', 'c', 'e', ':'};
    private static final byte[] KEY = {'c', 'o', 'n', 's', 'i', 's', 't', 'e', 'n', 'c', 'y'};
    private static final byte[] NONE = {'n', 'o', 'n', 'e'};
    private static final byte[] SESSION = {'s', 'e', 's', 's', 'i', 'o', 'n'};
    private static final byte[] GLOBAL = {'g', 'l', 'o', 'b', 'a', 'l'};

    private CommentHint() {}

    /** The {@link Traits} of a comment whose text stands between {@code start} and {@code end}. */
    static long traits(byte[] bytes, int start, int end) {
        int p = skip(bytes, skipSpace(bytes, start, end), end, NAME);
        if (p < 0) {
            return 0;
        }
        p = skip(bytes, skipSpace(bytes, p, end), end, KEY);
        if (p < 0) {
            return 0;
        }
        p = skipSpace(bytes, p, end);
        if (p == end || bytes[p] != '=') {
            return 0;
        }
        p = skipSpace(bytes, p + 1, end);
        if (isLast(bytes, p, end, GLOBAL)) {
            return Traits.CONSISTENCY_GLOBAL;
        }
        if (isLast(bytes, p, end, SESSION)) {
            return Traits.CONSISTENCY_SESSION;
        }
        return isLast(bytes, p, end, NONE) ? Traits.CONSISTENCY_NONE : 0;
    }

    private static boolean isLast(byte[] bytes, int p, int end, byte[] word) {
        int after = skip(bytes, p, end, word);
        return after >= 0 && skipSpace(bytes, after, end) == end;
    }

    /** The index behind the word, or -1 if it does not stand here. */
    private static int skip(byte[] bytes, int p, int end, byte[] word) {
        if (end - p < word.length) {
            return -1;
        }
        for (int i = 0; i < word.length; i++) {
            int c = bytes[p + i];
            int folded = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
            if (folded != word[i]) {
                return -1;
            }
        }
        return p + word.length;
    }

    private static int skipSpace(byte[] bytes, int start, int end) {
        int p = start;
        while (p < end && (bytes[p] == ' ' || (bytes[p] >= '\t' && bytes[p] <= '\r'))) {
            p++;
        }
        return p;
    }
}
