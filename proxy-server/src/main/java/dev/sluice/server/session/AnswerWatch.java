package dev.sluice.server.session;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.metrics.LoopMetrics;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Sees a server's answer before the client does: it learns the state of the transaction, and keeps back the error of what
 * another server can answer. Reused from command to command. Confined to the session's event loop.
 */
final class AnswerWatch implements ClientResponse.Observer {
    private static final int READ_ONLY_OPTION = 1290;
    private static final int READ_ONLY_TRANSACTION = 1792;
    private static final int READ_ONLY_MODE = 1836;
    /** The statement has to be prepared anew, and the server has tried often enough: ER_NEED_REPREPARE. */
    private static final int NEED_REPREPARE = 1615;

    /** What the answer was. */
    enum Verdict {
        /** The client's. */
        ANSWERED,
        /** A replica refused to write. */
        IS_A_WRITE,
        /** What is prepared there is out of date: the server did not run it. */
        OUT_OF_DATE,
        /** The server has no room for one more prepared statement, and some of this connection's are not in use. */
        NO_ROOM,
        /** The server is going away, or an operator has ended the connection there: nothing was answered. */
        GOING_AWAY;

        /** Whether the command did not run, and is sent again if nobody has interrupted it. */
        boolean isSentAgain() {
            return this == IS_A_WRITE || this == OUT_OF_DATE || this == NO_ROOM;
        }
    }

    private final SessionParts parts;
    private final Command command;
    private final Runnable whenCompleted;
    private Slot slot = Slot.PRIMARY;
    private @Nullable BackendConnection connection;
    private long sentNanos;
    private long answeredNanos;
    private Verdict verdict = Verdict.ANSWERED;
    private boolean writing;
    private boolean mayWrite;
    private long positionsBefore;

    AnswerWatch(SessionParts parts, Command command, Runnable whenCompleted) {
        this.parts = parts;
        this.command = command;
        this.whenCompleted = whenCompleted;
    }

    /** The command is sent to a connection now. */
    void begin(Slot where, BackendConnection target, long nowNanos) {
        slot = where;
        connection = target;
        sentNanos = nowNanos;
        verdict = Verdict.ANSWERED;
        mayWrite = where == Slot.PRIMARY
                && CommandEffect.mayShowWrites(command, parts.state().inTransaction());
        positionsBefore = parts.causality().positions();
        if (mayWrite) {
            writing = true;
            parts.context().ledger().begun();
        }
    }

    /** What the answer was; known when it has completed. */
    Verdict verdict() {
        return verdict;
    }

    /** Counts the answer, which has just completed, and the time that it took. */
    void count(boolean error) {
        LoopMetrics metrics = parts.context().metrics();
        long now = parts.context().nowNanos();
        answeredNanos = now;
        metrics.statement(parts.router().reason(), error, now - command.startedNanos());
        BackendConnection target = connection;
        if (target != null && showed()) {
            parts.causality().read(target.key().backendOrdinal(), now);
        }
        if (target != null && command.isRead() && !command.isPrepare() && !error) {
            // An error is no measure of speed: a server that fails at once would look like the fastest.
            metrics.backendAnswered(target.key().backendOrdinal(), now - sentNanos, now);
        }
    }

    /** The command has ended without an answer of a server. */
    void endedHere() {
        answeredNanos = parts.context().nowNanos();
    }

    /**
     * Whether the client was shown what others have committed. A write that has no position of its own was shown it, too: by
     * an error for a key that exists, by a count of rows that is zero.
     */
    private boolean showed() {
        return CommandEffect.showsData(command, slot)
                || (mayWrite && parts.causality().positions() == positionsBefore);
    }

    /** When the last answer was complete; 0 before the first. */
    long answeredNanos() {
        return answeredNanos;
    }

    @Override
    public void observed(ResponseScanner scanner, ByteBuf in) {
        int status = scanner.status();
        parts.state()
                .observeTransaction(
                        slot,
                        (status & ServerStatus.SERVER_STATUS_IN_TRANS) != 0,
                        (status & ServerStatus.SERVER_STATUS_IN_TRANS_READONLY) != 0);
        if (command.ran().has(Traits.SETS_WITHOUT_SCOPE)) {
            // MariaDB reports it in no other way.
            parts.state().observeAutocommit((status & ServerStatus.SERVER_STATUS_AUTOCOMMIT) != 0);
        }
    }

    @Override
    public boolean intercepts(int errorCode) {
        Verdict about = aboutHandles(errorCode);
        if (about != Verdict.ANSWERED) {
            verdict = about;
            return true;
        }
        if (!command.isRepeatable()) {
            return false;
        }
        if (isRefusal(errorCode) && mayRunElsewhere()) {
            verdict = Verdict.IS_A_WRITE;
        } else if (isGoingAway(errorCode) && !parts.state().tiedTo(slot)) {
            verdict = Verdict.GOING_AWAY;
        }
        if (verdict == Verdict.ANSWERED || parts.context().switches().retry()) {
            return verdict != Verdict.ANSWERED;
        }
        if (verdict == Verdict.IS_A_WRITE) {
            // It is not sent again, but whoever asks again shall not be refused again.
            command.learnWrite(parts.context().classifier());
        }
        verdict = Verdict.ANSWERED;
        return false;
    }

    private Verdict aboutHandles(int errorCode) {
        BackendConnection target = connection;
        if (errorCode == NEED_REPREPARE
                && command.mayBePreparedAnew()
                && parts.context().switches().retry()) {
            return Verdict.OUT_OF_DATE;
        }
        boolean full = errorCode == ErrorCode.ER_MAX_PREPARED_STMT_COUNT_REACHED.code() && command.isPrepare();
        return full && target != null && parts.context().pool().statements().closeUnused(target)
                ? Verdict.NO_ROOM
                : Verdict.ANSWERED;
    }

    private static boolean isRefusal(int errorCode) {
        return isReadOnlyServer(errorCode) || errorCode == READ_ONLY_TRANSACTION;
    }

    private boolean mayRunElsewhere() {
        PreparedStatement about = command.prepared();
        return slot == Slot.REPLICA
                && command.isRead()
                && (about == null || about.boundTo() == null)
                && parts.state().mayLeave(slot);
    }

    private static boolean isReadOnlyServer(int errorCode) {
        return errorCode == READ_ONLY_OPTION || errorCode == READ_ONLY_MODE;
    }

    /** A KILL QUERY (1317) is not among them: whoever sent it wants the query to end, not to run elsewhere. */
    private static boolean isGoingAway(int errorCode) {
        return switch (errorCode) {
            // ER_SERVER_SHUTDOWN, ER_NORMAL_SHUTDOWN, ER_SHUTDOWN_COMPLETE, ER_CONNECTION_KILLED (MariaDB),
            // ER_SERVER_OFFLINE_MODE, ER_SESSION_WAS_KILLED
            case 1053, 1077, 1079, 1927, 3032, 3169 -> true;
            default -> false;
        };
    }

    @Override
    public @Nullable ErrPacket replacement(int errorCode) {
        // A replica refuses a write for being a replica; in a read-only transaction the primary would name that.
        return isReadOnlyServer(errorCode)
                        && slot == Slot.REPLICA
                        && parts.state().inReadOnlyTransaction()
                ? parts.context().inServersWords(ErrorCode.ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)
                : null;
    }

    @Override
    public int sessionStatus() {
        return LocalCommands.status(parts.state());
    }

    @Override
    public int statusElsewhere() {
        Slot transaction = parts.state().transactionSlot();
        return transaction == null || transaction == slot
                ? 0
                : LocalCommands.status(parts.state())
                        & (ServerStatus.SERVER_STATUS_IN_TRANS | ServerStatus.SERVER_STATUS_IN_TRANS_READONLY);
    }

    @Override
    public void prepared(ResponseScanner scanner) {
        BackendConnection target = connection;
        if (target != null) {
            parts.statements().prepared(command.newStatementId(), command.statement(), target, scanner);
        }
    }

    @Override
    public void responseCompleted() {
        if (writing) {
            writing = false;
            parts.context().ledger().ended(parts.context().nowNanos());
        }
        whenCompleted.run();
    }

    @Override
    public void responseFailed(BackendFailure failure) {
        if (writing) {
            writing = false;
            parts.context().ledger().lost(parts.context().nowNanos());
        }
        // The owner's backendClosed follows, when the connection's other responses have been told too.
    }
}
