package dev.sluice.server;

import dev.sluice.server.config.Transport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * The classes of one way to talk to the operating system's sockets. Immutable.
 *
 * @param name as logs and metrics show it
 * @param handlers what event loops do their work with
 * @param socket connections
 * @param serverSocket what accepts connections
 */
public record IoTransport(
        String name,
        IoHandlerFactory handlers,
        Class<? extends Channel> socket,
        Class<? extends ServerChannel> serverSocket) {
    static final int KEEP_IDLE_SECONDS = 30;
    static final int KEEP_INTERVAL_SECONDS = 10;
    static final int KEEP_PROBES = 3;

    /** The transport of a configuration; throws when one is demanded that cannot be had. */
    public static IoTransport of(Transport wanted) {
        return switch (wanted) {
            case AUTO -> Epoll.isAvailable() ? epoll() : nio();
            case EPOLL -> {
                require("epoll", Epoll.unavailabilityCause());
                yield epoll();
            }
            case IO_URING -> {
                require("io-uring", IoUring.unavailabilityCause());
                yield ioUring();
            }
            case NIO -> nio();
        };
    }

    private static void require(String name, @Nullable Throwable unavailable) {
        if (unavailable != null) {
            throw new IllegalStateException("transport: " + name + " is not available here: " + unavailable.getMessage()
                    + "; use transport: auto");
        }
    }

    private static IoTransport epoll() {
        return new IoTransport(
                "epoll", EpollIoHandler.newFactory(), EpollSocketChannel.class, EpollServerSocketChannel.class);
    }

    private static IoTransport ioUring() {
        return new IoTransport(
                "io_uring",
                IoUringIoHandler.newFactory(),
                IoUringSocketChannel.class,
                IoUringServerSocketChannel.class);
    }

    private static IoTransport nio() {
        return new IoTransport("nio", NioIoHandler.newFactory(), NioSocketChannel.class, NioServerSocketChannel.class);
    }

    /**
     * How soon the kernel notices that the other end of a silent connection is gone: it asks after 30 s, and three times
     * within another 30 s. A server that is busy with a statement answers that without knowing. How long sent bytes may
     * stay unacknowledged is left as it is: that limit would also cut a server off that reads nothing while it waits for a
     * lock.
     */
    Map<ChannelOption<Integer>, Integer> keepAlive() {
        if (socket == EpollSocketChannel.class) {
            return Map.of(
                    EpollChannelOption.TCP_KEEPIDLE, KEEP_IDLE_SECONDS,
                    EpollChannelOption.TCP_KEEPINTVL, KEEP_INTERVAL_SECONDS,
                    EpollChannelOption.TCP_KEEPCNT, KEEP_PROBES);
        }
        if (socket == IoUringSocketChannel.class) {
            return Map.of(
                    IoUringChannelOption.TCP_KEEPIDLE, KEEP_IDLE_SECONDS,
                    IoUringChannelOption.TCP_KEEPINTVL, KEEP_INTERVAL_SECONDS,
                    IoUringChannelOption.TCP_KEEPCNT, KEEP_PROBES);
        }
        return Map.of(
                NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), KEEP_IDLE_SECONDS,
                NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), KEEP_INTERVAL_SECONDS,
                NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), KEEP_PROBES);
    }
}
