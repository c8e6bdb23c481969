package dev.sluice.server.http;

import dev.sluice.server.admission.AcceptFailures;
import dev.sluice.server.admission.OperatorAdmission;
import dev.sluice.server.metrics.MetricsRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server for metrics, health checks and the API. Thread-safe: everything runs on one thread of its own, apart from the
 * data path, so that a scrape delays no statement and a busy data path delays no health check.
 *
 * <p>Apart from the API it has no authentication and shows no data: bind it where only operators reach it. Requests are bounded in size and
 * time, connections in number.
 */
public final class ManagementServer implements AutoCloseable {
    private static final int LINE_BYTES_MAX = 4096;
    private static final int HEADER_BYTES_MAX = 8192;
    private static final int CHUNK_BYTES_MAX = 1024;
    private static final int BODY_BYTES_MAX = 1024;
    /** A statement to explain may be long. */
    private static final int API_BODY_BYTES_MAX = 64 * 1024;

    private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

    private final MultiThreadIoEventLoopGroup group;
    private final Channel listener;

    private ManagementServer(MultiThreadIoEventLoopGroup group, Channel listener) {
        this.group = group;
        this.listener = listener;
    }

    /**
     * Starts listening; port 0 picks a free one.
     *
     * @throws IOException if the address cannot be bound
     */
    public static ManagementServer start(
            InetSocketAddress address, MetricsRegistry metrics, ReadinessProbe readiness, LivenessProbe liveness)
            throws IOException {
        return start(address, metrics, readiness, liveness, null, null);
    }

    /**
     * Starts listening, with the API.
     *
     * @param api null for none
     * @param admission knows how many connections an address can have; null if addresses are not told apart
     * @throws IOException if the address cannot be bound
     */
    public static ManagementServer start(
            InetSocketAddress address,
            MetricsRegistry metrics,
            ReadinessProbe readiness,
            LivenessProbe liveness,
            @Nullable ManagementApi api,
            @Nullable OperatorAdmission admission)
            throws IOException {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("sluice-management", true), NioIoHandler.newFactory());
        ManagementHandler handler = new ManagementHandler(metrics, readiness, liveness);
        ConnectionLimit limit = new ConnectionLimit(OperatorAdmission.HTTP_CONNECTIONS_MAX, admission);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .handler(new AcceptFailures())
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(limit)
                                .addLast(new IdleStateHandler(0, 0, IDLE_TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                                .addLast(new HttpServerCodec(LINE_BYTES_MAX, HEADER_BYTES_MAX, CHUNK_BYTES_MAX))
                                .addLast(new HttpObjectAggregator(api == null ? BODY_BYTES_MAX : API_BODY_BYTES_MAX));
                        if (api != null) {
                            channel.pipeline().addLast(new FlowControlHandler()).addLast(new ApiHandler(api));
                        }
                        channel.pipeline().addLast(handler);
                    }
                });
        var bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            stop(group);
            throw new IOException("cannot listen on " + address + " for metrics", bound.cause());
        }
        return new ManagementServer(group, bound.channel());
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** Stops listening, and gives running answers a moment. */
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
