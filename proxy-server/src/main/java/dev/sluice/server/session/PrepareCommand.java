package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.PendingResponse;
import io.netty.buffer.ByteBuf;
import java.util.function.IntConsumer;

/**
 * A COM_STMT_PREPARE of any length on its way to a server. Of a long one no more than a piece is in the channel at a time,
 * so that many of them take little memory outside of the heap. Confined to the session's event loop.
 */
final class PrepareCommand {
    private static final int PIECE_BYTES = 256 * 1024;

    private final BackendConnection target;
    private final byte[] sql;
    private final PendingResponse response;
    private final IntConsumer whenSent;
    private int sent;
    private int packetLeft;
    private int packets;
    private boolean ended;

    /** @param whenSent told the number of packets when the last has been begun */
    PrepareCommand(BackendConnection target, byte[] sql, PendingResponse response, IntConsumer whenSent) {
        this.target = target;
        this.sql = sql;
        this.response = response;
        this.whenSent = whenSent;
    }

    /** Begins to send it, and sends the rest when the channel has taken that. */
    void send() {
        target.expect(response);
        next();
    }

    /** Whether the server has been sent less than the whole: what it says then is no answer. */
    boolean isUnderWay() {
        return !ended;
    }

    private void next() {
        ByteBuf out = target.channel().alloc().buffer(Math.min(PIECE_BYTES, sql.length - sent + 16));
        while (!ended && out.readableBytes() < PIECE_BYTES) {
            if (packetLeft == 0) {
                beginPacket(out);
            }
            int part = Math.min(packetLeft, PIECE_BYTES);
            out.writeBytes(sql, sent, part);
            sent += part;
            packetLeft -= part;
            ended = packetLeft == 0 && isLastPacket();
        }
        if (ended) {
            target.sendBytes(out);
            whenSent.accept(packets);
            target.commandEnded(response);
        } else {
            var unused = target.channel().writeAndFlush(out).addListener(written -> {
                if (written.isSuccess() && !target.isClosed()) {
                    next();
                    target.flush();
                }
            });
        }
    }

    private void beginPacket(ByteBuf out) {
        boolean first = packets == 0;
        int length = Math.min(Packets.MAX_PAYLOAD_LENGTH, sql.length - sent + (first ? 1 : 0));
        out.writeIntLE(length | (packets << 24));
        if (first) {
            out.writeByte(CommandType.COM_STMT_PREPARE.code());
        }
        packetLeft = length - (first ? 1 : 0);
        packets++;
    }

    /** A full packet is followed by another, which may be empty. */
    private boolean isLastPacket() {
        return sql.length + 1 < (long) packets * Packets.MAX_PAYLOAD_LENGTH;
    }
}
