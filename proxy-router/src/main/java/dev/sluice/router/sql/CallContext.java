package dev.sluice.router.sql;

/**
 * Knows where in a statement a name in front of a parenthesis cannot be a function call: targets with column lists,
 * definitions, and the lists of common table expressions. Confined to the session's event loop.
 */
final class CallContext {
    private static final int DEPTH_MAX = 63;

    /** One bit for each depth at which a list of common table expressions is open. */
    private long withLists;

    /** The list that the current keyword has ended, if any. */
    private boolean ended;

    private boolean targetNamed;
    private boolean selectSeen;
    private boolean setSeen;

    void reset() {
        withLists = 0;
        ended = false;
        targetNamed = false;
        selectSeen = false;
        setSeen = false;
    }

    /** Called with each keyword: a list of common table expressions contains none but AS at its own depth. */
    void onKeyword(Keyword keyword, Keyword previous, int depth) {
        long bit = bit(depth);
        ended = (withLists & bit) != 0 && keyword != Keyword.AS && previous != Keyword.WITH;
        if (ended) {
            withLists &= ~bit;
        }
        if (keyword == Keyword.WITH) {
            withLists |= bit;
        } else if (previous == Keyword.WITH && keyword == Keyword.ROLLUP) {
            withLists &= ~bit;
        }
    }

    void afterKeyword(Keyword keyword, int depth) {
        ended = false;
        switch (keyword) {
            case SELECT -> {
                selectSeen = true;
                targetNamed = true;
            }
            case VALUES, VALUE, TABLE, WITH -> targetNamed = true;
            case SET -> {
                setSeen = true;
                targetNamed = true;
            }
            default -> {}
        }
        if (depth > DEPTH_MAX) {
            withLists = 0;
        }
    }

    /** Whether the keyword at hand is the verb behind a list of common table expressions. */
    boolean endsWithList(int depth) {
        return ended && depth >= 0;
    }

    /** Whether a list of common table expressions is open at any depth. */
    boolean insideWithList() {
        return withLists != 0;
    }

    boolean insideWithList(int depth) {
        return (withLists & bit(depth)) != 0;
    }

    void onClose(int depth) {
        withLists &= ~bit(depth);
    }

    /** Whether a name in front of a parenthesis can be a call at this point of a statement of that kind. */
    boolean mayCall(StatementKind kind) {
        return switch (kind) {
            case SELECT, TABLE, VALUES, WITH, EXPLAIN, UPDATE, DELETE, DO, SET, HANDLER, SHOW, EMPTY -> true;
            case INSERT, REPLACE, CALL -> targetNamed;
            case DDL -> selectSeen;
            case LOAD_DATA -> setSeen;
            default -> false;
        };
    }

    /** A list of columns or arguments behind the target has been opened: calls may follow. */
    void onColumnList() {
        targetNamed = true;
    }

    private static long bit(int depth) {
        return depth > DEPTH_MAX ? 0 : 1L << depth;
    }
}
