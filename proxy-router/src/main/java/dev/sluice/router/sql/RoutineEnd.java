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

    void reset() {
        statementInside = false;
        last = 0;
        beforeLast = 0;
    }

    void onToken(TokenCursor cursor) {
        beforeLast = last;
        last = cursor.wordId();
    }

    void onStatementInside() {
        statementInside = true;
    }

    long traits() {
        boolean body = Vocabulary.keyword(last) == Keyword.END || Vocabulary.keyword(beforeLast) == Keyword.END;
        return statementInside && !body ? Traits.MULTI_STATEMENT | Traits.OPAQUE : 0;
    }
}
