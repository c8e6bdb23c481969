package dev.sluice.router.sql;

/**
 * Tells whether the semicolons in the definition of a routine belong to its body: then the text ends with END, perhaps
 * followed by a label. Otherwise other statements follow the definition, and nobody has looked at them.
 * Confined to the session's event loop.
 */
final class RoutineEnd {
    private boolean statementInside;
    private int last;
    private int beforeLast;
    private boolean killInside;

    void reset() {
        statementInside = false;
        last = 0;
        beforeLast = 0;
        killInside = false;
    }

    void onToken(TokenCursor cursor) {
        beforeLast = last;
        last = cursor.wordId();
    }

    /** A semicolon was followed by this token. */
    void onStatementInside(TokenCursor cursor) {
        statementInside = true;
        killInside |= Vocabulary.keyword(cursor.wordId()) == Keyword.KILL;
    }

    long traits() {
        boolean body = Vocabulary.keyword(last) == Keyword.END || Vocabulary.keyword(beforeLast) == Keyword.END;
        if (!statementInside || body) {
            return 0;
        }
        return Traits.MULTI_STATEMENT | Traits.OPAQUE | (killInside ? Traits.KILLS : 0);
    }
}
