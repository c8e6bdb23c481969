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
 * <p>A frame of zlib is taken apart as it arrives, in pieces; one of zstd, of 16 MiB at most, when it is there as a whole.
 * What fits into one piece is passed on only when its frame has proved to be right. While nobody reads from the channel, what
 * has arrived stays compressed.
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
    /** Plain bytes that are passed on at a time. */
    static final int PIECE_BYTES = 64 * 1024;

    private static final int ANNOUNCED = -1;

    private final FrameCodec codec;
    private @Nullable ByteBuf received;
    private @Nullable ByteBuf batch;
    /** Bytes of a frame that is not compressed which are still to come. */
    private int plainLeft;
    /** Bytes of a compressed frame that have not been decompressed yet. */
    private int compressedLeft;
    /** The plain bytes that they must still give. */
    private int plainExpected;

    private int frameId = ANNOUNCED;
    /** What has been decompressed and not passed on; has room for more. */
    private @Nullable ByteBuf piece;

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
            // What is said of it has the number behind that of the frame.
            announce();
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
            if (plainLeft == 0 && compressedLeft == 0 && !begins(in)) {
                return null;
            }
            return plainLeft > 0 ? asItIs(context, in) : decompressed(context, in);
        } finally {
            if (!in.isReadable()) {
                received = null;
                in.release();
            }
        }
    }

    /** A copy: whoever collects what is passed on appends to it. */
    private @Nullable ByteBuf asItIs(ChannelHandlerContext context, ByteBuf in) {
        int length = Math.min(plainLeft, in.readableBytes());
        plainLeft -= length;
        return length == 0 ? null : context.alloc().buffer(length).writeBytes(in, length);
    }

    /** Reads the header of a frame; false if it has not arrived. */
    private boolean begins(ByteBuf in) {
        if (in.readableBytes() < HEADER_LENGTH) {
            return false;
        }
        int length = in.readUnsignedMediumLE();
        frameId = in.readUnsignedByte();
        int plainLength = in.readUnsignedMediumLE();
        if (length == 0) {
            throw new CompressionException("an empty compressed packet");
        }
        if (plainLength == 0) {
            arrived(frameId);
            plainLeft = length;
        } else {
            compressedLeft = length;
            plainExpected = plainLength;
            codec.begin();
        }
        return true;
    }

    /** The next piece of the frame that has begun; null if not enough of it has arrived. */
    private @Nullable ByteBuf decompressed(ChannelHandlerContext context, ByteBuf in) {
        while (in.readableBytes() >= codec.neededOf(compressedLeft)) {
            ByteBuf out = openPiece(context);
            int written = out.writerIndex();
            ByteBuf source = in.slice(in.readerIndex(), Math.min(compressedLeft, in.readableBytes()));
            codec.decompress(source, out);
            int read = source.readerIndex();
            in.skipBytes(read);
            compressedLeft -= read;
            plainExpected -= out.writerIndex() - written;
            boolean stuck = read == 0 && out.writerIndex() == written;
            if (stuck || plainExpected < 0 || (compressedLeft == 0 && plainExpected > 0)) {
                throw new CompressionException("a compressed packet that is not as long as it tells");
            }
            if (compressedLeft == 0 || !out.isWritable()) {
                piece = null;
                announce();
                return out;
            }
        }
        return null;
    }

    /** With room for a byte that must not come: what is behind the data is read only where there is some. */
    private ByteBuf openPiece(ChannelHandlerContext context) {
        ByteBuf open = piece;
        if (open == null) {
            boolean atOnce = codec.neededOf(compressedLeft) == compressedLeft;
            int size = 1 + (atOnce ? plainExpected : Math.min(plainExpected, PIECE_BYTES));
            open = context.alloc().directBuffer(size);
            piece = open;
        }
        return open;
    }

    private void announce() {
        if (frameId != ANNOUNCED) {
            arrived(frameId);
            frameId = ANNOUNCED;
        }
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
        if (piece != null) {
            piece.release();
            piece = null;
        }
        if (batch != null) {
            batch.release();
            batch = null;
        }
    }
}
