package dev.sluice.server.backend;

import dev.sluice.server.backend.BackendFailure.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;

/** Hands the events of a backend channel to its {@link BackendConnection}. Confined to the session's event loop. */
final class BackendHandler extends ChannelInboundHandlerAdapter {
    private final BackendConnection connection;

    BackendHandler(BackendConnection connection) {
        this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        connection.received((ByteBuf) message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        connection.readComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        connection.writabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        connection.fail(BackendFailure.of(Kind.BROKEN, "the backend closed the connection"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (context.channel() instanceof DuplexChannel duplex && duplex.isActive() && duplex.isOutputShutdown()) {
            // It takes no more bytes; what it has still to say arrives before the end of its own stream.
            return;
        }
        Kind kind = cause instanceof OutOfMemoryError ? Kind.OWN_SHORTAGE : Kind.BROKEN;
        connection.fail(BackendFailure.of(kind, "the connection to the backend failed: " + cause.getMessage()));
    }
}
