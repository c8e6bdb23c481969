package dev.sluice.server.session;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.server.frontend.Frontend;
import dev.sluice.server.frontend.TextResultSet;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** The commands that are answered from what is known of the session, without a server. Confined to the session's event loop. */
final class LocalCommands {
    private final SessionParts parts;
    private final Frontend frontend;

    LocalCommands(SessionParts parts) {
        this.parts = parts;
        this.frontend = parts.frontend();
    }

    /** The status flags of an answer that no server gave. */
    int status() {
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

    /** COM_SET_OPTION: the option is part of the state that connections are brought to. */
    void setOption(ByteBuf packet) {
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

    /** SHOW SLUICE ROUTE: where the last statement of this session ran, and why. */
    void showRoute(Settlement.@Nullable LastRoute last) {
        frontend.write(
                RouteReport.of(last, parts.context().topology(), parts.state().pins())
                        .encode(frontend.channel().alloc(), frontend.deprecatesEof(), status()));
        frontend.flush();
    }
}
