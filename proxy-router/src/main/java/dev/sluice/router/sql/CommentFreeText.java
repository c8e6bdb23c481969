package dev.sluice.router.sql;

import java.nio.charset.StandardCharsets;

/** A statement without its comments, for whoever looks for names in it. Functions only. */
public final class CommentFreeText {
    private CommentFreeText() {}

    /**
     * The same tokens, with one space where there was a gap. A text with version comments, or one that a server may read in
     * another way than the lexer, stays as it is.
     *
     * @param statement letters beyond ASCII must be those of the server, too
     */
    public static String of(String statement, LexicalMode mode) {
        byte[] bytes = statement.getBytes(StandardCharsets.UTF_8);
        TokenCursor cursor = new TokenCursor();
        cursor.reset(bytes, 0, bytes.length, mode);
        StringBuilder text = new StringBuilder(statement.length());
        while (cursor.next() != TokenCursor.END) {
            if (cursor.type() == TokenCursor.HINT) {
                continue;
            }
            if (!cursor.isAdjacent() && !text.isEmpty()) {
                text.append(' ');
            }
            text.append(new String(bytes, cursor.start(), cursor.length(), StandardCharsets.UTF_8));
        }
        boolean unsure = (cursor.textTraits() & (Traits.AMBIGUOUS_TEXT | Traits.EXECUTABLE_COMMENT)) != 0;
        return unsure ? statement : text.toString();
    }
}
