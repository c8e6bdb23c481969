package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Classification;
import dev.sluice.server.backend.BackendConnection;
import io.netty.buffer.ByteBuf;

/**
 * The commands about prepared statements: EXECUTE, FETCH, SEND_LONG_DATA, RESET and CLOSE. Confined to the session's event
 * loop.
 */
final class StatementCommands {
    private final SessionParts parts;
    private final Exchange exchange;
    private final StatementReader reader;
    private final LocalCommands local;

    /** @param local gives the answers that no server gives */
    StatementCommands(SessionParts parts, Exchange exchange, StatementReader reader, LocalCommands local) {
        this.parts = parts;
        this.exchange = exchange;
        this.reader = reader;
        this.local = local;
    }

    /** Takes a command that names a prepared statement. Takes the reference. */
    void take(CommandType type, ByteBuf packet) {
        PreparedStatement statement = parts.statements().named(packet);
        if (statement == null) {
            unknownStatement(type, packet);
            packet.release();
            return;
        }
        switch (type) {
            case COM_STMT_EXECUTE -> execute(packet, statement);
            case COM_STMT_SEND_LONG_DATA ->
                exchange.begin(type, longData(statement), ResponseShape.SIMPLE, statement, packet);
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
            local.refuse(ErrorCode.ER_UNKNOWN_STMT_HANDLER.toPacket(id, statementCommand(type)));
        }
    }

    /** The name that the server gives to where it misses the statement. */
    private String statementCommand(CommandType type) {
        if (!parts.context().pool().isMariaDb(parts.context().topology().lastPrimaryOrdinal())) {
            return "mysql_stmt_precheck";
        }
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
            local.refuse(deferred);
            return;
        }
        if (statement.boundBy() == PinReason.CURSOR) {
            // An execution closes the statement's cursor, wherever it runs now.
            closeHandle(statement);
        }
        reader.readAgain(statement);
        exchange.begin(CommandType.COM_STMT_EXECUTE, statement.executed(), ResponseShape.QUERY, statement, packet);
    }

    private void fetch(ByteBuf packet, PreparedStatement statement) {
        if (statement.boundBy() != PinReason.CURSOR) {
            packet.release();
            ErrPacket lost = exchange.settlement().takeLostState();
            local.refuse(
                    lost != null
                            ? lost
                            : parts.context().inServersWords(ErrorCode.ER_STMT_HAS_NO_OPEN_CURSOR, statement.id()));
            return;
        }
        exchange.begin(CommandType.COM_STMT_FETCH, Session.COMMAND, ResponseShape.FETCH, statement, packet);
    }

    /** Answered here: the server of a cursor may know nothing of the transaction that is open on another. */
    private void resetStatement(ByteBuf packet, PreparedStatement statement) {
        packet.release();
        closeHandle(statement);
        ErrPacket unused = statement.takeDeferredError();
        parts.lastStatement().commandAnswered();
        parts.frontend().sendOk(local.status());
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
        bound.closeStatement(statement.text());
        exchange.settlement().bindings().unbind(statement);
        if (!parts.state().tiedTo(slot)) {
            parts.leases().release(slot);
        }
    }

    /** Takes the head of a command that comes in pieces; false, with the reference left to the caller, if it cannot. */
    boolean takeLarge(CommandType type, ByteBuf head) {
        PreparedStatement statement = parts.statements().named(head);
        if (statement == null) {
            return false;
        }
        if (type == CommandType.COM_STMT_SEND_LONG_DATA) {
            exchange.begin(type, longData(statement), ResponseShape.SIMPLE, statement, head);
            return true;
        }
        if (type == CommandType.COM_STMT_EXECUTE) {
            executeLarge(head, statement);
            return true;
        }
        return false;
    }

    private void executeLarge(ByteBuf head, PreparedStatement statement) {
        ErrPacket deferred = statement.takeDeferredError();
        if (deferred != null) {
            head.release();
            exchange.stream().discardRest(deferred);
            return;
        }
        if (statement.boundBy() == PinReason.CURSOR) {
            closeHandle(statement);
        }
        reader.readAgain(statement);
        exchange.begin(CommandType.COM_STMT_EXECUTE, statement.executed(), ResponseShape.QUERY, statement, head);
    }
}
