package dev.sluice.router.session;

import dev.sluice.router.RouteReason;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;

/**
 * What a session may run on the replica that it is tied to, by state that it made there in a read-only transaction. A
 * statement that reads is answered there, wherever it would go otherwise: its state is nowhere else. What writes, locks
 * or may do either is not, because a replica need not be read-only to be one. Functions only.
 */
final class PinnedToReplica {
    /** Writes, locks that only mean something on the primary, state that invites either, and what is not certain. */
    private static final long NEEDS_PRIMARY = Traits.WRITES
            | Traits.OPAQUE
            | Traits.UNKNOWN_FUNCTION
            | Traits.SIDE_EFFECT_FUNCTION
            | Traits.LOCKING_READ
            | Traits.INTO_CLAUSE
            | Traits.LOCK_FUNCTION_ACQUIRE
            | Traits.LOCK_FUNCTION_QUERY
            | Traits.LOCKS_TABLES
            | Traits.LOCKS_INSTANCE
            | Traits.FLUSH_WITH_READ_LOCK
            | Traits.CREATES_TEMPORARY_TABLE
            | Traits.OPENS_HANDLER
            | Traits.TEXT_PREPARE
            | Traits.SETS_GLOBAL
            | Traits.SETS_RESOURCE_GROUP
            | Traits.EXPLAIN_ANALYZE
            | Traits.KILLS
            | Traits.MULTI_STATEMENT
            | Traits.EXECUTABLE_COMMENT
            | Traits.AMBIGUOUS_TEXT;

    /** A lock on a replica is held against nobody; whether one is free only the primary can tell. */
    static final long USER_LOCKS = Traits.LOCK_FUNCTION_ACQUIRE | Traits.LOCK_FUNCTION_QUERY;

    private PinnedToReplica() {}

    /** Whether the statement may run on the replica outside of a transaction. */
    static boolean mayRun(Classification statement, SessionState state) {
        // A temporary table is the session's own.
        boolean dropsOwn = statement.has(Traits.DROPS_TEMPORARY_TABLE);
        boolean forbidden = statement.has(dropsOwn ? NEEDS_PRIMARY & ~Traits.WRITES : NEEDS_PRIMARY);
        if (forbidden || statement.reason() == RouteReason.UNKNOWN_LEXICAL_MODE) {
            return false;
        }
        return switch (statement.kind()) {
            case SELECT, TABLE, VALUES, WITH, EXPLAIN -> isKnownRead(statement.reason());
            case SHOW, DESCRIBE, HELP, EMPTY -> true;
            case SET, SET_TRANSACTION, USE, DEALLOCATE, DIAGNOSTICS, DO, HANDLER -> true;
            case START_TRANSACTION_READ_ONLY, COMMIT, ROLLBACK -> true;
            case SAVEPOINT, ROLLBACK_TO_SAVEPOINT, RELEASE_SAVEPOINT -> true;
            case UNLOCK_TABLES, LOCK_INSTANCE -> true;
            case BEGIN -> state.readOnlyByDefault() || state.isReadOnlyNextOnReplica();
            case START_TRANSACTION -> state.isReadOnlyNextOnReplica();
            case DDL -> dropsOwn;
            case OTHER -> isCommand(statement);
            default -> false;
        };
    }

    /** Not what the parser could not confirm, nor what a replica has refused before. */
    private static boolean isKnownRead(RouteReason reason) {
        return switch (reason) {
            case READ, USER_VARIABLE, SESSION_FUNCTION, LOCK_FUNCTION, SYSTEM_VARIABLE, SERVER_STATEMENT -> true;
            default -> false;
        };
    }

    /** Half-sent parameters are sent under the fingerprint of their statement, which may be any. */
    private static boolean isCommand(Classification statement) {
        return statement.reason() == RouteReason.COMMAND
                && statement.fingerprintHigh() == 0
                && statement.fingerprintLow() == 0;
    }

    /**
     * Whether the statement may run inside the transaction that is open on the replica.
     *
     * @param pinned whether more than the transaction ties the session to the replica
     */
    static boolean mayRunInTransaction(Classification statement, SessionState state, boolean pinned) {
        if (!state.inReadOnlyTransaction()) {
            // Opened by autocommit=0 or a chain: the server would let a write pass.
            return mayRun(statement, state);
        }
        if (statement.has(Traits.MULTI_STATEMENT)) {
            return !statement.has(Traits.WRITES_OUTSIDE | Traits.OPAQUE | USER_LOCKS);
        }
        return !statement.has(USER_LOCKS) && !(pinned && endsReadOnly(statement));
    }

    /** Whether a server would end the read-only transaction for it, and run it like any statement outside of one. */
    static boolean endsReadOnly(Classification statement) {
        return switch (statement.kind()) {
            case START_TRANSACTION_READ_WRITE, XA -> true;
            // What begins without saying what it may do goes on read-only.
            case BEGIN, START_TRANSACTION, START_TRANSACTION_READ_ONLY, UNLOCK_TABLES -> false;
            default -> statement.has(Traits.IMPLICIT_COMMIT) && !statement.has(Traits.MULTI_STATEMENT);
        };
    }
}
