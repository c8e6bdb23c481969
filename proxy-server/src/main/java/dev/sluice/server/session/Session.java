package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.response.SessionTrackListener;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.session.CausalityTracker;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.SessionChanges;
import dev.sluice.router.session.SessionRouter;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.Slot;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.session.StatementEffects;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.StatementHandles.Handle;
import dev.sluice.server.frontend.Frontend;
import dev.sluice.server.frontend.TextResultSet;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
    private static final byte[] SHOW_ROUTE = "SHOW SLUICE ROUTE".getBytes(StandardCharsets.US_ASCII);

    /** Commands that are about the server or the session as a whole. */
    private static final Classification COMMAND =
            new Classification(Target.PRIMARY, RouteReason.COMMAND, StatementKind.OTHER, 0, 0, 0);

    /** Where the commands come from. */
    public interface Input {
        /** The session is idle again, or can take more bytes. */
        void resume();
    }

    /**
     * How a session starts. Immutable.
     *
     * @param credential who logged in
     * @param vector the state that the login asked for
     * @param defaults the state of a connection that was reset
     * @param defaultSqlMode the server's sql_mode
     */
    public record Start(Credential credential, StateVector vector, StateVector defaults, String defaultSqlMode) {}

    private final LoopContext context;
    private final Frontend frontend;
    private final SessionParts parts;
    private final Exchange exchange;
    private final StatementReader reader;
    private final UserChange userChange;
    private final StateVector defaults;
    private @Nullable Input input;
    private boolean closed;
    private boolean draining;

    public Session(LoopContext context, Frontend frontend, Start start, UserChange userChange) {
        this.context = context;
        this.frontend = frontend;
        this.defaults = start.defaults();
        this.userChange = userChange;
        SessionState state = new SessionState(start.vector(), start.defaultSqlMode());
        SessionChanges changes = new SessionChanges();
        CausalityTracker causality = new CausalityTracker(context.settings().stickyAfterWrite());
        this.parts = new SessionParts(
                context,
                frontend,
                this::resumeInput,
                state,
                new StatementEffects(state),
                new SessionRouter(
                        context.balancer(),
                        context.pool()::leased,
                        context.settings().readSplitting()),
                causality,
                new Leases(context.pool(), start.credential(), frontend.capabilities()),
                changes,
                new Trackers(changes, causality, context),
                new InsertId(),
                new PreparedStatements(state));
        this.exchange = new Exchange(parts, COMMAND, this::commandFinished);
        this.reader = new StatementReader(context, state);
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
        return !closed && exchange.isIdle() && !reader.isReading() && !userChange.isActive();
    }

    /** Whether the packets that come now belong to an authentication exchange. */
    public boolean isAuthenticating() {
        return userChange.isActive();
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
            case COM_STMT_EXECUTE, COM_STMT_FETCH, COM_STMT_SEND_LONG_DATA, COM_STMT_RESET, COM_STMT_CLOSE ->
                onStatement(type, packet);
            case COM_INIT_DB -> exchange.begin(type, packet, COMMAND, ResponseShape.SIMPLE, null);
            case COM_STATISTICS -> exchange.begin(type, packet, COMMAND, ResponseShape.STATISTICS, null);
            case COM_FIELD_LIST -> exchange.begin(type, packet, COMMAND, ResponseShape.FIELD_LIST, null);
            case COM_CHANGE_USER -> changeUser(packet);
            default -> {
                answerAlone(type, packet);
                packet.release();
            }
        }
    }

    /** The commands that need no backend. */
    private void answerAlone(CommandType type, ByteBuf packet) {
        switch (type) {
            case COM_QUIT -> close();
            case COM_PING -> frontend.sendOk(status());
            case COM_RESET_CONNECTION -> {
                reset();
                frontend.sendOk(status());
            }
            case COM_SET_OPTION -> setOption(packet);
            default -> frontend.sendError(ErrorCode.ER_UNKNOWN_COM_ERROR);
        }
    }

    private int status() {
        int flags = parts.state().autocommitOff() ? 0 : ServerStatus.SERVER_STATUS_AUTOCOMMIT;
        if (parts.state().inTransaction()) {
            flags |= ServerStatus.SERVER_STATUS_IN_TRANS;
        }
        if (parts.state().inReadOnlyTransaction()) {
            flags |= ServerStatus.SERVER_STATUS_IN_TRANS_READONLY;
        }
        return parts.state().lexicalMode().noBackslashEscapes()
                ? flags | ServerStatus.SERVER_STATUS_NO_BACKSLASH_ESCAPES
                : flags;
    }

    private void setOption(ByteBuf packet) {
        int option = packet.readableBytes() == Packets.HEADER_LENGTH + 3
                ? packet.getUnsignedShortLE(packet.readerIndex() + Packets.HEADER_LENGTH + 1)
                : -1;
        if (option != 0 && option != 1) {
            frontend.sendError(ErrorCode.ER_UNKNOWN_COM_ERROR);
            return;
        }
        parts.state().vector(parts.state().vector().withMultiStatements(option == 0));
        frontend.write(TextResultSet.end(frontend.channel().alloc(), frontend.deprecatesEof(), status()));
        frontend.flush();
    }

    private void query(ByteBuf packet) {
        if (isShowRoute(packet)) {
            packet.release();
            showRoute();
            return;
        }
        reader.read(packet, classification -> {
            if (classification.kind() == StatementKind.KILL) {
                // The ids that clients know are Sluice's: sent on, they would end somebody else's connection.
                packet.release();
                frontend.sendError(ErrorCode.ER_NOT_SUPPORTED_YET, "KILL through Sluice");
                resumeInput();
            } else {
                exchange.begin(CommandType.COM_QUERY, packet, classification, ResponseShape.QUERY, null);
            }
        });
    }

    private void prepare(ByteBuf packet) {
        if (parts.statements().size() >= context.settings().preparedStatementsMax()) {
            packet.release();
            frontend.sendError(
                    ErrorCode.ER_MAX_PREPARED_STMT_COUNT_REACHED,
                    context.settings().preparedStatementsMax());
            return;
        }
        byte[] sql = new byte[packet.readableBytes() - Packets.HEADER_LENGTH - 1];
        packet.getBytes(packet.readerIndex() + Packets.HEADER_LENGTH + 1, sql);
        reader.read(packet, classification -> {
            exchange.newStatementId(parts.statements().nextId(sql));
            exchange.begin(CommandType.COM_STMT_PREPARE, packet, classification, ResponseShape.PREPARE, null);
        });
    }

    private void onStatement(CommandType type, ByteBuf packet) {
        PreparedStatement statement = parts.statements().named(packet);
        if (statement == null) {
            unknownStatement(type, packet);
            packet.release();
            return;
        }
        switch (type) {
            case COM_STMT_EXECUTE -> execute(packet, statement);
            case COM_STMT_SEND_LONG_DATA ->
                exchange.begin(type, packet, longData(statement), ResponseShape.SIMPLE, statement);
            case COM_STMT_FETCH -> fetch(packet, statement);
            case COM_STMT_RESET -> resetStatement(packet, statement);
            default -> {
                packet.release();
                closeStatement(statement);
            }
        }
    }

    /** Half-sent parameters stay on the primary, where every transaction can find them. */
    private static Classification longData(PreparedStatement statement) {
        Classification own = statement.classification();
        return new Classification(
                Target.PRIMARY, RouteReason.COMMAND, own.kind(), 0, own.fingerprintHigh(), own.fingerprintLow());
    }

    private void unknownStatement(CommandType type, ByteBuf packet) {
        // Neither has an answer, not even an error.
        if (type != CommandType.COM_STMT_CLOSE && type != CommandType.COM_STMT_SEND_LONG_DATA) {
            int length = packet.readableBytes();
            long id = length < 9 ? 0 : packet.getUnsignedIntLE(packet.readerIndex() + Packets.HEADER_LENGTH + 1);
            frontend.sendError(ErrorCode.ER_UNKNOWN_STMT_HANDLER, id, statementCommand(type));
        }
    }

    private static String statementCommand(CommandType type) {
        return switch (type) {
            case COM_STMT_FETCH -> "mysqld_stmt_fetch";
            case COM_STMT_RESET -> "mysqld_stmt_reset";
            default -> "mysqld_stmt_execute";
        };
    }

    private void execute(ByteBuf packet, PreparedStatement statement) {
        ErrPacket deferred = statement.takeDeferredError();
        if (deferred != null) {
            packet.release();
            frontend.send(1, deferred);
            return;
        }
        if (statement.boundBy() == PinReason.CURSOR) {
            // An execution closes the statement's cursor, wherever it runs now.
            closeHandle(statement);
        }
        exchange.begin(
                CommandType.COM_STMT_EXECUTE, packet, statement.classification(), ResponseShape.QUERY, statement);
    }

    private void fetch(ByteBuf packet, PreparedStatement statement) {
        if (statement.boundBy() != PinReason.CURSOR) {
            packet.release();
            frontend.sendError(ErrorCode.ER_STMT_HAS_NO_OPEN_CURSOR, statement.id());
            return;
        }
        exchange.begin(CommandType.COM_STMT_FETCH, packet, COMMAND, ResponseShape.FETCH, statement);
    }

    private void resetStatement(ByteBuf packet, PreparedStatement statement) {
        if (statement.boundTo() == null) {
            packet.release();
            frontend.sendOk(status());
            return;
        }
        exchange.begin(CommandType.COM_STMT_RESET, packet, COMMAND, ResponseShape.SIMPLE, statement);
    }

    private void closeStatement(PreparedStatement statement) {
        closeHandle(statement);
        parts.statements().remove(statement);
    }

    /** Ends the cursor or the half-sent parameters of a statement by closing it where they are. */
    private void closeHandle(PreparedStatement statement) {
        BackendConnection bound = statement.boundTo();
        Slot slot = statement.boundSlot();
        if (bound == null || slot == null) {
            return;
        }
        Handle handle = bound.statements().find(statement.text());
        if (handle != null) {
            bound.sendBytes(PreparedStatements.close(bound, handle));
            bound.flush();
            bound.statements().remove(statement.text());
        }
        exchange.settlement().unbind(statement);
        if (!parts.state().tiedTo(slot)) {
            parts.leases().release(slot);
        }
    }

    // ---- commands that come in pieces ----

    /** Takes the head of a command that is too large to be kept whole. Takes the reference. */
    public void onLargeCommand(ByteBuf head) {
        CommandType type = CommandType.of(head.getUnsignedByte(head.readerIndex() + Packets.HEADER_LENGTH));
        PreparedStatement statement = parts.statements().named(head);
        exchange.streamBegins();
        if (type == CommandType.COM_QUERY) {
            exchange.begin(type, head, reader.large(), ResponseShape.QUERY, null);
        } else if (type == CommandType.COM_STMT_SEND_LONG_DATA && statement != null) {
            exchange.begin(type, head, longData(statement), ResponseShape.SIMPLE, statement);
        } else if (type == CommandType.COM_STMT_EXECUTE && statement != null) {
            executeLarge(head, statement);
        } else {
            head.release();
            exchange.refuseStream(ErrorCode.ER_NET_PACKET_TOO_LARGE.toPacket());
        }
    }

    private void executeLarge(ByteBuf head, PreparedStatement statement) {
        if (parts.statements().needsTypes(head, statement)) {
            head.release();
            exchange.refuseStream(Failures.typesNotAtHand());
            return;
        }
        exchange.begin(CommandType.COM_STMT_EXECUTE, head, statement.classification(), ResponseShape.QUERY, statement);
    }

    /** Whether {@link #onCommandBytes} may be called. */
    public boolean takesCommandBytes() {
        return exchange.takesBytes();
    }

    /** Takes the next piece. Takes the reference. */
    public void onCommandBytes(ByteBuf bytes) {
        exchange.sendBytes(bytes);
    }

    /** The command's last piece has been given. */
    public void onLargeCommandEnd() {
        exchange.streamEnded();
    }

    // ---- the session as a whole ----

    private void reset() {
        for (Slot slot : Slot.values()) {
            boolean tied = parts.state().tiedTo(slot);
            parts.effects().connectionGone(slot);
            if (tied) {
                parts.leases().releaseWithReset(slot);
            } else {
                parts.leases().release(slot);
            }
        }
        parts.statements().clear();
        parts.insertId().reset();
        StateVector vector = parts.state().vector();
        parts.state().vector(defaults.withSchema(vector.schema()).withMultiStatements(vector.multiStatements()));
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
        reset();
        parts.leases().credential(credential);
        parts.state().vector(vector);
        parts.causality().reset();
    }

    private static boolean isShowRoute(ByteBuf packet) {
        int start = packet.readerIndex() + Packets.HEADER_LENGTH + 1;
        if (packet.writerIndex() - start != SHOW_ROUTE.length) {
            return false;
        }
        for (int i = 0; i < SHOW_ROUTE.length; i++) {
            int upper = packet.getByte(start + i) & (SHOW_ROUTE[i] == ' ' ? 0xFF : 0xDF);
            if (upper != SHOW_ROUTE[i]) {
                return false;
            }
        }
        return true;
    }

    /** Answers where the last statement of this session ran, and why. */
    private void showRoute() {
        Settlement.LastRoute last = exchange.settlement().lastRoute();
        TextResultSet rows = new TextResultSet(List.of("backend", "role", "reason", "pins"));
        if (last != null) {
            var backend = context.topology().find(last.ordinal());
            rows.row(
                    backend == null ? "removed" : backend.address().toString(),
                    context.topology().primaryOrdinal() == last.ordinal() ? "primary" : "replica",
                    last.reason().label(),
                    PinReason.describe(parts.state().pins()));
        }
        frontend.write(rows.encode(frontend.channel().alloc(), frontend.deprecatesEof(), status()));
        frontend.flush();
    }

    private void commandFinished() {
        if (closed) {
            return;
        }
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

    /** The client takes bytes again, or no longer does: the backend that feeds it is paused meanwhile. */
    public void frontendWritabilityChanged() {
        boolean writable = frontend.channel().isWritable();
        for (Slot slot : Slot.values()) {
            BackendConnection held = parts.leases().get(slot);
            if (held != null) {
                held.channel().config().setAutoRead(writable);
            }
        }
    }

    /** The client broke the protocol: it is told, and the connection ends. */
    public void protocolError(ErrorCode code) {
        LOGGER.atWarn()
                .addKeyValue("session", id())
                .addKeyValue("client", frontend.address())
                .log("client closed: {}", code.template());
        frontend.sendAndClose(1, code.toPacket());
        close();
    }

    /** The client was silent for longer than the limit. */
    public void idleTimeout() {
        if (isIdle()) {
            frontend.sendAndClose(0, ErrorCode.ER_CLIENT_INTERACTION_TIMEOUT.toPacket());
            close();
        }
    }

    /** The client has gone. */
    public void frontendClosed() {
        close();
    }

    /** Reading from or writing to the client failed. */
    public void frontendFailed(Throwable cause) {
        if (cause instanceof java.io.IOException) {
            LOGGER.debug("client {} is gone: {}", frontend.address(), cause.getMessage());
        } else {
            LOGGER.atError().addKeyValue("session", id()).setCause(cause).log("session ended by an internal error");
        }
        close();
    }

    /** Asks the session to end as soon as no transaction is open. Called from any thread. */
    void drain() {
        context.loop().execute(() -> {
            draining = true;
            drainNow();
        });
    }

    private void drainNow() {
        if (isIdle() && !parts.state().inTransaction()) {
            shutDownNow();
        }
    }

    /** Ends the session now. Called from any thread. */
    void shutDown() {
        context.loop().execute(this::shutDownNow);
    }

    private void shutDownNow() {
        if (!closed) {
            // Sequence id 0 when nothing was asked: the error is not an answer.
            frontend.sendAndClose(exchange.isIdle() ? 0 : 1, ErrorCode.ER_SERVER_SHUTDOWN.toPacket());
            close();
        }
    }

    private void close() {
        if (closed) {
            return;
        }
        closed = true;
        reader.abandon();
        exchange.abort();
        reset();
        context.registry().remove(this);
        context.metrics().sessionClosed();
        if (frontend.channel().isActive() && !draining) {
            frontend.close();
        }
    }

    /** The part of the trackers that concerns a session. */
    private record Trackers(SessionChanges changes, CausalityTracker causality, LoopContext context)
            implements SessionTrackListener {
        @Override
        public void systemVariable(String name, String value) {
            if (name.equals("last_gtid")) {
                wrote(value, true);
            } else {
                changes.systemVariable(name, value);
            }
        }

        @Override
        public void schema(String name) {
            changes.schema(name);
        }

        @Override
        public void stateChange(boolean changed) {
            if (changed) {
                changes.stateChange();
            }
        }

        @Override
        public void gtids(String gtids) {
            wrote(gtids, false);
        }

        private void wrote(String text, boolean mariaDb) {
            if (context.settings().readYourWrites()) {
                causality.wrote(GtidPosition.parse(mariaDb ? ServerFlavor.MARIADB : ServerFlavor.MYSQL, text));
            }
        }

        @Override
        public void transactionState(String state) {
            changes.transactionState(state);
        }

        @Override
        public void transactionCharacteristics(String statements) {
            changes.transactionCharacteristics(statements);
        }
    }
}
