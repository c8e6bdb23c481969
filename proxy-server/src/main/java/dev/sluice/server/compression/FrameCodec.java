package dev.sluice.server.compression;

import io.netty.buffer.ByteBuf;

/** Compresses and decompresses single frames with one algorithm. Confined to the session's event loop. */
interface FrameCodec extends AutoCloseable {
    /** Appends the compressed form of all readable bytes; their reader index stays. */
    void compress(ByteBuf plain, ByteBuf out);

    /**
     * Appends the plain form of all readable bytes, whose reader index stays.
     *
     * @param plainLength how long that must be
     * @throws CompressionException if it is not, or the bytes are no compressed data
     */
    void decompress(ByteBuf compressed, int plainLength, ByteBuf out);

    @Override
    void close();
}
