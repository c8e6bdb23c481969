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
    public void decompress(ByteBuf compressed, int plainLength, ByteBuf out) {
        inflater.reset();
        inflater.setInput(compressed.nioBuffer());
        out.ensureWritable(plainLength);
        ByteBuffer target = out.nioBuffer(out.writerIndex(), plainLength);
        try {
            int length = 0;
            while (length < plainLength && !inflater.finished()) {
                int more = inflater.inflate(target);
                if (more == 0) {
                    break;
                }
                length += more;
            }
            boolean whole = length == plainLength && (inflater.finished() || inflater.inflate(new byte[1]) == 0);
            if (!whole) {
                throw new CompressionException(
                        "a compressed packet that is not the " + plainLength + " bytes it tells");
            }
        } catch (DataFormatException e) {
            throw new CompressionException("a compressed packet that is no zlib data: " + e.getMessage());
        }
        out.writerIndex(out.writerIndex() + plainLength);
    }

    @Override
    public void close() {
        deflater.end();
        inflater.end();
    }
}
