package dev.sluice.router.sql;

/**
 * Tells whether the semicolons in the definition of a routine belong to its body: then the text ends with END, perhaps
 * followed by a label. Otherwise other statements follow the definition, and nobody has looked at them. Confined to the
 * session's event loop.
 */
final class RoutineEnd {
    private boolean statementInside;
    private Keyword last = Keyword.NONE;
    private Keyword beforeLast = Keyword.NONE;

    void reset() {
        statementInside = false;
        last = Keyword.NONE;
        beforeLast = Keyword.NONE;
    }

    void onToken(TokenCursor cursor) {
        beforeLast = last;
        Word word = cursor.word();
        last = word == null ? Keyword.NONE : word.keyword();
    }

    void onStatementInside() {
        statementInside = true;
    }

    long traits() {
        boolean body = last == Keyword.END || beforeLast == Keyword.END;
        return statementInside && !body ? Traits.MULTI_STATEMENT | Traits.OPAQUE : 0;
    }
}
