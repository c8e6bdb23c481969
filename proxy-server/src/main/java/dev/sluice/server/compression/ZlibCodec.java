package dev.sluice.server.compression;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** The zlib format of RFC 1950. Confined to the session's event loop. */
final class ZlibCodec implements FrameCodec {
    private static final int CHUNK_BYTES = 8 * 1024;

    private final Deflater deflater = new Deflater();
    private final Inflater inflater = new Inflater();

    @Override
    public void compress(ByteBuf plain, ByteBuf out) {
        deflater.reset();
        deflater.setInput(plain.nioBuffer());
        deflater.finish();
        while (!deflater.finished()) {
            out.ensureWritable(CHUNK_BYTES);
            ByteBuffer target = out.nioBuffer(out.writerIndex(), out.writableBytes());
            out.writerIndex(out.writerIndex() + deflater.deflate(target));
        }
    }

    @Override
    public int neededOf(int compressedLength) {
        return 1;
    }

    @Override
    public void begin() {
        inflater.reset();
    }

    @Override
    public void decompress(ByteBuf compressed, ByteBuf out) {
        if (inflater.finished()) {
            compressed.skipBytes(compressed.readableBytes());
            return;
        }
        ByteBuffer source = compressed.nioBuffer();
        inflater.setInput(source);
        ByteBuffer target = out.nioBuffer(out.writerIndex(), out.writableBytes());
        try {
            out.writerIndex(out.writerIndex() + inflater.inflate(target));
        } catch (DataFormatException e) {
            throw new CompressionException("a compressed packet that is no zlib data: " + e.getMessage());
        }
        compressed.skipBytes(compressed.readableBytes() - source.remaining());
        if (inflater.needsDictionary()) {
            throw new CompressionException("a compressed packet that needs a dictionary");
        }
    }

    @Override
    public void close() {
        deflater.end();
        inflater.end();
    }
}
