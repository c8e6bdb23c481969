package dev.sluice.server.backend;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a backend connection as the server sees it: it is told, and only when it has closed its side is the channel
 * closed. A channel closed at once would leave the server with a connection that nobody counts any more. Confined to the
 * session's event loop.
 *
 * <p>An idle server is sent COM_QUIT. One that still works on a command finds the end of the stream behind it; what it
 * answers is thrown away.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive at exceptionCaught or channelInactive
final class LingeringClose extends ChannelInboundHandlerAdapter {
    /** An idle server that does not answer a goodbye in this time is dead or suspended. */
    static final Duration QUIET_MAX = Duration.ofSeconds(1);
    /** A statement whose client is gone may run on for a while. */
    static final Duration BUSY_MAX = Duration.ofSeconds(30);
    /** A server that sends more than this for nobody is stopped by a reset. */
    private static final int DISCARDED_BYTES_MAX = 1 << 20;

    private static final Logger LOGGER = LoggerFactory.getLogger(LingeringClose.class);

    private final int discardedBytesMax;
    private long discarded;

    private LingeringClose(int discardedBytesMax) {
        this.discardedBytesMax = discardedBytesMax;
    }

    /**
     * Says goodbye; {@code quiet} if the server owes no answer. Takes the place of the last handler. The channel's close
     * future tells when it is over.
     */
    static void begin(Channel channel, boolean quiet) {
        begin(channel, quiet, new LingeringClose(DISCARDED_BYTES_MAX));
    }

    /** The end of a stream without end: nothing of what the server still says counts, and it notices nothing but a reset. */
    static void cut(Channel channel) {
        begin(channel, false, new LingeringClose(0));
    }

    private static void begin(Channel channel, boolean quiet, LingeringClose handler) {
        if (!channel.isActive()) {
            channel.close();
            return;
        }
        if (channel.pipeline().last() == null) {
            channel.pipeline().addLast("linger", handler);
        } else {
            channel.pipeline().replace(channel.pipeline().last(), "linger", handler);
        }
        channel.config().setAutoRead(true);
        if (quiet && !hasUnsentBytes(channel)) {
            ByteBuf quit = channel.alloc().buffer(Packets.HEADER_LENGTH + 1);
            quit.writeIntLE(1).writeByte(CommandType.COM_QUIT.code());
            channel.writeAndFlush(quit, channel.voidPromise());
        } else if (channel instanceof DuplexChannel duplex) {
            duplex.shutdownOutput();
        }
        Future<?> deadline = channel.eventLoop()
                .schedule(
                        () -> {
                            channel.close();
                        },
                        (quiet ? QUIET_MAX : BUSY_MAX).toMillis(),
                        TimeUnit.MILLISECONDS);
        channel.closeFuture().addListener(closed -> deadline.cancel(false));
    }

    /** Whether a command got stuck half-way: a goodbye behind it would not arrive, and its bytes would be kept for nothing. */
    private static boolean hasUnsentBytes(Channel channel) {
        ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
        return unsent != null && unsent.totalPendingWriteBytes() > 0;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        discarded += message instanceof ByteBuf bytes ? bytes.readableBytes() : 0;
        ReferenceCountUtil.release(message);
        if (discarded > discardedBytesMax) {
            context.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // Bytes that were still to be sent, or a reset. Either way nobody waits for anything but the close.
        LOGGER.debug("while a connection was being closed: {}", cause.getMessage());
    }
}
