package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.ConnectionIdQuestion;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.frontend.Frontend;
import dev.sluice.server.frontend.TextResultSet;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** The commands that are answered from what is known of the session, without a server. Confined to the session's event loop. */
final class LocalCommands {
    private final SessionParts parts;
    private final Frontend frontend;
    private long activeNanos;

    LocalCommands(SessionParts parts) {
        this.parts = parts;
        this.frontend = parts.frontend();
        active();
    }

    /** A command has been answered without a backend, or part of one has come. */
    void active() {
        activeNanos = parts.context().nowNanos();
    }

    /** When that was the last time; when the session began if it never was. */
    long activeNanos() {
        return activeNanos;
    }

    /** The status flags of an answer that no server gave. */
    int status() {
        return status(parts.state());
    }

    /** The status flags that a server would say of a session. */
    static int status(SessionState state) {
        int flags = state.autocommitOff() ? 0 : ServerStatus.SERVER_STATUS_AUTOCOMMIT;
        if (state.inTransaction()) {
            flags |= ServerStatus.SERVER_STATUS_IN_TRANS;
        }
        if (state.inReadOnlyTransaction()) {
            flags |= ServerStatus.SERVER_STATUS_IN_TRANS_READONLY;
        }
        return state.lexicalMode().noBackslashEscapes()
                ? flags | ServerStatus.SERVER_STATUS_NO_BACKSLASH_ESCAPES
                : flags;
    }

    /** A command that is not served, with the words of the server that the client takes Sluice for. */
    void refuse(CommandType type) {
        String missing = privilegeFor(type, parts.context().isMariaDb());
        if (missing == null) {
            refuse(ErrorCode.ER_UNKNOWN_COM_ERROR.toPacket());
        } else {
            refuse(ErrorCode.ER_SPECIFIC_ACCESS_DENIED_ERROR.toPacket(missing));
        }
    }

    /** Refuses a command that is no statement. */
    void refuse(ErrPacket error) {
        active();
        parts.lastStatement().commandRefused(error);
        frontend.send(1, error);
    }

    /** Refuses a statement. */
    void refuseStatement(ErrPacket error) {
        active();
        parts.lastStatement().refused(error);
        frontend.send(1, error);
    }

    /** What a server asks for first, or null if it does not know the command. */
    private static @Nullable String privilegeFor(CommandType type, boolean mariaDb) {
        return switch (type) {
            case COM_DEBUG -> "SUPER";
            case COM_SHUTDOWN -> mariaDb ? "SHUTDOWN" : null;
            case COM_CLONE -> mariaDb ? null : "BACKUP_ADMIN";
            // MySQL 8.0 leaves the name out.
            case COM_SUBSCRIBE_GROUP_REPLICATION_STREAM -> mariaDb ? null : "";
            default -> null;
        };
    }

    /** COM_SET_OPTION: the option is part of the state that connections are brought to. */
    void setOption(ByteBuf packet) {
        int option = packet.readableBytes() == Packets.HEADER_LENGTH + 3
                ? packet.getUnsignedShortLE(packet.readerIndex() + Packets.HEADER_LENGTH + 1)
                : -1;
        if (option != 0 && option != 1) {
            refuse(ErrorCode.ER_UNKNOWN_COM_ERROR.toPacket());
            return;
        }
        parts.state().vector(parts.state().vector().withMultiStatements(option == 0));
        parts.lastStatement().optionSet();
        frontend.write(TextResultSet.end(frontend.channel().alloc(), frontend.deprecatesEof(), status()));
        frontend.flush();
    }

    /**
     * Answers a query for nothing but the connection's id with the id that the client was greeted with, since a server would
     * name the connection of the moment. Takes the reference if so.
     */
    boolean answersConnectionId(ByteBuf packet, Classification statement) {
        if (!statement.has(Traits.SESSION_FUNCTION | Traits.SYSTEM_VARIABLE) || hasIdOfItsOwn(parts)) {
            return false;
        }
        int index = packet.readerIndex() + Packets.HEADER_LENGTH + 1;
        ConnectionIdQuestion asked = ConnectionIdQuestion.read(
                packet, index, packet.writerIndex() - index, parts.state().lexicalMode());
        if (asked == null) {
            return false;
        }
        packet.release();
        active();
        parts.lastStatement().selectedOne();
        TextResultSet answer = TextResultSet.ofNumber(
                asked.column(),
                asked.variable() || !parts.context().isMariaDb(),
                asked.variable(),
                frontend.connectionId());
        frontend.write(answer.encode(frontend.channel().alloc(), frontend.deprecatesEof(), status()));
        frontend.flush();
        parts.input().resume();
        return true;
    }

    /** Whether the session may have set pseudo_thread_id. */
    static boolean hasIdOfItsOwn(SessionParts parts) {
        int pins = parts.state().pins(Slot.PRIMARY) | parts.state().pins(Slot.REPLICA);
        return (pins & PinReason.NON_REPLAYABLE_VARIABLE.bit()) != 0;
    }

    /** SHOW SLUICE ROUTE: where the last statement of this session ran, and why. */
    void showRoute(Settlement.@Nullable LastRoute last) {
        active();
        frontend.write(
                RouteReport.of(last, parts.context().topology(), parts.state().pins())
                        .encode(frontend.channel().alloc(), frontend.deprecatesEof(), status()));
        frontend.flush();
    }
}
