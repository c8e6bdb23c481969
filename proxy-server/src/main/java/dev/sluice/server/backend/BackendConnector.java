package dev.sluice.server.backend;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.backend.BackendFailure.Kind;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Opens and authenticates backend connections on a given event loop. Thread-safe: it has no state of its own. */
public final class BackendConnector {
    private final Class<? extends Channel> channelType;
    private final BackendTransportSecurity security;
    private final Duration connectTimeout;
    private final LongSupplier nanoClock;

    /**
     * @param channelType the socket channel of the transport in use
     * @param security whether and how TLS is spoken to backends
     * @param connectTimeout for TCP, TLS and login together
     * @param nanoClock a monotonic clock
     */
    public BackendConnector(
            Class<? extends Channel> channelType,
            BackendTransportSecurity security,
            Duration connectTimeout,
            LongSupplier nanoClock) {
        this.channelType = channelType;
        this.security = security;
        this.connectTimeout = connectTimeout;
        this.nanoClock = nanoClock;
    }

    /** Opens a connection; the listener is called on {@code loop}. */
    public void connect(
            EventLoop loop, BackendAddress address, PoolKey key, Credential credential, ConnectListener listener) {
        BackendLogin login = new BackendLogin(key, credential, address, nanoClock);
        new Bootstrap()
                .group(loop)
                .channel(channelType)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(connectTimeout.toMillis()))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast("login", new BackendLoginHandler(login, security, connectTimeout, listener));
                    }
                })
                .connect(address.host(), address.port())
                .addListener(future -> {
                    if (!future.isSuccess()) {
                        listener.failed(BackendFailure.of(
                                Kind.UNREACHABLE, "cannot connect to " + address + ": " + message(future.cause())));
                    }
                });
    }

    private static String message(Throwable cause) {
        String text = cause.getMessage();
        return text == null ? cause.getClass().getSimpleName() : text;
    }
}
