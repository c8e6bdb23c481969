package dev.sluice.server.frontend;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packets;
import dev.sluice.server.session.Session;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * The command phase of a client connection: finds the commands in the stream and hands them to the {@link Session} one at
 * a time. Confined to the session's event loop.
 *
 * <p>A command that fits into {@code wholeBytesMax} is handed over whole. A longer one is streamed: its head first, then
 * every chunk as it arrives, however many packets of 16 MiB it is made of. What arrives while a command runs waits here;
 * reading stops when that is more than a little, so a client that pipelines is held back by TCP. A file that a server has
 * asked the client for is streamed in the same way.
 */
public final class FrontendCommandHandler extends ChannelInboundHandlerAdapter implements Session.Input {
    /** Bytes that may wait behind a running command before reading stops. */
    private static final int AHEAD_BYTES_MAX = 64 * 1024;
    /** So much of a streamed command is handed over first: the head of a COM_STMT_EXECUTE with the most parameters fits. */
    private static final int HEAD_BYTES = 144 * 1024;

    private final Session session;
    private final int wholeBytesMax;
    private final int packetBytesMax;
    private @Nullable ByteBuf pending;
    private @Nullable ChannelHandlerContext context;
    /** Payload bytes of the streamed command's current packet that are still to come; -1 when none is streamed. */
    private int streamLeft = -1;

    private boolean streamContinues;
    private int streamPackets;
    private boolean processing;
    private boolean paused;

    /**
     * @param wholeBytesMax the longest command, in payload bytes, that is kept in memory as a whole
     */
    public FrontendCommandHandler(Session session, int wholeBytesMax) {
        this.session = session;
        this.wholeBytesMax = wholeBytesMax;
        this.packetBytesMax = Packets.HEADER_LENGTH + wholeBytesMax;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        session.attach(this);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
        dropPending();
    }

    private void dropPending() {
        ByteBuf rest = pending;
        pending = null;
        if (rest != null) {
            rest.release();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        ByteBuf kept = pending;
        if (kept == null) {
            pending = bytes;
        } else {
            // Slices of a shared buffer may still be on their way to a backend: its bytes must not move.
            if (kept.refCnt() == 1) {
                kept.discardSomeReadBytes();
                kept.writeBytes(bytes);
            } else {
                ByteBuf merged = ctx.alloc().buffer(kept.readableBytes() + bytes.readableBytes());
                merged.writeBytes(kept).writeBytes(bytes);
                kept.release();
                pending = merged;
            }
            bytes.release();
        }
        process();
    }

    /** Hands over as much as can be handed over. Not re-entered: a command that ends at once comes back through the loop. */
    private void process() {
        if (processing) {
            return;
        }
        processing = true;
        try {
            while (pending != null && step()) {
                if (pending != null && !pending.isReadable()) {
                    dropPending();
                }
            }
        } finally {
            processing = false;
        }
        adjustReading();
    }

    /** Does one thing; false when nothing more can be done with what is here. */
    private boolean step() {
        ByteBuf in = pending;
        if (in == null || session.isClosed()) {
            dropPending();
            return false;
        }
        if (streamLeft >= 0) {
            return stream(in);
        }
        if (session.isReceivingFile()) {
            return session.onFileBytes(in);
        }
        boolean authenticating = session.takesAuthenticationPacket();
        if (!authenticating && !channelTakesAnswers()) {
            return false;
        }
        if ((!session.isIdle() && !authenticating) || in.readableBytes() < Packets.HEADER_LENGTH) {
            return false;
        }
        int length = in.getUnsignedMediumLE(in.readerIndex());
        if (authenticating) {
            return authenticate(in, length);
        }
        if (in.getUnsignedByte(in.readerIndex() + 3) != 0) {
            session.protocolError(ErrorCode.ER_NET_PACKETS_OUT_OF_ORDER);
            return false;
        }
        if (length == 0) {
            session.protocolError(ErrorCode.ER_MALFORMED_PACKET);
            return false;
        }
        if (length > wholeBytesMax) {
            return beginStream(in, length);
        }
        int whole = Packets.HEADER_LENGTH + length;
        if (in.readableBytes() < whole) {
            return false;
        }
        session.onCommand(takeWhole(in, whole));
        return true;
    }

    /** A client that does not read its answers gets no more of them. */
    private boolean channelTakesAnswers() {
        ChannelHandlerContext ctx = context;
        return ctx != null && ctx.channel().isWritable();
    }

    private boolean authenticate(ByteBuf in, int length) {
        int whole = Packets.HEADER_LENGTH + length;
        if (length > AHEAD_BYTES_MAX) {
            session.protocolError(ErrorCode.ER_MALFORMED_PACKET);
            return false;
        }
        if (in.readableBytes() < whole) {
            return false;
        }
        session.onAuthenticationPacket(takeWhole(in, whole));
        return true;
    }

    private ByteBuf takeWhole(ByteBuf in, int whole) {
        if (in.readableBytes() == whole) {
            pending = null;
            return in;
        }
        // A copy: the rest of the buffer must stay writable for what arrives next.
        ByteBuf packet = in.alloc().buffer(whole);
        packet.writeBytes(in, whole);
        return packet;
    }

    private boolean beginStream(ByteBuf in, int length) {
        // Enough to tell the command, the verb, and the types of all parameters.
        if (in.readableBytes() < Math.min(Packets.HEADER_LENGTH + length, HEAD_BYTES)) {
            return false;
        }
        streamLeft = length;
        streamPackets = 1;
        streamContinues = length == Packets.MAX_PAYLOAD_LENGTH;
        int head = Math.min(in.readableBytes(), Packets.HEADER_LENGTH + length);
        streamLeft -= head - Packets.HEADER_LENGTH;
        ByteBuf bytes = in.alloc().buffer(head);
        bytes.writeBytes(in, head);
        session.onLargeCommand(bytes);
        endStreamIfWhole();
        return true;
    }

    private boolean stream(ByteBuf in) {
        if (!session.takesCommandBytes()) {
            return false;
        }
        if (streamLeft == 0) {
            if (in.readableBytes() < Packets.HEADER_LENGTH) {
                return false;
            }
            streamLeft = in.getUnsignedMediumLE(in.readerIndex());
            streamPackets++;
            streamContinues = streamLeft == Packets.MAX_PAYLOAD_LENGTH;
            session.onCommandBytes(in.readRetainedSlice(Packets.HEADER_LENGTH));
            // The last packet of a command may be empty.
            endStreamIfWhole();
            return true;
        }
        int part = Math.min(streamLeft, in.readableBytes());
        if (part == 0) {
            return false;
        }
        streamLeft -= part;
        session.onCommandBytes(in.readRetainedSlice(part));
        endStreamIfWhole();
        return true;
    }

    private void endStreamIfWhole() {
        if (streamLeft == 0 && !streamContinues) {
            streamLeft = -1;
            session.onLargeCommandEnd(streamPackets);
        }
    }

    /** Stops reading while more waits than a small command, and starts again when it has gone. */
    private void adjustReading() {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            return;
        }
        ByteBuf waiting = pending;
        if (waiting != null && session.isIdle()) {
            session.receivedPart();
        }
        session.received(waiting == null || waiting.capacity() <= AHEAD_BYTES_MAX ? 0 : waiting.capacity());
        int limit = streamLeft >= 0 || !session.isIdle() ? AHEAD_BYTES_MAX : Math.max(packetBytesMax, HEAD_BYTES);
        boolean pause = waiting != null && waiting.readableBytes() >= limit;
        if (pause != paused) {
            paused = pause;
            ctx.channel().config().setAutoRead(!pause);
        }
    }

    @Override
    public void resume() {
        process();
        session.frontendReadComplete();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        session.frontendReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        session.frontendWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        dropPending();
        session.frontendClosed();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        session.frontendFailed(cause);
    }
}
