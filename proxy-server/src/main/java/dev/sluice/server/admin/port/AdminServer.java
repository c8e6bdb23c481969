package dev.sluice.server.admin.port;

import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.server.admin.OperationDesk;
import dev.sluice.server.admission.AcceptFailures;
import dev.sluice.server.admission.OperatorAdmission;
import dev.sluice.server.config.AdminConfig;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.frontend.FrontendHandshakeHandler;
import dev.sluice.server.frontend.FrontendSettings;
import dev.sluice.server.frontend.FrontendTransportSecurity;
import dev.sluice.server.tls.FrontendTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The listener of the admin port. Thread-safe: its connections live on one thread of their own, apart from the data
 * path; operations run on the threads of the {@link OperationDesk}.
 */
public final class AdminServer implements AutoCloseable {
    /** By the number in front drivers know what they may ask for. */
    private static final String VERSION_PREFIX = "8.0.31-sluice-";

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

    private final MultiThreadIoEventLoopGroup group;
    private final Channel listener;

    private AdminServer(MultiThreadIoEventLoopGroup group, Channel listener) {
        this.group = group;
        this.listener = listener;
    }

    /**
     * How clients are received. Immutable.
     *
     * @param port address and account
     * @param connectPhaseTimeout from accept to the end of the login
     * @param idleTimeout without a command, after which a connection is closed
     * @param netWriteTimeout without taking anything of an answer, after which a connection is closed
     * @param version of Sluice
     */
    public record Settings(
            AdminConfig.Port port,
            Duration connectPhaseTimeout,
            Duration idleTimeout,
            Duration netWriteTimeout,
            String version) {}

    /**
     * Starts listening.
     *
     * @param tls what is shown to clients here as on the port of the applications; no certificate is asked for
     * @param admission who may connect, and how often
     * @param ids of connections, which no client connection has: whoever kills one must not meet another
     * @throws BindException if the address cannot be had
     */
    public static AdminServer start(
            Settings settings,
            Supplier<FrontendTls> tls,
            OperationDesk desk,
            OperatorAdmission admission,
            LongSupplier ids)
            throws BindException {
        AdminAccount account =
                new AdminAccount(settings.port(), new RsaKeys(tls.get().rsaKeyPair()));
        FrontendSettings frontend = new FrontendSettings(
                client -> admission.ticket(client.inetAddress(), client.address()),
                () -> security(tls.get()),
                0,
                settings::connectPhaseTimeout,
                settings::idleTimeout,
                settings::netWriteTimeout,
                admission.refusals());
        String version = VERSION_PREFIX + settings.version();
        long idleMillis = settings.idleTimeout().toMillis();
        ChannelInitializer<SocketChannel> pipeline = new ChannelInitializer<>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline()
                        .addLast("idle", new IdleStateHandler(idleMillis, 0, 0, TimeUnit.MILLISECONDS))
                        .addLast(
                                "handshake",
                                new FrontendHandshakeHandler(
                                        new AdminReception(account, desk, ids, version), frontend));
            }
        };
        return bind(settings.port().listen(), pipeline);
    }

    private static FrontendTransportSecurity security(FrontendTls tls) {
        return new FrontendTransportSecurity(tls.operatorContext().orElse(null), tls.mode() == TlsMode.REQUIRED);
    }

    private static AdminServer bind(HostPort address, ChannelInitializer<SocketChannel> pipeline) throws BindException {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("sluice-admin-port", true), NioIoHandler.newFactory());
        var bound = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .handler(new AcceptFailures())
                .childHandler(pipeline)
                .bind(new InetSocketAddress(address.host(), address.port()))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            stop(group);
            BindException failure = new BindException("cannot listen on " + address + " for the admin port: "
                    + bound.cause().getMessage());
            failure.initCause(bound.cause());
            throw failure;
        }
        return new AdminServer(group, bound.channel());
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** Stops listening and closes every connection. */
    @Override
    public void close() {
        listener.close().awaitUninterruptibly();
        stop(group);
    }

    private static void stop(MultiThreadIoEventLoopGroup group) {
        group.shutdownGracefully(0, STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(STOP_TIMEOUT.toMillis());
    }
}
