package dev.sluice.server.frontend;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.admission.Limit;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.util.AttributeKey;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Waits for the header by which a load balancer says who its client is, and hides the connection from those behind it until
 * then: nobody is greeted before it is known who is there. Confined to the session's event loop.
 *
 * <p>A load balancer that asks whether Sluice lives, with a LOCAL header or one of unknown family, is the client itself.
 *
 * @see <a href="https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt">The PROXY protocol</a>
 */
public final class ProxyHeaderHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOGGER = LoggerFactory.getLogger(ProxyHeaderHandler.class);
    private static final AttributeKey<InetSocketAddress> CLIENT =
            AttributeKey.valueOf(ProxyHeaderHandler.class, "client");

    private final FrontendSettings settings;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean over;

    private ProxyHeaderHandler(FrontendSettings settings) {
        this.settings = settings;
    }

    /** Adds what reads the header to a pipeline that is otherwise complete or being built. */
    public static void expect(ChannelPipeline pipeline, FrontendSettings settings) {
        pipeline.addLast("proxy-decoder", new HAProxyMessageDecoder())
                .addLast("proxy-header", new ProxyHeaderHandler(settings));
    }

    /** The client behind a channel: whom the header has named, else who has connected; null where a channel has no address. */
    static @Nullable InetSocketAddress clientOf(Channel channel) {
        InetSocketAddress named = channel.attr(CLIENT).get();
        if (named != null) {
            return named;
        }
        return channel.remoteAddress() instanceof InetSocketAddress remote ? remote : null;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        long limit = settings.connectPhaseTimeout().get().toMillis();
        deadline = ctx.executor()
                .schedule(
                        () -> refuse(ctx, Limit.CONNECT_PHASE_TIMEOUT, "no PROXY header came in time"),
                        limit,
                        TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (!(message instanceof HAProxyMessage header)) {
            ctx.fireChannelRead(message);
            return;
        }
        try {
            InetSocketAddress client = clientIn(header);
            if (client != null) {
                ctx.channel().attr(CLIENT).set(client);
            }
        } finally {
            header.release();
        }
        over = true;
        cancelDeadline();
        ctx.fireChannelActive();
        ctx.pipeline().remove(this);
    }

    private static @Nullable InetSocketAddress clientIn(HAProxyMessage header) throws UnknownHostException {
        String source = header.sourceAddress();
        if (header.command() == HAProxyCommand.LOCAL || source == null) {
            return null;
        }
        byte[] address = NetUtil.createByteArrayFromIpAddressString(source);
        // A path of a UNIX socket is nobody that could be told apart.
        return address == null ? null : new InetSocketAddress(InetAddress.getByAddress(address), header.sourcePort());
    }

    private void refuse(ChannelHandlerContext ctx, Limit limit, String why) {
        if (over) {
            return;
        }
        over = true;
        cancelDeadline();
        Frontend peer = new Frontend(ctx.channel(), 0, settings);
        boolean unused = settings.refusals().add(limit, peer.address(), why);
        peer.sendAndClose(
                0,
                new ErrPacket(
                        1105,
                        "08S01",
                        "A connection from here has to begin with a PROXY protocol header (access.proxies)"));
        peer.close();
    }

    private void cancelDeadline() {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        over = true;
        cancelDeadline();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!over) {
            InetAddress proxy =
                    ctx.channel().remoteAddress() instanceof InetSocketAddress remote ? remote.getAddress() : null;
            long since = settings.refusals().notices().next(proxy);
            LoggingEventBuilder line = since > 0 ? LOGGER.atInfo().addKeyValue("since", since) : LOGGER.atDebug();
            line.addKeyValue("client", String.valueOf(ctx.channel().remoteAddress()))
                    .log("no PROXY header: {}", String.valueOf(cause.getMessage()));
        }
        refuse(ctx, Limit.PROXY_HEADER, "what came was no PROXY header");
    }
}
