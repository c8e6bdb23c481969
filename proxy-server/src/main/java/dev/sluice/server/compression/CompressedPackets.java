package dev.sluice.server.compression;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.ByteToMessageDecoder;
import org.jspecify.annotations.Nullable;

/**
 * Takes the compressed protocol off what arrives and puts it on what is sent: outside are frames of a header of seven bytes
 * and a payload, inside is the plain stream of packets, which frames cut anywhere. What is written is collected until the
 * flush. Confined to the session's event loop.
 *
 * <p>Memory is bounded by one frame each way: 16 MiB of what arrives and as much of its plain form, and a small part of
 * that of what is sent. While nobody reads from the channel, what has arrived stays compressed.
 *
 * @see <a href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_compression.html">Compression</a>
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive at exceptionCaught or channelInactive
abstract class CompressedPackets extends ChannelDuplexHandler {
    static final int HEADER_LENGTH = 7;
    /** Plain bytes in one frame that is sent. */
    static final int FRAME_BYTES = 32 * 1024;
    /** Less is sent as it is, as servers and clients do. */
    static final int COMPRESSED_MIN = 50;

    private final FrameCodec codec;
    private @Nullable ByteBuf received;
    private @Nullable ByteBuf batch;
    /** Bytes of a frame that is not compressed which are still to come. */
    private int plainLeft;

    private int nextId;
    private boolean passing;
    /** Whether something may be here that nobody wanted to read. */
    private boolean held;

    private boolean broken;

    CompressedPackets(CompressionAlgorithm algorithm) {
        this.codec = algorithm.newCodec();
    }

    /** The sequence id of the next frame that is sent. */
    final void nextId(int id) {
        nextId = id & 0xFF;
    }

    /** A frame with this sequence id has arrived. */
    abstract void arrived(int sequenceId);

    /** Collects plain bytes for the next frames; the reference stays with the caller. */
    abstract void collect(ChannelHandlerContext context, ByteBuf plain);

    // ---- what arrives ----

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (broken) {
            bytes.release();
            return;
        }
        ByteBuf kept = received;
        received = kept == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context.alloc(), kept, bytes);
        pass(context);
    }

    /** Whoever stopped reading goes on: what has arrived meanwhile comes first. */
    @Override
    public void read(ChannelHandlerContext context) {
        if (held && !passing) {
            held = false;
            context.executor().execute(() -> {
                if (pass(context)) {
                    context.fireChannelReadComplete();
                }
            });
        }
        context.read();
    }

    private boolean pass(ChannelHandlerContext context) {
        if (passing || broken) {
            return false;
        }
        passing = true;
        boolean any = false;
        try {
            while (true) {
                held = !isWanted(context.channel());
                ByteBuf plain = held ? null : next(context);
                if (plain == null) {
                    break;
                }
                any = true;
                context.fireChannelRead(plain);
            }
        } catch (CompressionException e) {
            broken = true;
            context.fireExceptionCaught(e);
        } finally {
            passing = false;
        }
        return any;
    }

    private static boolean isWanted(Channel channel) {
        return channel.config().isAutoRead();
    }

    /** The plain bytes of the next frame, or of a part of it; null if they have not arrived. */
    private @Nullable ByteBuf next(ChannelHandlerContext context) {
        ByteBuf in = received;
        if (in == null) {
            return null;
        }
        try {
            return plainLeft > 0 ? piece(context, in) : frame(context, in);
        } finally {
            if (!in.isReadable()) {
                received = null;
                in.release();
            }
        }
    }

    /** A copy: whoever collects what is passed on appends to it. */
    private @Nullable ByteBuf piece(ChannelHandlerContext context, ByteBuf in) {
        int length = Math.min(plainLeft, in.readableBytes());
        plainLeft -= length;
        return length == 0 ? null : context.alloc().buffer(length).writeBytes(in, length);
    }

    private @Nullable ByteBuf frame(ChannelHandlerContext context, ByteBuf in) {
        if (in.readableBytes() < HEADER_LENGTH) {
            return null;
        }
        int head = in.readerIndex();
        int length = in.getUnsignedMediumLE(head);
        int plainLength = in.getUnsignedMediumLE(head + 4);
        if (length == 0) {
            throw new CompressionException("an empty compressed packet");
        }
        if (plainLength != 0 && in.readableBytes() < HEADER_LENGTH + length) {
            return null;
        }
        arrived(in.getUnsignedByte(head + 3));
        in.skipBytes(HEADER_LENGTH);
        if (plainLength == 0) {
            plainLeft = length;
            return piece(context, in);
        }
        ByteBuf plain = context.alloc().directBuffer(plainLength);
        boolean whole = false;
        try {
            codec.decompress(in.slice(in.readerIndex(), length), plainLength, plain);
            whole = true;
        } finally {
            if (!whole) {
                plain.release();
            }
        }
        in.skipBytes(length);
        return plain;
    }

    // ---- what is sent ----

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            collect(context, bytes);
        } finally {
            bytes.release();
        }
        if (!promise.isVoid()) {
            // Whoever waits for these bytes waits for the frames with them.
            send(context);
            context.write(Unpooled.EMPTY_BUFFER, promise);
        }
    }

    /** Adds to the next frame, which is sent when it is full. */
    final void add(ChannelHandlerContext context, ByteBuf from, int length) {
        int left = length;
        while (left > 0) {
            ByteBuf open = batch;
            if (open == null) {
                open = context.alloc().directBuffer(Math.min(left, FRAME_BYTES), FRAME_BYTES);
                batch = open;
            }
            int fitting = Math.min(left, FRAME_BYTES - open.readableBytes());
            open.writeBytes(from, fitting);
            left -= fitting;
            if (open.readableBytes() == FRAME_BYTES) {
                send(context);
            }
        }
    }

    /** Sends what was collected as one frame, without a flush. */
    final void send(ChannelHandlerContext context) {
        ByteBuf plain = batch;
        if (plain == null) {
            return;
        }
        batch = null;
        int plainLength = plain.readableBytes();
        ByteBuf frame = context.alloc().directBuffer(HEADER_LENGTH + plainLength);
        frame.writeZero(HEADER_LENGTH);
        try {
            if (plainLength >= COMPRESSED_MIN) {
                codec.compress(plain, frame);
            }
            boolean smaller = plainLength >= COMPRESSED_MIN && frame.readableBytes() - HEADER_LENGTH < plainLength;
            if (!smaller) {
                frame.writerIndex(HEADER_LENGTH).writeBytes(plain);
            }
            frame.setMediumLE(0, frame.readableBytes() - HEADER_LENGTH)
                    .setByte(3, nextId)
                    .setMediumLE(4, smaller ? plainLength : 0);
        } finally {
            plain.release();
        }
        nextId(nextId + 1);
        context.write(frame, context.voidPromise());
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        send(context);
        context.flush();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        codec.close();
        if (received != null) {
            received.release();
            received = null;
        }
        if (batch != null) {
            batch.release();
            batch = null;
        }
    }
}
