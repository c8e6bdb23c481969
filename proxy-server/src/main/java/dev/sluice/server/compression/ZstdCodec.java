package dev.sluice.server.compression;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.Native;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/** The Zstandard format of RFC 8878, where its native library can be loaded. Confined to the session's event loop. */
final class ZstdCodec implements FrameCodec {
    private final ZstdCompressCtx compressor = new ZstdCompressCtx();
    private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();

    /** Whether there is a native library for this platform. */
    static boolean isAvailable() {
        try {
            Native.load();
            return Native.isLoaded();
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }

    @Override
    public void compress(ByteBuf plain, ByteBuf out) {
        int most = Math.toIntExact(Zstd.compressBound(plain.readableBytes()));
        out.ensureWritable(most);
        ByteBuf source = plain.isDirect() ? plain.retain() : direct(plain);
        try {
            int length = compressor.compressDirectByteBuffer(
                    out.internalNioBuffer(out.writerIndex(), most).slice(),
                    0,
                    most,
                    source.nioBuffer(),
                    0,
                    source.readableBytes());
            out.writerIndex(out.writerIndex() + length);
        } finally {
            source.release();
        }
    }

    /** All of it: in pieces it would need a window of the frame's own choice besides. */
    @Override
    public int neededOf(int compressedLength) {
        return compressedLength;
    }

    @Override
    public void begin() {
        // Each frame stands alone.
    }

    @Override
    public void decompress(ByteBuf compressed, ByteBuf out) {
        if (!compressed.isReadable()) {
            return;
        }
        int room = out.writableBytes();
        ByteBuffer target = out.internalNioBuffer(out.writerIndex(), room).slice();
        ByteBuf source = compressed.isDirect() ? compressed.retain() : direct(compressed);
        try {
            int length = decompressor.decompressDirectByteBuffer(
                    target, 0, room, source.nioBuffer(), 0, source.readableBytes());
            out.writerIndex(out.writerIndex() + length);
            compressed.skipBytes(compressed.readableBytes());
        } catch (ZstdException e) {
            throw new CompressionException("a compressed packet that is no zstd data: " + e.getMessage());
        } finally {
            source.release();
        }
    }

    /** TLS without a native library decrypts to the heap. */
    private static ByteBuf direct(ByteBuf heap) {
        return heap.alloc()
                .directBuffer(heap.readableBytes())
                .writeBytes(heap, heap.readerIndex(), heap.readableBytes());
    }

    @Override
    public void close() {
        compressor.close();
        decompressor.close();
    }
}
