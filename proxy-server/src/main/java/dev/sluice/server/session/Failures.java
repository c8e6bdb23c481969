package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.backend.BackendFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The errors that Sluice answers with when a backend cannot. Each says what happened, where, and what can be done, under a
 * SQLSTATE that drivers and pools understand: 08S01 for a lost connection, 40001 for a transaction to be run again.
 */
final class Failures {
    private static final int UNKNOWN_ERROR = 1105;
    private static final String COMMUNICATION = "08S01";
    private static final String RETRY_TRANSACTION = "40001";

    private Failures() {}

    private static ErrPacket of(String sqlState, String message) {
        return new ErrPacket(UNKNOWN_ERROR, sqlState, message);
    }

    /**
     * A statement has waited for a primary for too long.
     *
     * @param last why the primary that was known took no connection; null if none was known
     */
    static ErrPacket noPrimary(Topology topology, Duration waited, @Nullable BackendFailure last) {
        StringBuilder text =
                new StringBuilder("No primary for " + waited.toMillis() + " ms, which this statement needs.");
        if (last != null) {
            text.append(" Last attempt: ").append(last.message()).append('.');
        }
        for (BackendStatus backend : topology.backends()) {
            text.append(' ')
                    .append(backend.address())
                    .append(": ")
                    .append(backend.problem() == null ? backend.role() : backend.problem())
                    .append('.');
        }
        return of(COMMUNICATION, text.toString());
    }

    /**
     * A statement has waited at the closed gate for too long.
     *
     * @param why a clause
     */
    static ErrPacket heldBack(String why, Duration waited) {
        return of(
                COMMUNICATION,
                "This statement was not begun within " + waited.toMillis() + " ms (pool.acquire-timeout): " + why);
    }

    static ErrPacket tooManyWaiting(int max) {
        return of(COMMUNICATION, "No primary, and " + max + " statements wait for one already (pool.waiting-max)");
    }

    static ErrPacket notAcquired(BackendFailure failure) {
        ErrPacket own = failure.serverError();
        return own != null ? own : of(COMMUNICATION, "No backend connection for this statement: " + failure.message());
    }

    /**
     * The connection broke under a statement. Only what can never have taken effect is reported as a transaction to be run
     * again: whoever repeats a write that has been executed executes it twice.
     */
    static ErrPacket lostConnection(String why, Classification statement, Loss loss) {
        boolean inTransaction = loss == Loss.TRANSACTION;
        if (statement.kind() == StatementKind.COMMIT || (inTransaction && !leavesTransactionOpen(statement))) {
            String name = statement.kind() == StatementKind.COMMIT ? "COMMIT" : "a statement that may commit";
            return of(
                    COMMUNICATION,
                    "The backend connection was lost during " + name + ", whose outcome is unknown: " + why);
        }
        if (inTransaction) {
            return of(
                    RETRY_TRANSACTION,
                    "The transaction was rolled back: its backend connection was lost during a statement: " + why);
        }
        String lost = loss == Loss.STATE
                ? "The backend connection and the session's state on it were lost"
                : "The backend connection was lost";
        return of(
                COMMUNICATION,
                statement.target() == Target.PRIMARY
                        ? lost + "; the statement may or may not have been executed: " + why
                        : lost + ", and no other backend could answer: " + why);
    }

    /** Whether a statement can only be undone with the transaction in which it runs: it commits nothing by itself. */
    private static boolean leavesTransactionOpen(Classification statement) {
        if (statement.has(Traits.MULTI_STATEMENT | Traits.OPAQUE)) {
            return false;
        }
        return switch (statement.kind()) {
            case SELECT, TABLE, VALUES, WITH, EXPLAIN, SHOW, DESCRIBE, HELP -> true;
            case INSERT, REPLACE, UPDATE, DELETE, LOAD_DATA -> true;
            case ROLLBACK, ROLLBACK_TO_SAVEPOINT, SAVEPOINT, RELEASE_SAVEPOINT -> true;
            case USE, PREPARE, DEALLOCATE, DIAGNOSTICS, EMPTY -> true;
            // Commands of the protocol, such as COM_STMT_FETCH.
            case OTHER -> statement.reason() == RouteReason.COMMAND;
            default -> false;
        };
    }

    /** What a statement of the session was tied to has ended before it. */
    static ErrPacket boundStateGone() {
        return of(COMMUNICATION, "The backend connection with this statement's cursor or parameter data was lost");
    }

    /** The connection of a pinned session ended between two statements. */
    static ErrPacket stateLost(String pins, boolean transaction, String why) {
        return transaction
                ? of(RETRY_TRANSACTION, "The transaction was rolled back: its backend connection was lost: " + why)
                : of(COMMUNICATION, "Session state (" + pins + ") was lost with its backend connection: " + why);
    }

    static ErrPacket pinnedToReplica(int pins) {
        String left = pins == 0
                ? "a transaction that began there"
                : "what a read-only transaction left there (" + PinReason.describe(pins) + ")";
        return of(
                "HY000",
                "This statement needs the primary, and the session is pinned to a replica by " + left
                        + "; end that state or reset the connection");
    }

    static ErrPacket diagnosticsGone() {
        return of(
                "HY000",
                "The connection that ran the previous statement serves another session now, so what this statement asks for"
                        + " is gone; from here on this user's sessions keep their connection between statements");
    }

    static ErrPacket typesNotAtHand() {
        return of(
                "HY000",
                "This execution is too large to be given the parameter types that an earlier one bound; send the types with"
                        + " it, or the large values by COM_STMT_SEND_LONG_DATA");
    }
}
