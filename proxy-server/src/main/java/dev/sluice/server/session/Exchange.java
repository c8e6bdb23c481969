package dev.sluice.server.session;

import static java.util.Objects.requireNonNull;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.LastStatementQuestion;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.BackendFailure.Kind;
import dev.sluice.server.backend.StatementHandles.Handle;
import dev.sluice.server.session.SessionControl.Target;
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
 * A command is sent again only if no byte of it can have reached a server, or if it is a read, or begins a transaction
 * outside one, and no byte of an answer was delivered.
 */
final class Exchange implements Placement.Listener {
    private enum Phase {
        IDLE,
        WAITING,
        PREPARING,
        RUNNING,
        SETTLING
    }

    private final SessionParts parts;
    private final Command command;
    private final CommandStream stream;
    private final FileUpload file;
    private final Settlement settlement;
    private final WriteNotice writes;
    private final Placement placement;
    private final Preparation preparation;
    private final AnswerWatch watch;
    private final ClientResponse response;
    private final Outcome outcome = new Outcome();
    private final Runnable whenIdle;
    private final Runnable whenLast;
    private final Runnable whenSettled;

    private Phase phase = Phase.IDLE;
    /** Counts the commands. */
    private long number;
    /** A KILL QUERY has met the command, which is not to be tried again. */
    private boolean interrupted;
    /** Nothing has been waited for since the command came. */
    private boolean atOnce;

    private @Nullable BackendConnection connection;
    private Slot slot = Slot.PRIMARY;

    /**
     * @param whenIdle called when the next command may come
     * @param whenLast called instead when the client's connection ends with the answer that was just given
     */
    Exchange(SessionParts parts, Classification initial, Runnable whenIdle, Runnable whenLast) {
        this.parts = parts;
        this.command = new Command(initial);
        this.whenIdle = whenIdle;
        this.whenLast = whenLast;
        this.stream = new CommandStream(parts.frontend(), this::running);
        this.file = new FileUpload(parts.frontend(), parts.input(), this::running, this::fileDiscarded);
        this.watch = new AnswerWatch(parts, command, this::answered);
        this.response = new ClientResponse(
                parts.frontend(), ClientResponse.trackersInto(parts.trackers()), watch, file, parts.clientTrackers());
        this.settlement = new Settlement(parts);
        this.writes = new WriteNotice(parts);
        this.placement = new Placement(parts, settlement, this, initial);
        this.preparation = new Preparation(parts, settlement, this::prepared);
        this.whenSettled = this::settled;
    }

    boolean isIdle() {
        return phase == Phase.IDLE && !stream.isDiscarding() && !file.isOpen();
    }

    /** Whether a statement is under way, or a transaction open, that the level covers. */
    boolean isUnfinished(WriteGate.Level level) {
        boolean runs = phase != Phase.IDLE && phase != Phase.WAITING && !command.isBinlogDump();
        if (runs && level.covers(slot)) {
            return true;
        }
        for (Slot each : Slot.ALL) {
            if (level.covers(each) && WriteGate.hasBegun(parts.state(), each)) {
                return true;
            }
        }
        return false;
    }

    /** Starts a command. Takes the reference to its packet, or to its head if it comes in pieces. */
    void begin(
            CommandType type,
            Classification statement,
            ResponseShape shape,
            @Nullable PreparedStatement about,
            ByteBuf packet) {
        number++;
        interrupted = false;
        command.begin(type, statement, shape, about, parts.context().nowNanos());
        command.received(packet, stream.isOpen());
        parts.lastStatement().begins();
        response.begin(shape, ClientResponse.ANY_SEQUENCE_ID, 0);
        if (!command.isStreamed()) {
            command.text(settlement.textFor(statement, packet, about));
        }
        ErrPacket lost = settlement.lostStateFor(statement, command.isPrepare());
        if (lost != null) {
            answer(lost);
            return;
        }
        phase = Phase.WAITING;
        atOnce = true;
        placement.begin(statement, about, command.isPrepare(), command.startedNanos());
        atOnce = false;
    }

    /** The id for the statement that the next COM_STMT_PREPARE makes. */
    void newStatementId(int id) {
        command.newStatementId(id);
    }

    /** The attributes of the query that comes next, see {@link CommandAttributes}. */
    void attributes(byte @Nullable [] taken) {
        command.attributes(taken);
    }

    /** The rest of a command that comes in pieces; {@link #streamEnded} is called after the last. */
    CommandStream stream() {
        return stream;
    }

    /** The file that a server has asked the client for. */
    FileUpload file() {
        return file;
    }

    // ---- sending ----

    @Override
    public void placed(BackendConnection target, Slot where) {
        slot = where;
        if (!parts.frontend().channel().isWritable()) {
            target.channel().config().setAutoRead(false);
        }
        runOn(target);
    }

    @Override
    public void unplaced(ErrPacket error) {
        answer(error);
    }

    @Override
    public int retainedBytes() {
        return command.retainedBytes();
    }

    @Override
    public LastStatement.Recall recall(@Nullable BackendConnection on) {
        if (command.isPrepare()) {
            return LastStatement.Recall.THERE;
        }
        LastStatementQuestion question = command.question(parts.state().lexicalMode());
        // What has to be written in front of it would count as statements there.
        boolean disturbs = on != null && preparation.disturbs(command, on, question != null);
        return parts.lastStatement()
                .recall(
                        command.statement(),
                        disturbs ? null : on,
                        question,
                        command.type() == CommandType.COM_STMT_EXECUTE);
    }

    @Override
    public boolean keepsLastStatement() {
        // Its bytes will be gone when it has been answered.
        command.leavesConditions(settlement.leavesConditions(command));
        return command.keepsConditions() || command.leavesConditions();
    }

    private void runOn(BackendConnection target) {
        connection = target;
        if (command.isStreamed() && needsOldForm(target)) {
            watch.endedHere();
            tell(Failures.attributesUnknown());
            finish();
        } else if (preparation.write(command, slot, target, placement.restores())) {
            send(target);
        } else {
            phase = Phase.PREPARING;
            target.flush();
        }
    }

    /** Everything in front of the client's command has been answered. */
    private void prepared() {
        BackendConnection target = connection;
        if (phase == Phase.RUNNING) {
            // What was killed may be what went in front, and then the command itself runs: a write's answer is never
            // thrown away.
            boolean refused = preparation.stateError() != null && (!interrupted || command.isRead());
            if (refused || preparation.isBehind()) {
                response.discard();
            }
            return;
        }
        if (phase != Phase.PREPARING || target == null) {
            return;
        }
        ErrPacket error = preparation.stateError();
        ErrPacket unprepared = preparation.prepareError();
        if (interrupted && error == null) {
            answerInterrupted();
        } else if (error != null) {
            stateRefused(target, error);
        } else if (unprepared != null) {
            tell(unprepared);
            notPrepared(target);
        } else if (preparation.isBehind()) {
            retryWithoutWaiting();
        } else {
            runOn(target);
        }
    }

    /** What the first execution may have begun, before the server found that it had to prepare anew, is to be known. */
    private void notPrepared(BackendConnection target) {
        watch.endedHere();
        if (!command.isPreparedAnew()) {
            finish();
            return;
        }
        phase = Phase.SETTLING;
        settlement.settle(slot, target, command.ran(), outcome.refused(command), whenSettled);
    }

    /** A server did not take the session's state: a replica that lags may not have the schema yet. */
    private void stateRefused(BackendConnection target, ErrPacket error) {
        BackendFailure failure = BackendFailure.of(
                Kind.BROKEN, "the session's state could not be brought to the connection: " + error.message());
        closeBroken(target, failure);
        boolean elsewhere = slot == Slot.REPLICA && command.isRead() && retriedElsewhere(target, failure);
        if (!elsewhere) {
            answer(interrupted ? ErrorCode.ER_QUERY_INTERRUPTED.toPacket() : error);
        }
    }

    /** Ends a connection whose state is no longer known, without taking it for a failure of the command. */
    private void closeBroken(BackendConnection target, BackendFailure failure) {
        connection = null;
        phase = Phase.SETTLING;
        target.fail(failure);
    }

    private void send(BackendConnection target) {
        phase = Phase.RUNNING;
        // A clock costs as much as all that is decided about a known statement.
        watch.begin(
                slot, target, atOnce ? command.startedNanos() : parts.context().nowNanos());
        if (command.ran().has(Traits.REPLICATES)) {
            // The server knows it as a replica's from now on.
            target.retireAfterUse();
        }
        PreparedStatement about = command.prepared();
        if (about != null && command.needsHandle()) {
            Handle handle = requireNonNull(target.statements().find(about.text()), "prepared just before");
            command.packet(
                    command.isStreamed()
                            ? parts.statements().addressedHead(command.type(), command.packet(), about, handle, stream)
                            : parts.statements().addressed(command.type(), command.packet(), about, handle));
        }
        if (command.isLongData()) {
            target.sendBytes(command.bytesToSend());
            settlement.bindings().longDataSent(slot, target, about);
            target.flush();
            if (stream.isOpen()) {
                // Its statement may have had to be prepared first: by then the client's channel is not read any more.
                parts.input().resume();
            } else {
                watch.endedHere();
                finish();
            }
            return;
        }
        if (command.isPrepare()) {
            parts.context().pool().statements().take(target);
        }
        boolean countedLater = command.isPrepare() && parts.statements().preparesLarge();
        response.begin(
                command.shape(),
                countedLater ? ClientResponse.ANY_SEQUENCE_ID : command.answerId(),
                command.newStatementId());
        boolean asksId = command.asksConnectionId(parts.state().lexicalMode()) && !LocalCommands.hasIdOfItsOwn(parts);
        response.recalled(
                asksId
                        ? RecalledRows.ofOneNumber(parts.frontend().connectionId())
                        : parts.lastStatement().recalled());
        response.offersFile(command.statement().has(Traits.LOADS_LOCAL_FILE));
        response.trackedForClient(parts.clientTrackers().areOn(target));
        parts.changes().clear();
        command.attributesFor(target.takesQueryAttributes());
        if (countedLater) {
            parts.statements().sendPreparing(target, response);
        } else {
            ByteBuf bytes = command.bytesToSend();
            target.send(needsOldForm(target) ? parts.statements().withoutAttributes(bytes, about) : bytes, response);
        }
        target.flush();
        if (stream.isOpen()) {
            parts.input().resume();
        }
    }

    /** Whether the command is an execution in a form that the server does not know. */
    private boolean needsOldForm(BackendConnection target) {
        return command.type() == CommandType.COM_STMT_EXECUTE
                && parts.frontend().sendsQueryAttributes()
                && !target.takesQueryAttributes();
    }

    void flushBytes() {
        BackendConnection target = connection;
        if (target != null) {
            target.flush();
        }
    }

    private void fileDiscarded() {
        watch.endedHere();
        whenIdle.run();
    }

    /** The last byte of the streamed command has come, in the last of so many packets. */
    void streamEnded(int packets) {
        if (!stream.end(packets)) {
            watch.endedHere();
            whenIdle.run();
            return;
        }
        flushBytes();
        command.ended(packets);
        BackendConnection target = connection;
        if (phase != Phase.RUNNING || target == null) {
            return;
        }
        if (command.isLongData()) {
            watch.endedHere();
            finish();
        } else {
            response.commandEnded(packets);
            target.commandEnded(response);
        }
    }

    // ---- the response ----

    private void answered() {
        BackendConnection target = connection;
        if (target == null) {
            return;
        }
        ErrPacket preludeError = preparation.stateError();
        boolean behind = preparation.isBehind() && preludeError == null;
        if (command.isPrepare()) {
            target.statements().reconcile();
        }
        if (interrupted && (behind || watch.verdict().isSentAgain())) {
            answerInterrupted();
            return;
        }
        if (behind) {
            retryWithoutWaiting();
            return;
        }
        switch (watch.verdict()) {
            case ANSWERED -> {}
            case IS_A_WRITE -> {
                retryOnPrimary();
                return;
            }
            case OUT_OF_DATE, NO_ROOM -> {
                if (preludeError == null) {
                    sendAgain(target);
                    return;
                }
            }
            case GOING_AWAY -> {
                goingAway(target);
                return;
            }
        }
        if (response.isDiscarded() && preludeError != null) {
            stateRefused(target, preludeError);
            return;
        }
        boolean ran = response.errorCode() != ErrorCode.ER_NET_PACKET_TOO_LARGE.code();
        Classification done = ran ? command.ran() : Session.COMMAND;
        writes.ran(slot, target, done, command.text());
        if (!response.isError()) {
            settlement.beforeAnswer(done);
        }
        // Before the connection may go to somebody else; results that are still coming are flushed once per read.
        parts.frontend().flush();
        if (stream.isOpen() || response.isTooEarly() || parts.statements().isSending()) {
            // The server answered before it had the whole command; it will not read the rest as commands.
            closeBroken(target, BackendFailure.of(Kind.BROKEN, "the backend answered in the middle of a command"));
            watch.endedHere();
            stream.discardRest(null);
            end();
            return;
        }
        command.dropPacket();
        watch.count(response.isError());
        phase = Phase.SETTLING;
        settlement.settle(slot, target, done, outcome.answered(response, command), whenSettled);
    }

    /** The server did not run the command, and does not mind having it once more. */
    private void sendAgain(BackendConnection target) {
        PreparedStatement about = command.prepared();
        if (about == null) {
            command.rewind();
        } else {
            command.prepareAnew();
            target.closeStatement(about.text());
        }
        parts.context().metrics().retried();
        runOn(target);
    }

    private void retryOnPrimary() {
        command.learnWrite(parts.context().classifier());
        parts.context().metrics().retried();
        leaveReplica();
        command.becomeWrite();
        command.rewind();
        phase = Phase.WAITING;
        placement.retryAs(command.statement());
    }

    /** The replica did not catch up in time: the client gets nothing of what it said. */
    private void retryWithoutWaiting() {
        leaveReplica();
        command.rewind();
        phase = Phase.WAITING;
        placement.retryWithoutWaiting();
    }

    /** What was answered is not what the client asked for, and what it asked for is not to run any more. */
    private void answerInterrupted() {
        leaveReplica();
        answer(ErrorCode.ER_QUERY_INTERRUPTED.toPacket());
    }

    /** The command goes elsewhere. What it may have begun there ends; a cursor that is open there stays. */
    private void leaveReplica() {
        connection = null;
        boolean mayHaveBegun = !command.isPrepare()
                && parts.state().autocommitOff()
                && parts.state().mayLeave(slot);
        if (mayHaveBegun) {
            parts.departure().from(slot);
        } else if (!parts.state().tiedTo(slot)) {
            parts.leases().release(slot);
        }
    }

    private void goingAway(BackendConnection target) {
        BackendFailure failure = BackendFailure.of(Kind.BROKEN, "the backend is shutting down");
        closeBroken(target, failure);
        parts.context().backendTrouble(parts.router().ordinal(), failure);
        if (!retriedElsewhere(target, failure)) {
            answerLost(failure, Loss.NOTHING, true);
        }
    }

    /** Looks for another server for a command that no server has answered; false if it has been tried often enough. */
    private boolean retriedElsewhere(BackendConnection lost, BackendFailure failure) {
        if (interrupted || !parts.context().switches().retry()) {
            return false;
        }
        command.rewind();
        phase = Phase.WAITING;
        parts.context().metrics().retried();
        return placement.retryElsewhere(lost, failure);
    }

    private void settled() {
        BackendConnection target = connection;
        if (target == null) {
            end();
            return;
        }
        settlement.bindings().executed(slot, target, command.type(), command.prepared(), response);
        finish();
    }

    /** The command is over: decides whether the connection stays, and lets the next command come. */
    private void finish() {
        BackendConnection target = connection;
        boolean last = command.isBinlogDump()
                ? response.errorCode() != ErrorCode.ER_SPECIFIC_ACCESS_DENIED_ERROR.code()
                : !response.isError() && parts.state().endsConnection(command.ran());
        if (target != null) {
            if (last) {
                // The server ends it now.
                target.retireAfterUse();
            }
            settlement.finished(command, slot, target, response, placement.habit(), watch.answeredNanos());
        }
        if (last) {
            // What the client has sent behind this must not run any more.
            over();
            whenLast.run();
        } else {
            end();
        }
    }

    private void end() {
        over();
        whenIdle.run();
    }

    private void over() {
        connection = null;
        if (command.isPrepare()) {
            parts.statements().endPreparing();
        }
        command.end();
        outcome.clear();
        phase = Phase.IDLE;
        settlement.countPins();
    }

    /** Ends the command with an error of Sluice's own. */
    private void answer(ErrPacket error) {
        parts.context().metrics().failed(parts.router().reason());
        watch.endedHere();
        tell(error);
        end();
    }

    private void tell(ErrPacket error) {
        if (command.isLongData()) {
            settlement.defer(command.prepared(), error);
            stream.discardRest(null);
            return;
        }
        parts.lastStatement().refused(error);
        if (stream.isOpen()) {
            stream.discardRest(error);
        } else if (file.isOpen()) {
            file.discardRest(error);
        } else {
            parts.frontend().send(1, error);
        }
    }

    // ---- failures ----

    @Override
    public void backendReadComplete() {
        parts.frontend().flush();
    }

    @Override
    public void backendWritabilityChanged(BackendConnection changed) {
        parts.input().resume();
    }

    @Override
    public void backendWanted(BackendConnection wanted) {
        Slot where = parts.leases().slotOf(wanted);
        if (where != null && wanted != connection) {
            settlement.yieldLastStatement(where);
        }
    }

    @Override
    public void backendSilent(BackendConnection silent) {
        boolean repeatable = silent == connection
                && phase == Phase.RUNNING
                && command.isRead()
                && !response.isDelivered()
                && !parts.state().tiedTo(slot);
        if (repeatable) {
            silent.fail(BackendFailure.of(Kind.BROKEN, "the backend does not answer"));
        }
    }

    @Override
    public void backendClosed(BackendConnection closed, BackendFailure failure) {
        Slot where = parts.leases().slotOf(closed);
        if (where == null) {
            return;
        }
        boolean busy = closed == connection && (phase == Phase.PREPARING || phase == Phase.RUNNING);
        Loss loss = settlement.connectionLost(where, closed, failure, busy, busy && command.isPrepare());
        if (closed != connection) {
            return;
        }
        connection = null;
        switch (phase) {
            case IDLE, WAITING -> {}
            case SETTLING -> {
                if (!command.isRead()) {
                    // Its position would have come with the answer to what was asked after it.
                    parts.causality().wroteWithoutPosition(parts.context().nowNanos());
                }
                end();
            }
            case PREPARING, RUNNING -> brokenWhileBusy(closed, failure, loss);
        }
    }

    private void brokenWhileBusy(BackendConnection lost, BackendFailure failure, Loss loss) {
        boolean unsent = phase == Phase.PREPARING;
        parts.context().backendTrouble(parts.router().ordinal(), failure);
        if (!unsent && response.isDelivered() && !file.isOpen()) {
            // Half a result is out: nothing but closing the connection tells the client so.
            parts.frontend().close();
            end();
            return;
        }
        boolean repeatable = loss == Loss.NOTHING && !command.isStreamed() && (unsent || command.isRepeatable());
        if (!repeatable || !retriedElsewhere(lost, failure)) {
            if (!unsent && !command.isRead()) {
                // It may have been executed: until that is known, this session reads where it would see it.
                parts.causality().wroteWithoutPosition(parts.context().nowNanos());
            }
            answerLost(failure, loss, repeatable);
        }
    }

    /** Whether the answer that is on its way has no end. */
    boolean isDumping() {
        return isAnswering() && command.isBinlogDump();
    }

    /** Whoever kills a statement that could be repeated learns that it has ended; how it did makes no difference. */
    private void answerLost(BackendFailure failure, Loss loss, boolean repeatable) {
        answer(
                interrupted && repeatable
                        ? ErrorCode.ER_QUERY_INTERRUPTED.toPacket()
                        : Failures.lostConnection(failure.message(), command.statement(), loss));
    }

    /** Whether part of an answer is on its way, so that no other packet may be sent. */
    boolean isAnswering() {
        return phase == Phase.RUNNING && response.isDelivered();
    }

    /** The connection on which a statement runs right now, or null. */
    @Nullable
    BackendConnection running() {
        return phase == Phase.RUNNING ? connection : null;
    }

    /** KILL QUERY: ends the command, or says where it has to be ended. */
    Target interrupt() {
        BackendConnection target = connection;
        switch (phase) {
            case IDLE, SETTLING -> {
                return new Target.Nothing();
            }
            case WAITING -> {
                interrupted = true;
                placement.interrupt();
                return new Target.Ended();
            }
            case PREPARING -> {
                // It ends when the state is there: ended in the middle, the connection could not be used any more.
                interrupted = true;
                return new Target.Ended();
            }
            case RUNNING -> {
                interrupted = true;
                return target == null ? new Target.Nothing() : onServer(target);
            }
        }
        throw new IllegalStateException("unknown phase " + phase);
    }

    private Target onServer(BackendConnection target) {
        target.retireAfterUse();
        return new Target.OnServer(target.key().backendOrdinal(), target.threadId(), number);
    }

    /** Whether the command that was found on a server is still there. */
    boolean stillRuns(Target.OnServer found) {
        BackendConnection target = running();
        return target != null && number == found.command() && target.threadId() == found.threadId();
    }

    /** When the last answer was complete; 0 before the first. */
    long answeredNanos() {
        return watch.answeredNanos();
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
        command.end();
        outcome.clear();
        stream.abandon();
        if (busy != null) {
            busy.abandon();
        }
    }
}
