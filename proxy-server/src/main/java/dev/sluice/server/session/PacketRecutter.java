package dev.sluice.server.session;

import dev.sluice.protocol.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import java.util.ArrayDeque;

/**
 * Packets a command anew that has become longer than the client made it, while it passes through. Of the command it keeps
 * no more than what it has become longer by. Confined to the session's event loop.
 *
 * <p>A packet may be begun only when its length is known: a full one as soon as that much has been announced, the last one
 * when no more will be.
 */
final class PacketRecutter {
    /** Bytes that have been announced and belong to no packet yet. */
    private long announced;
    /** No packet of the client follows. */
    private boolean last;
    /** Bytes that have come and belong to no packet yet. */
    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();

    private final ByteBufAllocator allocator;
    /** Bytes that the packet which has been begun still needs. */
    private int packetLeft;

    private int packets;
    /** The last packet has been begun. */
    private boolean ended;

    PacketRecutter(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /** The client's next packet has this length, of which so much more has been put in. */
    void packet(int length, int more) {
        announced += length + more;
        last = length < Packets.MAX_PAYLOAD_LENGTH;
    }

    /** Takes payload and gives what can be sent, maybe nothing. Takes the reference, and gives one. */
    ByteBuf payload(ByteBuf bytes) {
        waiting.add(bytes);
        return packed();
    }

    /** What can be sent now. */
    ByteBuf packed() {
        CompositeByteBuf out = allocator.compositeBuffer(Integer.MAX_VALUE);
        while (true) {
            ByteBuf next = waiting.peek();
            if (packetLeft > 0 && next != null) {
                int part = Math.min(packetLeft, next.readableBytes());
                out.addComponent(true, next.readRetainedSlice(part));
                packetLeft -= part;
                if (!next.isReadable()) {
                    waiting.remove().release();
                }
            } else if (packetLeft > 0 || !begins(out)) {
                return out;
            }
        }
    }

    private boolean begins(CompositeByteBuf out) {
        boolean full = announced >= Packets.MAX_PAYLOAD_LENGTH;
        if (ended || !(full || last)) {
            return false;
        }
        int length = (int) Math.min(announced, Packets.MAX_PAYLOAD_LENGTH);
        ended = !full;
        announced -= length;
        packetLeft = length;
        ByteBuf header = allocator.buffer(Packets.HEADER_LENGTH);
        out.addComponent(true, header.writeIntLE(length | (packets << 24)));
        packets++;
        return true;
    }

    /** How many packets it has made. */
    int packets() {
        return packets;
    }

    /** The command is over, whole or not. */
    void release() {
        waiting.forEach(ByteBuf::release);
        waiting.clear();
    }
}
