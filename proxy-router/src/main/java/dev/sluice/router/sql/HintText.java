package dev.sluice.router.sql;

/** Looks into an optimizer hint. Immutable. */
final class HintText {
    private static final long SET_VAR = PackedBytes.readFolded(new byte[] {'S', 'E', 'T', '_', 'V', 'A', 'R'}, 0, 7);

    private HintText() {}

    /** The {@link Traits} of the text between {@code start} and {@code end}. */
    static long traits(byte[] bytes, int start, int end) {
        long traits = 0;
        for (int p = start; p < end; p++) {
            int c = bytes[p];
            if (c == '`' || c == '\'' || c == '"' || c == 0) {
                // A quote may hide the end of the comment: the server's hint parser knows quotes.
                traits |= Traits.AMBIGUOUS_TEXT;
            } else if ((c | 0x20) == 's' && end - p >= 7 && PackedBytes.readFolded(bytes, p, 7) == SET_VAR) {
                traits |= Traits.OPTIMIZER_HINT_SET_VAR;
            }
        }
        return traits;
    }
}
