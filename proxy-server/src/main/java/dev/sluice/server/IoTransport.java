package dev.sluice.server;

import dev.sluice.server.config.Transport;
import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

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
}
