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
import java.util.Map;
import jdk.net.ExtendedSocketOptions;

/**
 * The classes of one way to talk to the operating system's sockets. Immutable.
 *
 * @param name as logs and metrics show it
 */
record IoTransport(
        String name,
        IoHandlerFactory handlers,
        Class<? extends Channel> socket,
        Class<? extends ServerChannel> serverSocket) {
    static final int KEEP_IDLE_SECONDS = 30;
    static final int KEEP_INTERVAL_SECONDS = 10;
    static final int KEEP_PROBES = 3;

    /** The transport of a configuration; throws when epoll is demanded and cannot be had. */
    static IoTransport of(Transport wanted) {
        if (wanted == Transport.EPOLL && !Epoll.isAvailable()) {
            throw new IllegalStateException("transport: epoll is not available here: "
                    + Epoll.unavailabilityCause().getMessage() + "; use transport: auto");
        }
        return wanted != Transport.NIO && Epoll.isAvailable()
                ? new IoTransport(
                        "epoll", EpollIoHandler.newFactory(), EpollSocketChannel.class, EpollServerSocketChannel.class)
                : new IoTransport(
                        "nio", NioIoHandler.newFactory(), NioSocketChannel.class, NioServerSocketChannel.class);
    }

    /**
     * How soon the kernel notices that the other end of a silent connection is gone: it asks after 30 s, and three times
     * within another 30 s. A server that is busy with a statement answers that without knowing. How long sent bytes may
     * stay unacknowledged is left as it is: that limit would also cut a server off that reads nothing while it waits for a
     * lock.
     */
    Map<ChannelOption<Integer>, Integer> keepAlive() {
        return socket == EpollSocketChannel.class
                ? Map.of(
                        EpollChannelOption.TCP_KEEPIDLE, KEEP_IDLE_SECONDS,
                        EpollChannelOption.TCP_KEEPINTVL, KEEP_INTERVAL_SECONDS,
                        EpollChannelOption.TCP_KEEPCNT, KEEP_PROBES)
                : Map.of(
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), KEEP_IDLE_SECONDS,
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), KEEP_INTERVAL_SECONDS,
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), KEEP_PROBES);
    }
}
