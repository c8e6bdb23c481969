package dev.sluice.router.sql;

/** What a statement makes of FOUND_ROWS(), as far as its kind and its words tell. Immutable. */
public enum CountedRows {
    /** It becomes the number of the rows sent. */
    SENT,
    /** It becomes a number that only the server knows. */
    UNKNOWN,
    /** It stays as it is. */
    KEPT,
    /** It may stay, or become a number that only the server knows. */
    UNCERTAIN;

    /** What a statement makes of it that has succeeded. */
    public static CountedRows of(Classification statement) {
        boolean uncounted = statement.has(Traits.UNCOUNTED_ROWS | Traits.CALC_FOUND_ROWS | Traits.INTO_CLAUSE);
        if (statement.has(Traits.MULTI_STATEMENT | Traits.EXECUTABLE_COMMENT | Traits.AMBIGUOUS_TEXT)) {
            return UNCERTAIN;
        }
        return switch (statement.kind()) {
            case SELECT, TABLE -> uncounted ? UNKNOWN : SENT;
            case WITH -> statement.has(Traits.WRITES) ? UNCERTAIN : uncounted ? UNKNOWN : SENT;
            case INSERT, REPLACE, SET, DDL -> uncounted || statement.has(Traits.OPAQUE) ? UNCERTAIN : KEPT;
            case BEGIN, START_TRANSACTION, START_TRANSACTION_READ_ONLY, START_TRANSACTION_READ_WRITE -> KEPT;
            case COMMIT, ROLLBACK, ROLLBACK_TO_SAVEPOINT, SAVEPOINT, RELEASE_SAVEPOINT -> KEPT;
            case SET_TRANSACTION, USE, PREPARE, DEALLOCATE, LOCK_TABLES, UNLOCK_TABLES, DIAGNOSTICS -> KEPT;
            default -> UNCERTAIN;
        };
    }
}
