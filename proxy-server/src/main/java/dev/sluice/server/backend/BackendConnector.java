package dev.sluice.server.backend;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.backend.BackendFailure.Kind;
import dev.sluice.server.compression.CompressionAlgorithm;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Opens and authenticates backend connections on a given event loop. Thread-safe: it has no state of its own. */
public final class BackendConnector implements BackendOpener {
    private final Sockets sockets;
    private final Supplier<BackendTransportSecurity> security;
    private final Opening opening;
    private final Duration connectTimeout;
    private final LongSupplier nanoClock;

    /**
     * How channels to backends are made. Immutable.
     *
     * @param type the socket channel of the transport in use
     * @param waterMark how much may wait to be sent before the client is paused
     * @param keepAlive when the kernel looks after a silent connection
     */
    public record Sockets(
            Class<? extends Channel> type,
            WriteBufferWaterMark waterMark,
            Map<ChannelOption<Integer>, Integer> keepAlive) {
        /** Copies the map. */
        public Sockets {
            keepAlive = Map.copyOf(keepAlive);
        }
    }

    /**
     * What connections begin with. Immutable.
     *
     * @param compression what is compressed with where the server offers it; null for nothing
     * @param announcements how servers are told whom a connection is for; null if they are not
     */
    public record Opening(
            @Nullable CompressionAlgorithm compression,
            @Nullable ClientAnnouncements announcements) {}

    /**
     * @param sockets how channels are made
     * @param security whether and how TLS is spoken to a backend that is connected to now
     * @param opening what connections begin with
     * @param connectTimeout for TCP, TLS and login together
     * @param nanoClock a monotonic clock
     */
    public BackendConnector(
            Sockets sockets,
            Supplier<BackendTransportSecurity> security,
            Opening opening,
            Duration connectTimeout,
            LongSupplier nanoClock) {
        this.sockets = sockets;
        this.security = security;
        this.opening = opening;
        this.connectTimeout = connectTimeout;
        this.nanoClock = nanoClock;
    }

    @Override
    public void connect(
            EventLoop loop, BackendAddress address, PoolKey key, Credential credential, ConnectListener listener) {
        InetAddress client = key.name().host();
        if (client == null) {
            connect(loop, new BackendLogin(key, credential, address, opening.compression(), nanoClock), null, listener);
            return;
        }
        ClientAnnouncements announcements = Objects.requireNonNull(opening.announcements(), "a client is to be named");
        BackendFailure refusal = announcements.refusal(address, key.backendOrdinal());
        if (refusal == null) {
            ClientAnnouncement announcement = new ClientAnnouncement(announcements, address, client, listener);
            connect(
                    loop,
                    new BackendLogin(key, credential, address, opening.compression(), nanoClock),
                    announcement,
                    announcement);
        } else {
            loop.execute(() -> {
                listener.failed(refusal);
                listener.gone();
            });
        }
    }

    private void connect(
            EventLoop loop, BackendLogin login, @Nullable ClientAnnouncement announcement, ConnectListener listener) {
        BackendAddress address = login.address();
        Bootstrap bootstrap = new Bootstrap();
        sockets.keepAlive().forEach(bootstrap::option);
        ChannelFuture attempt = bootstrap
                .group(loop)
                .channel(sockets.type())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                // A server that refuses a statement in the middle answers and hangs up: the answer must still be read.
                .option(ChannelOption.AUTO_CLOSE, false)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, sockets.waterMark())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(connectTimeout.toMillis()))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (announcement != null) {
                            channel.pipeline().addLast("announcement", announcement);
                        }
                        channel.pipeline()
                                .addLast(
                                        "login",
                                        new BackendLoginHandler(login, security.get(), connectTimeout, listener));
                    }
                })
                .connect(address.host(), address.port());
        if (attempt.isDone() && !attempt.channel().isRegistered()) {
            // The reason comes first: where a client is told of it there is little room.
            String why =
                    "no socket could be made: " + message(root(attempt.cause())) + "; it was to lead to " + address;
            // There is no channel: nobody else would say that it is gone, and nobody on this loop that it failed.
            loop.execute(() -> {
                listener.failed(BackendFailure.of(Kind.OWN_SHORTAGE, why));
                listener.gone();
            });
            return;
        }
        attempt.addListener(future -> {
            if (!future.isSuccess()) {
                listener.failed(BackendFailure.of(
                        Kind.UNREACHABLE, "cannot connect to " + address + ": " + message(future.cause())));
            }
        });
        attempt.channel().closeFuture().addListener(closed -> listener.gone());
    }

    /** Netty says which class it could not make an object of; what the system said is further down. */
    private static Throwable root(@Nullable Throwable failure) {
        Throwable cause = failure == null ? new IOException("for no reason that is known") : failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String message(Throwable cause) {
        String text = cause.getMessage();
        return text == null ? cause.getClass().getSimpleName() : text;
    }
}
