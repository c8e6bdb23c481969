package dev.sluice.server.compression;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

/** The compressed protocol towards a client: answers are numbered on from what the client sent. Confined to the session's event loop. */
public final class FrontendCompression extends CompressedPackets {
    public FrontendCompression(CompressionAlgorithm algorithm) {
        super(algorithm);
    }

    @Override
    void arrived(int sequenceId) {
        nextId(sequenceId + 1);
    }

    @Override
    void collect(ChannelHandlerContext context, ByteBuf plain) {
        add(context, plain, plain.readableBytes());
    }
}
