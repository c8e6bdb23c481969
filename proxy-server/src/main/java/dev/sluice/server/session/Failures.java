package dev.sluice.server.session;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.backend.BackendFailure;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * The errors that Sluice answers with when a backend cannot. Each says what happened, where, and what can be done, under a
 * SQLSTATE that drivers and pools understand: 08S01 for a lost connection, 40001 for a transaction to be run again.
 */
final class Failures {
    private static final int UNKNOWN_ERROR = 1105;
    private static final String COMMUNICATION = "08S01";
    private static final String RETRY_TRANSACTION = "40001";
    private static final double NANOS_PER_SECOND = 1e9;

    /** So many backends are named in one message, each with so many characters about its problem. */
    private static final int NAMED_MAX = 8;

    private static final int PROBLEM_LENGTH_MAX = 120;

    private Failures() {}

    private static ErrPacket of(String sqlState, String message) {
        return new ErrPacket(UNKNOWN_ERROR, sqlState, message);
    }

    /**
     * There is no primary, and a statement that needs one does not wait for it, or no longer.
     *
     * @param last why the primary that was known took no connection; null if none was known
     * @param why a clause that says why it does not wait
     */
    static ErrPacket noPrimary(Topology topology, @Nullable BackendFailure last, String why) {
        StringJoiner backends = new StringJoiner(", ");
        List<BackendStatus> all = topology.backends();
        all.stream().limit(NAMED_MAX).forEach(each -> backends.add(each.address() + " " + noPrimaryBecause(each)));
        if (all.isEmpty()) {
            backends.add("there is no backend");
        } else if (all.size() > NAMED_MAX) {
            backends.add(all.size() - NAMED_MAX + " more are none either");
        }
        String attempt = last == null ? "" : "; last attempt: " + shortened(last.message());
        String alarm = topology.writableServers() > 1 ? "; " + topology.alarm() : "";
        return of(COMMUNICATION, "No primary for this statement: " + backends + attempt + alarm + "; " + why);
    }

    /** Why a backend is not used as primary, as a predicate to its address. */
    private static String noPrimaryBecause(BackendStatus backend) {
        if (backend.operatorState() != OperatorState.ACTIVE) {
            return "is taken out of use by an operator";
        }
        String is = switch (backend.health()) {
            case UNPROBED -> "has not been probed yet";
            case UNREACHABLE -> "does not answer";
            case BROKEN -> "answers nothing useful";
            case ONLINE ->
                switch (backend.role()) {
                    case PRIMARY -> "is the primary but takes no connection";
                    case REPLICA -> "is a replica";
                    case UNKNOWN -> "is neither primary nor replica";
                };
        };
        return backend.problem() == null ? is : is + " (" + shortened(backend.problem()) + ")";
    }

    /** Servers and drivers can be talkative, and a message may have to name many backends. */
    private static String shortened(String text) {
        return text.length() <= PROBLEM_LENGTH_MAX ? text : text.substring(0, PROBLEM_LENGTH_MAX) + "...";
    }

    /** A clause: how long a statement has waited for a primary. */
    static String waited(long nanos) {
        return String.format(Locale.ROOT, "waited %.1f s (pool.primary-timeout)", nanos / NANOS_PER_SECOND);
    }

    /**
     * A statement waits no longer at the closed gate.
     *
     * @param closed why the gate is closed, a clause
     * @param why a clause that says why it does not wait
     */
    static ErrPacket heldBack(String closed, String why) {
        return of(COMMUNICATION, "This statement was not begun: " + closed + "; " + why);
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

    /** The error for a statement that needs the primary, in a session that is tied to a replica. */
    static ErrPacket refusedOnReplica(Classification statement, LoopContext context, SessionState state) {
        if (state.inReadOnlyTransaction() && statement.has(Traits.LOCK_FUNCTION_ACQUIRE | Traits.LOCK_FUNCTION_QUERY)) {
            return of(
                    "HY000",
                    "User locks live on the primary, and this read-only transaction runs on a replica, where a lock is held"
                            + " against nobody: ask before the transaction, or begin it without READ ONLY");
        }
        boolean readOnly = state.isReadOnlyNextOnReplica() && statement.has(Traits.WRITES | Traits.LOCKING_READ);
        return readOnly
                ? context.inServersWords(ErrorCode.ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)
                : pinnedToReplica(state.pins());
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
                "The connection that ran the previous statement serves another session now, and what this statement asks for"
                        + " is not among what can be told without it; from here on this user's sessions keep their connection"
                        + " between statements");
    }

    static ErrPacket sequenceNotKept() {
        return of(
                "HY000",
                "The connection that knows which value of the sequence this session has taken last is not kept; from here on this"
                        + " user's sessions keep it when they take one");
    }

    static ErrPacket insertIdLost() {
        return of(
                "HY000",
                "LAST_INSERT_ID() is not known: it was lost with its backend connection before the server could be asked for it");
    }

    static ErrPacket notPrepared() {
        return of("HY000", "The server answered without preparing the statement");
    }

    static ErrPacket killDenied() {
        return of(
                "HY000",
                "The server does not let Sluice end that statement: GRANT CONNECTION_ADMIN ON *.* (MariaDB: CONNECTION ADMIN) to"
                        + " the monitor account, and SYSTEM_USER if the account of the statement has it");
    }

    static ErrPacket killFailed() {
        return of("HY000", "The server that runs the statement could not be told to end it; Sluice's log says why");
    }

    /** The number is that of the count of statements: this is the same bound, in bytes. */
    static ErrPacket preparedTextsFull() {
        return new ErrPacket(
                ErrorCode.ER_MAX_PREPARED_STMT_COUNT_REACHED.code(),
                ErrorCode.ER_MAX_PREPARED_STMT_COUNT_REACHED.sqlState(),
                "Sluice has no memory for the text of this prepared statement (limits.prepared-texts): close some");
    }

    /** An execution in the form of clients that may send attributes comes in pieces, for a server that does not know it. */
    static ErrPacket attributesUnknown() {
        return of(
                "HY000",
                "This execution is too large to be written anew for a server without query attributes; send the large"
                        + " values by COM_STMT_SEND_LONG_DATA");
    }

    static ErrPacket schemaUnknown() {
        return new ErrPacket(
                2013,
                "08S01",
                "The connection of this session was lost during COM_RESET_CONNECTION; its schema is not known any more");
    }

    static ErrPacket killRightUnknown() {
        return of(
                "HY000",
                "No server could be asked whether this account may end the statements of others; nothing was ended");
    }
}
