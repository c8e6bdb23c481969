package dev.sluice.server.session;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.frontend.Frontend;
import io.netty.buffer.ByteBuf;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The rest of a command that is too large to be kept whole: whether it is still to come, whether it is wanted, and where it
 * goes. Confined to the session's event loop.
 */
final class CommandStream {
    private final Frontend frontend;
    private final Supplier<@Nullable BackendConnection> server;
    private boolean open;
    private boolean discarding;
    private @Nullable ErrPacket errorBehind;
    private @Nullable PacketRecutter recutter;
    private @Nullable LargeText text;
    /** Payload bytes of the client's current packet that are still to come, where packets are cut anew. */
    private int packetLeft;

    /** @param server where the command runs now */
    CommandStream(Frontend frontend, Supplier<@Nullable BackendConnection> server) {
        this.frontend = frontend;
        this.server = server;
    }

    void begin() {
        open = true;
    }

    /** Whether pieces are still to come. */
    boolean isOpen() {
        return open;
    }

    /** Whether what comes is thrown away. */
    boolean isDiscarding() {
        return discarding;
    }

    /** Whether bytes can be taken now. */
    boolean takesBytes() {
        BackendConnection target = server.get();
        return discarding || text != null || (target != null && target.channel().isWritable());
    }

    /** Passes on a piece. Takes the reference. */
    void take(ByteBuf bytes) {
        LargeText kept = text;
        if (kept != null) {
            keep(kept, bytes);
            bytes.release();
            return;
        }
        BackendConnection target = server.get();
        if (target == null) {
            bytes.release();
        } else {
            target.sendBytes(recut(bytes));
        }
    }

    /** The pieces are to be kept: the first packet's head is in it. */
    void collect(LargeText into) {
        text = into;
    }

    /** What was kept, when the last piece has come; null if nothing was to be, or there was no room for it. */
    @Nullable
    LargeText takeCollected() {
        LargeText kept = text;
        text = null;
        return kept;
    }

    private void keep(LargeText kept, ByteBuf bytes) {
        if (!kept.isAtHeader()) {
            kept.add(bytes);
        } else if (!kept.announce(bytes.getUnsignedMediumLE(bytes.readerIndex()))) {
            text = null;
            kept.release();
            discardRest(Failures.preparedTextsFull());
        }
    }

    /**
     * More has been put into the head of the command than the client sent: its packets are cut anew from here on. Takes the
     * reference, and gives one to what can be sent by now.
     *
     * @param head the command's beginning with a header that does not count any more
     * @param length what the client's first packet has for payload, in bytes
     * @param more the bytes put in
     */
    ByteBuf recut(ByteBuf head, int length, int more) {
        PacketRecutter cut = new PacketRecutter(head.alloc());
        recutter = cut;
        cut.packet(length, more);
        head.skipBytes(Packets.HEADER_LENGTH);
        packetLeft = length + more - head.readableBytes();
        return cut.payload(head);
    }

    /** Pieces are a header each, or payload of one packet. */
    private ByteBuf recut(ByteBuf bytes) {
        PacketRecutter cut = recutter;
        if (cut == null) {
            return bytes;
        }
        if (packetLeft > 0) {
            packetLeft -= bytes.readableBytes();
            return cut.payload(bytes);
        }
        packetLeft = bytes.getUnsignedMediumLE(bytes.readerIndex());
        bytes.release();
        cut.packet(packetLeft, 0);
        return cut.packed();
    }

    /** The rest, if there is any, is not wanted; {@code error} is the answer behind it, null if the client has one already. */
    void discardRest(@Nullable ErrPacket error) {
        discarding = open;
        errorBehind = open ? error : null;
    }

    private void shiftAnswer(int packets) {
        PacketRecutter cut = recutter;
        recutter = null;
        if (cut == null) {
            return;
        }
        BackendConnection target = server.get();
        if (target != null) {
            target.shiftSequenceIds(packets - cut.packets());
        }
        cut.release();
    }

    /** Nothing more will come: the client has gone. */
    void abandon() {
        LargeText kept = takeCollected();
        if (kept != null) {
            kept.release();
        }
        PacketRecutter cut = recutter;
        recutter = null;
        if (cut != null) {
            cut.release();
        }
    }

    /** The last piece has come, in the last of so many packets; whether it was wanted. */
    boolean end(int packets) {
        ErrPacket error = errorBehind;
        boolean wanted = !discarding;
        open = false;
        discarding = false;
        errorBehind = null;
        shiftAnswer(packets);
        if (error != null) {
            frontend.send(packets & 0xFF, error);
        }
        return wanted;
    }
}
