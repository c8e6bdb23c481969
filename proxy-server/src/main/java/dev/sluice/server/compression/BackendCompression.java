package dev.sluice.server.compression;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;

/**
 * The compressed protocol towards a server, which counts the frames of each command from 0 and refuses any other number. So
 * a command begins a frame, and its packets are told from answers to what the server asked in between by their own numbers.
 * Confined to the session's event loop.
 */
public final class BackendCompression extends CompressedPackets {
    private static final int PACKET_HEADER_LENGTH = 4;

    private final ByteBuf header =
            Unpooled.wrappedBuffer(new byte[PACKET_HEADER_LENGTH]).clear();
    private int payloadLeft;
    private int lastPacketId;
    private int lastArrived;
    private boolean fileBegins;
    private boolean inFile;

    public BackendCompression(CompressionAlgorithm algorithm) {
        super(algorithm);
    }

    /**
     * What is written from now on is the file that the server has just asked for: packets that count on behind its request,
     * also from 255 to 0, as the frames do behind the server's.
     */
    public void fileBegins() {
        fileBegins = true;
        inFile = true;
    }

    /** What is written from now on are commands again. */
    public void fileEnds() {
        inFile = false;
    }

    @Override
    void arrived(int sequenceId) {
        lastArrived = sequenceId;
    }

    @Override
    void collect(ChannelHandlerContext context, ByteBuf plain) {
        if (inFile) {
            collectFile(context, plain);
            return;
        }
        while (plain.isReadable()) {
            if (payloadLeft > 0) {
                int length = Math.min(payloadLeft, plain.readableBytes());
                payloadLeft -= length;
                add(context, plain, length);
                continue;
            }
            header.writeByte(plain.readByte());
            if (header.readableBytes() == PACKET_HEADER_LENGTH) {
                begin(context);
            }
        }
    }

    private void collectFile(ChannelHandlerContext context, ByteBuf plain) {
        if (fileBegins) {
            fileBegins = false;
            send(context);
            nextId(lastArrived + 1);
        }
        add(context, plain, plain.readableBytes());
    }

    /** A packet begins, with a whole header. */
    private void begin(ChannelHandlerContext context) {
        int packetId = header.getUnsignedByte(3);
        boolean goesOn = packetId == (lastPacketId + 1 & 0xFF) && packetId != 0;
        if (!goesOn) {
            send(context);
            nextId(packetId == 0 ? 0 : lastArrived + 1);
        }
        lastPacketId = packetId;
        payloadLeft = header.getUnsignedMediumLE(0);
        add(context, header, PACKET_HEADER_LENGTH);
        header.clear();
    }
}
