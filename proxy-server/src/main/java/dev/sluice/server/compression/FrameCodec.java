package dev.sluice.server.compression;

import io.netty.buffer.ByteBuf;

/** Compresses whole frames and decompresses them piece by piece, with one algorithm. Confined to the session's event loop. */
interface FrameCodec extends AutoCloseable {
    /** Appends the compressed form of all readable bytes; their reader index stays. */
    void compress(ByteBuf plain, ByteBuf out);

    /** How much of a frame has to be there before {@link #decompress} can give anything of it. */
    int neededOf(int compressedLength);

    /** A frame begins. */
    void begin();

    /**
     * Appends as much plain data as is there and fits into the writable bytes; what was read is skipped.
     *
     * @throws CompressionException if the bytes are no compressed data
     */
    void decompress(ByteBuf compressed, ByteBuf out);

    @Override
    void close();
}
