package dev.sluice.server.http;

import dev.sluice.server.admission.OperatorAdmission;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Closes connections beyond a number, so that idle ones cannot use up the process's file descriptors, and those of one address
 * beyond its share, so that it cannot keep others out. Thread-safe: one atomic count, and what the admission counts.
 */
@ChannelHandler.Sharable
final class ConnectionLimit extends ChannelInboundHandlerAdapter {
    private static final AttributeKey<String> PLACE = AttributeKey.valueOf(ConnectionLimit.class, "place");

    private final AtomicInteger open = new AtomicInteger();
    private final int openMax;
    private final @Nullable OperatorAdmission admission;

    /** @param admission knows the share of an address; null if addresses are not told apart */
    ConnectionLimit(int openMax, @Nullable OperatorAdmission admission) {
        this.openMax = openMax;
        this.admission = admission;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (open.incrementAndGet() > openMax || !enters(ctx)) {
            var unused = ctx.close();
            return;
        }
        ctx.fireChannelActive();
    }

    private boolean enters(ChannelHandlerContext ctx) {
        if (admission == null) {
            return true;
        }
        InetAddress address =
                ctx.channel().remoteAddress() instanceof InetSocketAddress remote ? remote.getAddress() : null;
        String place = admission.enterHttp(address);
        ctx.channel().attr(PLACE).set(place);
        return place != null;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        open.decrementAndGet();
        String place = ctx.channel().attr(PLACE).getAndSet(null);
        if (admission != null && place != null) {
            admission.leaveHttp(place);
        }
        ctx.fireChannelInactive();
    }
}
