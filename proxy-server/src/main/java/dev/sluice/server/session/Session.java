package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.session.CausalityTracker;
import dev.sluice.router.session.SessionChanges;
import dev.sluice.router.session.SessionRouter;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.Slot;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.session.StatementEffects;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.admission.Limit;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.TextDigest;
import dev.sluice.server.compression.CompressionException;
import dev.sluice.server.frontend.Frontend;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One client from its login to its end: takes its commands one at a time, answers those that concern nobody else, and gives
 * the others to its {@link Exchange}. Confined to the session's event loop, except {@link #drain} and {@link #shutDown},
 * which may be called from any thread.
 *
 * <pre>
 * IDLE ──command──► BUSY ──answered──► IDLE        IDLE ──COM_CHANGE_USER──► AUTHENTICATING ──accepted──► IDLE
 * any ──COM_QUIT, client gone, protocol error, drained──► CLOSED
 * </pre>
 */
public final class Session {
    private static final Logger LOGGER = LoggerFactory.getLogger(Session.class);

    /** Commands that are about the server or the session as a whole. */
    static final Classification COMMAND =
            new Classification(Target.PRIMARY, RouteReason.COMMAND, StatementKind.OTHER, 0, 0, 0);

    /** Does what FLUSH does. */
    private static final Classification REFRESH =
            new Classification(Target.PRIMARY, RouteReason.COMMAND, StatementKind.FLUSH, Traits.IMPLICIT_COMMIT, 0, 0);

    private static final Classification REPLICATION =
            new Classification(Target.PRIMARY, RouteReason.COMMAND, StatementKind.OTHER, Traits.REPLICATES, 0, 0);

    /** Where the commands come from. */
    public interface Input {
        /** The session is idle again, or can take more bytes. */
        void resume();
    }

    private final LoopContext context;
    private final Frontend frontend;
    private final SessionParts parts;
    private final Exchange exchange;
    private final StatementReader reader;
    private final LocalCommands local;
    private final StatementCommands statementCommands;
    private final UserChange userChange;
    private final ClientKill clientKill;
    private final StateVector defaults;
    private final IdleLimit idleLimit;
    private final WriteLimit writeLimit;
    private @Nullable Input input;
    private boolean closed;
    private boolean draining;
    /** KILLs of this session's statement that servers have not answered: until then nothing else may run. */
    private int interruptions;
    /** A KILL QUERY has met a statement that is with the parser. */
    private boolean interruptedReading;
    /** What has to be known before a COM_RESET_CONNECTION can be answered. */
    private @Nullable SchemaQuestion schemaQuestion;

    public Session(LoopContext context, Frontend frontend, SessionStart start, UserChange userChange) {
        this.context = context;
        this.frontend = frontend;
        this.defaults = start.defaults();
        this.writeLimit = new WriteLimit(frontend);
        this.userChange = userChange;
        SessionState state = new SessionState(start.vector(), start.defaultSqlMode());
        SessionChanges changes = new SessionChanges();
        CausalityTracker causality = new CausalityTracker(
                context.settings().consistency().stickyAfterWrite(), context.positions(), context.ledger());
        Leases leases = new Leases(context.pool(), start.credential(), frontend.capabilities());
        StatementEffects effects = new StatementEffects(state, context.triggers()::mayAssign, context::isMariaDb);
        this.parts = new SessionParts(
                context,
                frontend,
                this::resumeInput,
                state,
                effects,
                new SessionRouter(context.balancer(), context.metrics(), context.switches()::readSplitting),
                causality,
                leases,
                changes,
                new SessionTrackers(changes, causality, context),
                new ClientTrackers(),
                new InsertId(),
                new LastStatement(leases, context::isMariaDb),
                new PreparedStatements(state, frontend.sendsQueryAttributes(), context.texts()),
                new Departure(state, effects, leases),
                start.collations());
        this.exchange = new Exchange(parts, COMMAND, this::commandFinished, this::endWithAnswer);
        this.reader = new StatementReader(context, state);
        this.local = new LocalCommands(parts);
        this.idleLimit =
                new IdleLimit(context.loop(), context::nowNanos, frontend.idleTimeout(), new IdleLimit.Activity() {
                    @Override
                    public boolean isIdle() {
                        return Session.this.isIdle();
                    }

                    @Override
                    public long activeNanos() {
                        return Session.this.activeNanos();
                    }

                    @Override
                    public void idleTimeout() {
                        Session.this.idleTimeout();
                    }
                });
        this.statementCommands = new StatementCommands(parts, exchange, reader, local);
        this.clientKill = new ClientKill(this);
        context.registry().add(this);
        context.metrics().sessionOpened();
    }

    /** The connection id that the client knows. */
    public long id() {
        return frontend.connectionId();
    }

    /** Connects the source of commands. */
    public void attach(Input source) {
        input = source;
    }

    /** Looks for the next command. */
    void resume() {
        resumeInput();
    }

    /** What a session consists of, for those who look at it on its loop. */
    SessionParts parts() {
        return parts;
    }

    Exchange exchange() {
        return exchange;
    }

    /** Whether several statements in one COM_QUERY are allowed. */
    boolean allowsMultiStatements() {
        return parts.state().vector().multiStatements();
    }

    private void resumeInput() {
        if (input != null) {
            input.resume();
        }
    }

    /** Whether the next command can be taken. */
    public boolean isIdle() {
        return !closed
                && exchange.isIdle()
                && !reader.isReading()
                && !userChange.isActive()
                && !clientKill.isRunning()
                && schemaQuestion == null
                && interruptions == 0;
    }

    /** Whether the client is becoming another user. */
    boolean isAuthenticating() {
        return userChange.isActive();
    }

    /** Whether the next packet belongs to an authentication exchange. */
    public boolean takesAuthenticationPacket() {
        return userChange.takesPacket();
    }

    /** Whether the session has ended. */
    public boolean isClosed() {
        return closed;
    }

    // ---- commands ----

    /** Takes a whole command packet with its header. Takes the reference. */
    public void onCommand(ByteBuf packet) {
        CommandType type = CommandType.of(packet.getUnsignedByte(packet.readerIndex() + Packets.HEADER_LENGTH));
        switch (type) {
            case COM_QUERY -> query(packet);
            case COM_STMT_PREPARE -> prepare(packet);
            case COM_STMT_EXECUTE, COM_STMT_FETCH -> statementCommands.take(type, packet);
            case COM_STMT_SEND_LONG_DATA, COM_STMT_RESET, COM_STMT_CLOSE -> {
                local.active();
                statementCommands.take(type, packet);
            }
            case COM_INIT_DB -> exchange.begin(type, COMMAND, ResponseShape.SIMPLE, null, packet);
            case COM_STATISTICS -> exchange.begin(type, COMMAND, ResponseShape.STATISTICS, null, packet);
            case COM_FIELD_LIST -> exchange.begin(type, COMMAND, ResponseShape.FIELD_LIST, null, packet);
            case COM_PROCESS_INFO -> exchange.begin(type, COMMAND, ResponseShape.QUERY, null, packet);
            case COM_REGISTER_SLAVE -> exchange.begin(type, REPLICATION, ResponseShape.SIMPLE, null, packet);
            case COM_BINLOG_DUMP, COM_BINLOG_DUMP_GTID ->
                exchange.begin(type, REPLICATION, ResponseShape.BINLOG, null, packet);
            case COM_REFRESH -> exchange.begin(type, REFRESH, ResponseShape.SIMPLE, null, packet);
            case COM_CHANGE_USER -> changeUser(packet);
            default -> {
                answerAlone(type, packet);
                packet.release();
            }
        }
    }

    /** The commands that need no backend. */
    private void answerAlone(CommandType type, ByteBuf packet) {
        local.active();
        switch (type) {
            case COM_QUIT -> close();
            case COM_PING -> frontend.sendOk(local.status());
            case COM_RESET_CONNECTION -> resetForClient();
            case COM_SET_OPTION -> local.setOption(packet);
            case COM_PROCESS_KILL -> clientKill.process(packet);
            default -> local.refuse(type);
        }
    }

    private void query(ByteBuf packet) {
        if (!takesAttributes(packet)) {
            packet.release();
            local.refuse(context.inServersWords(ErrorCode.ER_MALFORMED_PACKET));
            return;
        }
        if (RouteReport.isAskedBy(packet)) {
            packet.release();
            local.showRoute(exchange.settlement().lastRoute());
            return;
        }
        reader.read(packet, classification -> {
            if (endsInterrupted(packet)) {
                return;
            }
            if (classification.has(Traits.KILLS)) {
                // The ids that clients know are Sluice's: sent on, they would end somebody else's connection.
                local.active();
                clientKill.query(packet, classification);
            } else if (!local.answersConnectionId(packet, classification)) {
                Classification runs = classification.has(Traits.EXECUTES_BY_NAME)
                        ? parts.effects().executed(classification, () -> Settlement.shortText(packet))
                        : classification;
                exchange.begin(CommandType.COM_QUERY, runs, ResponseShape.QUERY, null, packet);
            }
        });
    }

    /** Takes the attributes of a query out of its packet, if the client sends any; false if they are malformed. */
    private boolean takesAttributes(ByteBuf packet) {
        boolean sent = frontend.sendsQueryAttributes();
        byte[] attributes = sent ? CommandAttributes.take(packet) : null;
        exchange.attributes(attributes);
        return !sent || attributes != null;
    }

    /** Answers a statement that was interrupted while the parser had it. Takes the reference if so. */
    private boolean endsInterrupted(ByteBuf packet) {
        if (!interruptedReading) {
            return false;
        }
        interruptedReading = false;
        packet.release();
        local.refuseStatement(ErrorCode.ER_QUERY_INTERRUPTED.toPacket());
        resumeInput();
        return true;
    }

    private void prepare(ByteBuf packet) {
        if (parts.statements().size() >= context.settings().preparedStatementsMax()) {
            packet.release();
            local.refuseStatement(tooManyPrepared(context.settings()));
            return;
        }
        reader.read(packet, classification -> {
            if (endsInterrupted(packet)) {
                return;
            }
            if (classification.has(Traits.KILLS)) {
                packet.release();
                clientKill.refuse();
                return;
            }
            byte[] sql = new byte[packet.readableBytes() - Packets.HEADER_LENGTH - 1];
            packet.getBytes(packet.readerIndex() + Packets.HEADER_LENGTH + 1, sql);
            prepare(TextDigest.of(sql), sql, classification, packet);
        });
    }

    /** @param packet what is sent to the server; empty if it is to be made of the text */
    private void prepare(TextDigest digest, byte[] sql, Classification classification, ByteBuf packet) {
        PreparedStatements own = parts.statements();
        SessionSettings settings = context.settings();
        StatementTexts.Text text = sql.length > settings.preparedTextMax(own.bytes())
                ? null
                : context.texts().take(digest, sql, settings.preparedBytesMax());
        if (text == null) {
            packet.release();
            local.refuseStatement(preparedTextsFull());
            resumeInput();
            return;
        }
        exchange.newStatementId(own.nextId(text, !packet.isReadable()));
        exchange.begin(CommandType.COM_STMT_PREPARE, classification.prepared(), ResponseShape.PREPARE, null, packet);
    }

    // ---- commands that come in pieces ----

    /** Takes the head of a command that is too large to be kept whole. Takes the reference. */
    public void onLargeCommand(ByteBuf head) {
        CommandType type = CommandType.of(head.getUnsignedByte(head.readerIndex() + Packets.HEADER_LENGTH));
        exchange.stream().begin();
        if (type == CommandType.COM_QUERY && !takesAttributes(head)) {
            head.release();
            exchange.stream().discardRest(context.inServersWords(ErrorCode.ER_MALFORMED_PACKET));
        } else if (type == CommandType.COM_QUERY) {
            exchange.begin(type, reader.large(), ResponseShape.QUERY, null, head);
        } else if (type == CommandType.COM_STMT_PREPARE) {
            collect(head);
        } else if (!statementCommands.takeLarge(type, head)) {
            head.release();
            context.refused(Limit.PACKET_SIZE, frontend, type + " is too large");
            exchange.stream().discardRest(ErrorCode.ER_NET_PACKET_TOO_LARGE.toPacket());
        }
    }

    /** Whether {@link #onCommandBytes} may be called. */
    public boolean takesCommandBytes() {
        return exchange.stream().takesBytes();
    }

    /** Takes the next piece. Takes the reference. */
    public void onCommandBytes(ByteBuf bytes) {
        exchange.stream().take(bytes);
    }

    /** Whether the bytes that come now belong to a file that a server has asked for. */
    public boolean isReceivingFile() {
        return exchange.file().isOpen();
    }

    /** Takes from the buffer what can be taken of the file now; false if that is nothing. */
    public boolean onFileBytes(ByteBuf in) {
        return exchange.file().take(in);
    }

    /** The command's last piece has been given; it was made of so many packets. */
    public void onLargeCommandEnd(int packets) {
        LargeText text = exchange.stream().takeCollected();
        exchange.streamEnded(packets);
        if (text != null) {
            text.release();
            prepare(text.digest(), text.sql(), reader.large(), Unpooled.EMPTY_BUFFER);
        }
    }

    /** A statement that is prepared is kept, however long it is: it is prepared again wherever it runs. */
    private void collect(ByteBuf head) {
        SessionSettings settings = context.settings();
        LargeText text = new LargeText(
                context.texts(),
                settings.preparedBytesMax(),
                settings.preparedTextMax(parts.statements().bytes()));
        int length = head.getUnsignedMediumLE(head.readerIndex()) - 1;
        head.skipBytes(Packets.HEADER_LENGTH + 1);
        if (parts.statements().size() >= settings.preparedStatementsMax()) {
            exchange.stream().discardRest(tooManyPrepared(settings));
        } else if (text.announce(length)) {
            text.add(head);
            exchange.stream().collect(text);
        } else {
            exchange.stream().discardRest(preparedTextsFull());
        }
        head.release();
    }

    private ErrPacket tooManyPrepared(SessionSettings settings) {
        ErrPacket error = ErrorCode.ER_MAX_PREPARED_STMT_COUNT_REACHED.toPacket(settings.preparedStatementsMax());
        context.refused(Limit.PREPARED_STATEMENTS, frontend, error.message());
        return error;
    }

    private ErrPacket preparedTextsFull() {
        ErrPacket error = Failures.preparedTextsFull();
        context.refused(Limit.PREPARED_TEXTS, frontend, error.message());
        return error;
    }

    // ---- the session as a whole ----

    private void resetForClient() {
        BackendConnection asked = SchemaQuestion.whomToAsk(parts);
        if (asked == null) {
            reset();
            frontend.sendOk(local.status());
            return;
        }
        schemaQuestion = SchemaQuestion.ask(parts, asked, new SchemaQuestion.Answer() {
            @Override
            public void schema(@Nullable String schema) {
                schemaQuestion = null;
                parts.state().vector(parts.state().vector().withSchema(schema));
                reset();
                local.active();
                frontend.sendOk(local.status());
                commandFinished();
            }

            @Override
            public void unknown() {
                schemaQuestion = null;
                endWith(1, Failures.schemaUnknown());
            }
        });
    }

    private void reset() {
        parts.insertId().reset();
        for (Slot slot : Slot.ALL) {
            boolean tied = parts.state().tiedTo(slot);
            parts.effects().connectionGone(slot);
            if (tied) {
                parts.leases().releaseWithReset(slot);
            } else {
                parts.leases().release(slot);
            }
        }
        parts.statements().clear();
        parts.lastStatement().reset();
        parts.clientTrackers().reset();
        exchange.settlement().takeLostState();
        exchange.settlement().countPins();
        StateVector vector = parts.state().vector();
        parts.state().vector(defaults.withSchema(vector.schema()).withMultiStatements(vector.multiStatements()));
        idleLimit.follow(parts.state().vector());
        writeLimit.follow(parts.state().vector());
    }

    private void changeUser(ByteBuf packet) {
        userChange.begin(this, packet);
    }

    /** Takes a packet of an authentication exchange. Takes the reference. */
    public void onAuthenticationPacket(ByteBuf packet) {
        userChange.received(packet);
    }

    /** COM_CHANGE_USER succeeded: the session starts anew as another user. */
    public void userChanged(Credential credential, StateVector vector) {
        local.active();
        reset();
        parts.leases().credential(credential);
        parts.state().vector(vector);
        idleLimit.follow(vector);
        writeLimit.follow(vector);
    }

    /** The status flags of an answer that no server gave. */
    int status() {
        return local.status();
    }

    // ---- ended by others ----

    /** KILL QUERY of this session: ends its statement, or says where it has to be ended. */
    SessionControl.Target interrupt() {
        if (closed) {
            return new SessionControl.Target.Nothing();
        }
        if (reader.isReading()) {
            interruptedReading = true;
            return new SessionControl.Target.Ended();
        }
        SessionControl.Target target = exchange.interrupt();
        if (target instanceof SessionControl.Target.OnServer) {
            interruptions++;
        }
        return target;
    }

    /** The server has answered the KILL: it can hit nothing any more. */
    void interruptionOver() {
        interruptions--;
        commandFinished();
    }

    /** Whether the statement that was found on a server still runs there. */
    boolean stillRuns(SessionControl.Target.OnServer found) {
        return !closed && exchange.stillRuns(found);
    }

    /** KILL of this session: the client's connection ends without a word. Says what is left to be ended on a server. */
    SessionControl.Target kill() {
        SessionControl.Target target = new SessionControl.Target.Nothing();
        if (!closed) {
            target = exchange.running() == null ? target : exchange.interrupt();
            close();
        }
        return target;
    }

    /** Ends the session with an error as its last answer. */
    void endWith(int sequenceId, ErrPacket error) {
        frontend.sendAndClose(sequenceId, error);
        release();
    }

    /** The answer that was just given is the last: the connection ends when the client has it. */
    private void endWithAnswer() {
        frontend.closeBehindAnswer();
        release();
        // Drops what the client has sent behind the command.
        resumeInput();
    }

    /** A command has been answered: looks for the next. */
    void commandFinished() {
        if (closed) {
            return;
        }
        idleLimit.follow(parts.state().vector());
        writeLimit.follow(parts.state().vector());
        if (draining) {
            drainNow();
        }
        resumeInput();
    }

    // ---- the client's connection ----

    /** The client's bytes of this turn have been handed over. */
    public void frontendReadComplete() {
        exchange.flushBytes();
    }

    /** So much memory holds what the client has sent and was not handed over yet. */
    public void received(int bytes) {
        frontend.received(bytes);
    }

    /** A command has been answered, late, with no server's answer. */
    void answeredHere() {
        local.active();
    }

    /** The client has sent part of a command. */
    public void receivedPart() {
        local.active();
    }

    /** The client takes bytes again, or no longer does: the backend that feeds it is paused meanwhile. */
    public void frontendWritabilityChanged() {
        boolean writable = frontend.channel().isWritable();
        for (Slot slot : Slot.ALL) {
            BackendConnection held = parts.leases().get(slot);
            if (held != null) {
                held.channel().config().setAutoRead(writable);
            }
        }
        if (writable) {
            resumeInput();
        }
    }

    /** The client broke the protocol: it is told, and the connection ends. */
    public void protocolError(ErrorCode code) {
        long since = context.notices().next(frontend.inetAddress());
        LoggingEventBuilder line = since > 0 ? LOGGER.atWarn().addKeyValue("since", since) : LOGGER.atDebug();
        line.addKeyValue("session", id())
                .addKeyValue("client", frontend.address())
                .log("client closed: {}", code.template());
        frontend.sendAndClose(1, context.inServersWords(code));
        release();
    }

    /** When the last command was answered or part of one came, or the session began. */
    private long activeNanos() {
        long byServers = exchange.answeredNanos();
        long here = local.activeNanos();
        return byServers == 0 || here - byServers > 0 ? here : byServers;
    }

    /** The client was silent for longer than the limit. */
    private void idleTimeout() {
        context.refused(Limit.IDLE_TIMEOUT, frontend, "the client was idle");
        frontend.sendAndClose(0, ErrorCode.ER_CLIENT_INTERACTION_TIMEOUT.toPacket());
        release();
    }

    /** The client has gone. */
    public void frontendClosed() {
        close();
    }

    /** Reading from or writing to the client failed. */
    public void frontendFailed(Throwable cause) {
        if (cause instanceof CompressionException) {
            LOGGER.debug("client {}: {}", frontend.address(), cause.getMessage());
            protocolError(ErrorCode.ER_NET_UNCOMPRESS_ERROR);
            return;
        }
        if (cause instanceof OutOfMemoryError) {
            // Of the memory outside of the heap: without any of the other kind the process ends.
            context.refused(
                    Limit.BUFFERED_BYTES,
                    frontend,
                    "no memory outside of the heap is left (-XX:MaxDirectMemorySize): " + cause.getMessage());
        } else if (cause instanceof java.io.IOException) {
            LOGGER.debug("client {} is gone: {}", frontend.address(), cause.getMessage());
        } else {
            LOGGER.atError().addKeyValue("session", id()).setCause(cause).log("session ended by an internal error");
        }
        close();
    }

    /** Whether this session lives on that loop and has not ended what the level covers. Called on that loop. */
    boolean isUnfinished(EventLoop loop, WriteGate.Level level) {
        return context.loop() == loop && !closed && exchange.isUnfinished(level);
    }

    /** Who has not ended what, for an operator. Called from any thread, for what does not change. */
    String describeUnfinished() {
        return "session " + id() + " of " + frontend.address();
    }

    /** Asks the session to end as soon as no transaction is open. Called from any thread. */
    void drain() {
        context.loop().execute(() -> {
            draining = true;
            drainNow();
        });
    }

    private void drainNow() {
        // A dump of the binary log ends with one of its two ends.
        if (exchange.isDumping() || (isIdle() && !parts.state().inTransaction())) {
            shutDownNow();
        }
    }

    /** Ends the session now. Called from any thread. */
    void shutDown() {
        context.loop().execute(this::shutDownNow);
    }

    private void shutDownNow() {
        endNow(ErrorCode.ER_SERVER_SHUTDOWN.toPacket());
    }

    /** Ends the session with an error that nobody has asked for, if there is a way to tell it. */
    void endNow(ErrPacket error) {
        if (closed) {
            return;
        }
        if (exchange.isAnswering()) {
            frontend.close();
        } else {
            // Sequence id 0 when nothing was asked: the error is not an answer.
            frontend.sendAndClose(exchange.isIdle() ? 0 : 1, error);
        }
        release();
    }

    /** What its client has had it keep on the heap, in bytes, roughly: prepared texts and the values of variables. */
    long heldBytes() {
        return closed ? 0 : parts.statements().bytes() + parts.state().vector().characters();
    }

    private void close() {
        frontend.close();
        release();
    }

    /** Lets go of everything but the client's channel. */
    private void release() {
        if (closed) {
            return;
        }
        closed = true;
        idleLimit.end();
        reader.abandon();
        clientKill.abandon();
        SchemaQuestion asked = schemaQuestion;
        if (asked != null) {
            asked.abandon();
        }
        exchange.abort();
        reset();
        context.registry().remove(this);
        context.metrics().sessionClosed();
    }
}
