package dev.sluice.server.session;

import static java.util.Objects.requireNonNull;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.Slot;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.StatePrelude;
import dev.sluice.server.backend.StatementHandles.Handle;
import dev.sluice.server.session.Settlement.Outcome;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One command of a client on its way to a backend and back: routed, given a connection, sent behind whatever brings that
 * connection into the session's state, answered, and accounted for. Reused from command to command. Confined to the
 * session's event loop.
 *
 * <pre>
 * IDLE ──begin──► WAITING ──connection──► PREPARING ──state and statement are there──► RUNNING ──response──► SETTLING ──► IDLE
 *                    │  ▲                     │ (skipped when nothing is needed,          │
 *                    │  └────── retry ────────┴────── or when it can go along) ───────────┘
 *                    └──no backend, no connection──► answered with an error ──► IDLE
 * </pre>
 *
 * A command is sent again only if no byte of it can have reached a server, or if it is a read of which no byte was
 * delivered.
 */
final class Exchange implements Placement.Target, ClientResponse.Observer {
    private static final int READ_ONLY_OPTION = 1290;
    private static final int READ_ONLY_TRANSACTION = 1792;
    private static final int READ_ONLY_MODE = 1836;

    private enum Phase {
        IDLE,
        WAITING,
        PREPARING,
        RUNNING,
        SETTLING
    }

    private final SessionParts parts;
    private final Settlement settlement;
    private final Placement placement;
    private final ClientResponse response;
    private final PreludeAnswers prelude;
    private final Runnable whenIdle;
    private final Runnable whenSettled;

    private Phase phase = Phase.IDLE;
    private CommandType type = CommandType.UNKNOWN;
    private Classification statement;
    private ResponseShape shape = ResponseShape.SIMPLE;
    private @Nullable PreparedStatement prepared;
    private @Nullable ByteBuf packet;
    private int packetStart;
    /** The command came, or still comes, in pieces: its bytes are not kept. */
    private boolean streamed;
    /** Pieces are still to come. */
    private boolean streaming;

    private @Nullable BackendConnection connection;
    private Slot slot = Slot.PRIMARY;
    private boolean refusedByReplica;
    private @Nullable String text;
    private long startedNanos;
    private long sentNanos;
    private int newStatementId;
    private boolean discarding;
    private @Nullable ErrPacket errorBehindStream;

    Exchange(SessionParts parts, Classification initial, Runnable whenIdle) {
        this.parts = parts;
        this.statement = initial;
        this.whenIdle = whenIdle;
        this.response = new ClientResponse(parts.frontend(), ClientResponse.trackersInto(parts.trackers()), this);
        this.settlement = new Settlement(parts);
        this.placement = new Placement(parts, settlement, this, initial);
        this.prelude = new PreludeAnswers(this::preludeAnswered);
        this.whenSettled = this::settled;
    }

    boolean isIdle() {
        return phase == Phase.IDLE && !discarding;
    }

    /** Whether bytes of a streamed command can be taken now. */
    boolean takesBytes() {
        BackendConnection target = connection;
        return discarding
                || (phase == Phase.RUNNING && target != null && target.channel().isWritable());
    }

    /**
     * Starts a command.
     *
     * @param command the packet with its header, or the head of a streamed command; the reference is taken
     * @param preparedStatement the statement that the command is about, or null
     */
    void begin(
            CommandType commandType,
            ByteBuf command,
            Classification classification,
            ResponseShape responseShape,
            @Nullable PreparedStatement preparedStatement) {
        type = commandType;
        streamed = streaming;
        response.begin(responseShape, ClientResponse.ANY_SEQUENCE_ID, 0);
        packet = command;
        packetStart = command.readerIndex();
        statement = classification;
        shape = responseShape;
        prepared = preparedStatement;
        startedNanos = parts.context().nowNanos();
        text = streamed ? null : settlement.textFor(classification, command, preparedStatement);
        ErrPacket lost = settlement.takeLostState();
        if (lost != null) {
            answer(lost);
            return;
        }
        phase = Phase.WAITING;
        placement.begin(classification, preparedStatement);
    }

    /** The id for the statement that this COM_STMT_PREPARE makes. */
    void newStatementId(int id) {
        newStatementId = id;
    }

    /** The command that is about to begin comes in pieces; {@link #streamEnded} will be called after the last. */
    void streamBegins() {
        streaming = true;
    }

    /** The command that comes in pieces cannot be served: its bytes are thrown away, then the client gets the error. */
    void refuseStream(ErrPacket error) {
        discarding = true;
        errorBehindStream = error;
    }

    // ---- sending ----

    private boolean isRead() {
        return statement.target() == Target.REPLICA && !streamed;
    }

    @Override
    public void placed(BackendConnection target, Slot where) {
        slot = where;
        if (!parts.frontend().channel().isWritable()) {
            target.channel().config().setAutoRead(false);
        }
        parts.context()
                .metrics()
                .routed(parts.router().reason(), where == Slot.PRIMARY ? Target.PRIMARY : Target.REPLICA);
        runOn(target);
    }

    @Override
    public void unplaced(ErrPacket error) {
        answer(error);
    }

    private void runOn(BackendConnection target) {
        connection = target;
        PreparedStatement about = prepared;
        boolean wasQuiet = target.isQuiet();
        if (about != null && needsHandle() && !willHaveHandle(target, about)) {
            phase = Phase.PREPARING;
            StateVector reading = parts.state().vectorForPreparing(about.text().preparedIn());
            InsertId.captureOther(target, parts.insertId());
            prelude.expectTo(stateOf(target, reading) + settlement.prepareOn(target, about, prelude));
            target.flush();
            return;
        }
        InsertId.captureOther(target, parts.insertId());
        // A schema that is about to be left may be gone: it must not stand in the way.
        StateVector wanted = choosesSchema()
                ? parts.state().vector().withSchema(target.vector().schema())
                : parts.state().vector();
        int stateAnswers = stateOf(target, wanted);
        int answers = stateAnswers + parts.insertId().bringTo(target, statement, prelude);
        prelude.expectTo(answers);
        if (stateAnswers > 0 && !(isRead() && wasQuiet)) {
            phase = Phase.PREPARING;
            target.flush();
            return;
        }
        send(target);
    }

    private boolean needsHandle() {
        return type == CommandType.COM_STMT_EXECUTE
                || type == CommandType.COM_STMT_SEND_LONG_DATA
                || type == CommandType.COM_STMT_FETCH
                || type == CommandType.COM_STMT_RESET;
    }

    private boolean choosesSchema() {
        return type == CommandType.COM_INIT_DB
                || (statement.kind() == StatementKind.USE && !statement.has(Traits.MULTI_STATEMENT));
    }

    /** Whether the statement is prepared on the connection and still will be when its state is right: a reset ends it. */
    private boolean willHaveHandle(BackendConnection target, PreparedStatement about) {
        return !StatePrelude.needsReset(target, parts.state().vector()) && hasHandle(target, about);
    }

    private static boolean hasHandle(BackendConnection target, PreparedStatement about) {
        Handle handle = target.statements().find(about.text());
        if (handle != null && handle.exclusiveTo() != null && handle.exclusiveTo() != about) {
            // An equal statement of this session has a cursor open: this one gets a handle of its own.
            about.separate();
            handle = target.statements().find(about.text());
        }
        return handle != null;
    }

    private int stateOf(BackendConnection target, StateVector wanted) {
        if (!StatePrelude.isNeeded(target, wanted)) {
            return 0;
        }
        if (parts.state().tiedTo(slot) && StatePrelude.needsReset(target, wanted)) {
            throw new IllegalStateException("a connection that holds session state would be reset");
        }
        boolean mariaDb = parts.context().pool().isMariaDb(target.key().backendOrdinal());
        return StatePrelude.write(target, wanted, mariaDb, prelude);
    }

    /** Every command in front of the client's has been answered. */
    private void preludeAnswered() {
        BackendConnection target = connection;
        if (phase == Phase.RUNNING) {
            if (prelude.stateError() != null) {
                response.discard();
            }
            return;
        }
        if (phase != Phase.PREPARING || target == null) {
            return;
        }
        ErrPacket error = prelude.stateError();
        ErrPacket unprepared = prelude.prepareError();
        if (error != null) {
            stateRefused(target, error);
        } else if (unprepared != null) {
            tell(unprepared);
            finish();
        } else {
            runOn(target);
        }
    }

    /** A server did not take the session's state: a replica that lags may not have the schema yet. */
    private void stateRefused(BackendConnection target, ErrPacket error) {
        closeBroken(target, "the session's state could not be brought to the connection: " + error.message());
        boolean elsewhere = slot == Slot.REPLICA && isRead();
        if (elsewhere) {
            rewind();
            phase = Phase.WAITING;
            elsewhere = placement.retryElsewhere();
        }
        if (!elsewhere) {
            answer(error);
        }
    }

    /** Ends a connection whose state is no longer known, without taking it for a failure of the command. */
    private void closeBroken(BackendConnection target, String why) {
        connection = null;
        phase = Phase.SETTLING;
        target.fail(BackendFailure.of(BackendFailure.Kind.BROKEN, why));
    }

    private void send(BackendConnection target) {
        ByteBuf command = packet;
        if (command == null) {
            throw new IllegalStateException("a command without bytes");
        }
        phase = Phase.RUNNING;
        refusedByReplica = false;
        PreparedStatement about = prepared;
        if (about != null && needsHandle()) {
            Handle handle = requireNonNull(target.statements().find(about.text()), "prepared just before");
            command = parts.statements().addressed(type, command, about, handle);
            packet = command;
            packetStart = command.readerIndex();
        }
        if (type == CommandType.COM_STMT_SEND_LONG_DATA) {
            target.sendBytes(command);
            packet = null;
            settlement.longDataSent(slot, target, prepared);
            target.flush();
            if (!streaming) {
                finish();
            }
            return;
        }
        response.begin(shape, streamed ? ClientResponse.ANY_SEQUENCE_ID : 1, newStatementId);
        if (isRead()) {
            command.retain();
        } else {
            packet = null;
        }
        parts.changes().clear();
        sentNanos = parts.context().nowNanos();
        target.send(command, response);
        target.flush();
        if (streaming) {
            parts.input().resume();
        }
    }

    /** Passes on a piece of a streamed command. Takes the reference. */
    void sendBytes(ByteBuf bytes) {
        BackendConnection target = connection;
        if (phase == Phase.RUNNING && target != null) {
            target.sendBytes(bytes);
        } else {
            bytes.release();
        }
    }

    void flushBytes() {
        BackendConnection target = connection;
        if (target != null) {
            target.flush();
        }
    }

    /** The last byte of the streamed command has come, in the last of so many packets. */
    void streamEnded(int packets) {
        streaming = false;
        if (discarding) {
            discarding = false;
            ErrPacket error = errorBehindStream;
            errorBehindStream = null;
            if (error != null) {
                parts.frontend().send(packets & 0xFF, error);
            }
            whenIdle.run();
            return;
        }
        flushBytes();
        if (phase == Phase.RUNNING && type == CommandType.COM_STMT_SEND_LONG_DATA) {
            finish();
        }
    }

    // ---- the response ----

    @Override
    public void observed(ResponseScanner scanner, ByteBuf in) {
        int status = scanner.status();
        parts.state()
                .observeTransaction(
                        slot,
                        (status & ServerStatus.SERVER_STATUS_IN_TRANS) != 0,
                        (status & ServerStatus.SERVER_STATUS_IN_TRANS_READONLY) != 0);
    }

    @Override
    public boolean intercepts(int errorCode) {
        boolean readOnly =
                errorCode == READ_ONLY_OPTION || errorCode == READ_ONLY_TRANSACTION || errorCode == READ_ONLY_MODE;
        if (readOnly && slot == Slot.REPLICA && isRead() && !parts.state().tiedTo(slot)) {
            refusedByReplica = true;
            response.discard();
            return true;
        }
        return false;
    }

    @Override
    public @Nullable ErrPacket replacement(int errorCode) {
        // A replica refuses a write for being a replica; in a read-only transaction the primary would name that.
        boolean readOnlyServer = errorCode == READ_ONLY_OPTION || errorCode == READ_ONLY_MODE;
        return readOnlyServer && slot == Slot.REPLICA && parts.state().inReadOnlyTransaction()
                ? ErrorCode.ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION.toPacket()
                : null;
    }

    @Override
    public void prepared(ResponseScanner scanner) {
        BackendConnection target = connection;
        if (target != null) {
            parts.statements().prepared(newStatementId, statement, target, scanner);
        }
    }

    @Override
    public void responseCompleted() {
        BackendConnection target = connection;
        if (target == null) {
            return;
        }
        if (refusedByReplica) {
            retryOnPrimary();
            return;
        }
        ErrPacket preludeError = prelude.stateError();
        if (response.isDiscarded() && preludeError != null) {
            stateRefused(target, preludeError);
            return;
        }
        // Before the connection may go to somebody else; results that are still coming are flushed once per read.
        parts.frontend().flush();
        if (streaming) {
            // The server answered before it had the whole command; it will not read the rest as commands.
            closeBroken(target, "the backend answered in the middle of a command");
            discarding = true;
            end();
            return;
        }
        dropPacket();
        long now = parts.context().nowNanos();
        parts.context().metrics().statement(parts.router().reason(), response.isError(), now - startedNanos);
        if (isRead() && type != CommandType.COM_STMT_PREPARE && !response.isError()) {
            // An error is no measure of speed: a server that fails at once would look like the fastest.
            parts.context().metrics().backendAnswered(target.key().backendOrdinal(), now - sentNanos, now);
        }
        phase = Phase.SETTLING;
        // Preparing a statement is not running it.
        Classification ran = type == CommandType.COM_STMT_PREPARE ? Session.COMMAND : statement;
        Outcome outcome = new Outcome(response.isError(), response.lastInsertId(), text, choosesSchema());
        settlement.settle(slot, target, ran, outcome, whenSettled);
    }

    private void retryOnPrimary() {
        parts.context().classifier().learnWrite(statement);
        parts.context().metrics().retried();
        parts.leases().release(slot);
        connection = null;
        statement = new Classification(
                Target.PRIMARY,
                RouteReason.REPLICA_REFUSED,
                statement.kind(),
                statement.traits(),
                statement.fingerprintHigh(),
                statement.fingerprintLow());
        rewind();
        phase = Phase.WAITING;
        placement.retryAs(statement);
    }

    private void rewind() {
        ByteBuf command = packet;
        if (command != null) {
            command.readerIndex(packetStart);
        }
    }

    private void settled() {
        BackendConnection target = connection;
        if (target == null) {
            end();
            return;
        }
        settlement.executed(slot, target, type, prepared, response);
        finish();
    }

    /** The command is over: decides whether the connection stays, and lets the next command come. */
    private void finish() {
        BackendConnection target = connection;
        if (target != null) {
            parts.leases().ranOn(slot, target);
            settlement.record(parts.router().reason(), slot, target);
            boolean keep =
                    response.warnings() > 0 || statement.has(Traits.CALC_FOUND_ROWS) || placement.keepsLastStatement();
            if (keep && type != CommandType.COM_STMT_SEND_LONG_DATA) {
                parts.state().pin(slot, PinReason.LAST_STATEMENT, true);
            }
            settlement.letGo(slot);
        }
        boolean last = statement.has(Traits.RELEASES_CONNECTION)
                && type != CommandType.COM_STMT_PREPARE
                && !response.isError();
        end();
        if (last) {
            parts.frontend().close();
        }
    }

    private void end() {
        connection = null;
        prepared = null;
        text = null;
        dropPacket();
        phase = Phase.IDLE;
        settlement.countPins();
        whenIdle.run();
    }

    private void dropPacket() {
        ByteBuf rest = packet;
        packet = null;
        if (rest != null) {
            rest.release();
        }
    }

    /** Ends the command with an error of Sluice's own. */
    private void answer(ErrPacket error) {
        parts.context().metrics().failed(parts.router().reason());
        tell(error);
        end();
    }

    private void tell(ErrPacket error) {
        if (type == CommandType.COM_STMT_SEND_LONG_DATA) {
            settlement.defer(prepared, error);
            discarding = streaming;
        } else if (streaming) {
            refuseStream(error);
        } else {
            parts.frontend().send(1, error);
        }
    }

    // ---- failures ----

    @Override
    public void responseFailed(BackendFailure failure) {
        // backendClosed follows, when the connection's other responses have been told too.
    }

    @Override
    public void backendReadComplete() {
        parts.frontend().flush();
    }

    @Override
    public void backendWritabilityChanged(BackendConnection changed) {
        parts.input().resume();
    }

    @Override
    public void backendClosed(BackendConnection closed, BackendFailure failure) {
        Slot where = parts.leases().slotOf(closed);
        if (where == null) {
            return;
        }
        boolean busy = closed == connection && (phase == Phase.PREPARING || phase == Phase.RUNNING);
        boolean wasTied = settlement.connectionLost(where, closed, failure, busy);
        if (closed != connection) {
            return;
        }
        connection = null;
        switch (phase) {
            case IDLE, WAITING -> {}
            case SETTLING -> end();
            case PREPARING, RUNNING -> brokenWhileBusy(failure, wasTied);
        }
    }

    private void brokenWhileBusy(BackendFailure failure, boolean wasTied) {
        boolean unsent = phase == Phase.PREPARING;
        parts.context().backendTrouble(parts.router().ordinal(), failure);
        if (!unsent && response.isDelivered()) {
            // Half a result is out: nothing but closing the connection tells the client so.
            parts.frontend().close();
            end();
            return;
        }
        boolean repeatable = !wasTied && !streamed && (unsent || isRead());
        if (repeatable) {
            rewind();
            phase = Phase.WAITING;
            parts.context().metrics().retried();
            repeatable = placement.retryElsewhere();
        }
        if (!repeatable) {
            if (!unsent && !isRead()) {
                // It may have been executed: until that is known, this session reads where it would see it.
                parts.causality().wroteWithoutPosition(parts.context().nowNanos());
            }
            answer(Failures.lostConnection(failure.message(), statement, wasTied));
        }
    }

    /** Whether part of an answer is on its way, so that no other packet may be sent. */
    boolean isAnswering() {
        return phase == Phase.RUNNING && response.isDelivered();
    }

    Settlement settlement() {
        return settlement;
    }

    /** The client has gone: lets go of everything. */
    void abort() {
        BackendConnection busy =
                phase == Phase.RUNNING || phase == Phase.PREPARING || phase == Phase.SETTLING ? connection : null;
        connection = null;
        phase = Phase.IDLE;
        placement.abandon();
        dropPacket();
        if (busy != null) {
            busy.close();
        }
    }
}
