package dev.sluice.server.it;

import com.github.luben.zstd.Zstd;
import dev.sluice.protocol.Capabilities;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** A client's end of the compressed protocol, which holds the server to its numbers. Confined to the thread of the test. */
final class CompressedStreams {
    private static final int FRAME_MAX = (1 << 24) - 1;
    private static final int COMPRESSED_MIN = 50;

    private final boolean zstd;
    private int sequence;
    private boolean inFile;
    private long plainBytes;
    private long wireBytes;

    private CompressedStreams(boolean zstd) {
        this.zstd = zstd;
    }

    static CompressedStreams zlib() {
        return new CompressedStreams(false);
    }

    static CompressedStreams zstd() {
        return new CompressedStreams(true);
    }

    int capability() {
        return zstd ? Capabilities.CLIENT_ZSTD_COMPRESSION_ALGORITHM : Capabilities.CLIENT_COMPRESS;
    }

    /** The next frame from the server has this sequence id. */
    void expectSequence(int next) {
        sequence = next;
    }

    /** What is written now are the packets of a file, whose frames are numbered on from what was received. */
    void inFile(boolean now) {
        inFile = now;
    }

    /** How many times smaller what was received was than what it stands for. */
    double savedOnReceiving() {
        return (double) plainBytes / wireBytes;
    }

    /** Compresses what is written between flushes; each flush ends a command, or a part of a file. */
    OutputStream output(OutputStream wire) {
        return new ByteArrayOutputStream() {
            @Override
            public void flush() throws IOException {
                byte[] all = toByteArray();
                reset();
                if (!inFile) {
                    sequence = 0;
                }
                for (int from = 0; from < all.length; from += FRAME_MAX) {
                    wire.write(frame(Arrays.copyOfRange(all, from, Math.min(all.length, from + FRAME_MAX))));
                }
                wire.flush();
            }
        };
    }

    private byte[] frame(byte[] plain) {
        byte[] body = plain.length < COMPRESSED_MIN ? plain : compress(plain);
        byte[] frame = new byte[7 + body.length];
        putMedium(frame, 0, body.length);
        frame[3] = (byte) sequence++;
        putMedium(frame, 4, plain.length < COMPRESSED_MIN ? 0 : plain.length);
        System.arraycopy(body, 0, frame, 7, body.length);
        return frame;
    }

    private static void putMedium(byte[] to, int at, int value) {
        to[at] = (byte) value;
        to[at + 1] = (byte) (value >> 8);
        to[at + 2] = (byte) (value >> 16);
    }

    private byte[] compress(byte[] plain) {
        if (zstd) {
            return Zstd.compress(plain);
        }
        Deflater deflater = new Deflater();
        deflater.setInput(plain);
        deflater.finish();
        byte[] out = new byte[plain.length + plain.length / 1000 + 64];
        int length = deflater.deflate(out);
        deflater.end();
        return Arrays.copyOf(out, length);
    }

    InputStream input(InputStream wire) {
        DataInputStream frames = new DataInputStream(wire);
        return new InputStream() {
            private byte[] plain = new byte[0];
            private int at;

            @Override
            public int read() throws IOException {
                return fill() ? plain[at++] & 0xFF : -1;
            }

            @Override
            public int read(byte[] to, int offset, int length) throws IOException {
                if (!fill()) {
                    return -1;
                }
                int taken = Math.min(length, plain.length - at);
                System.arraycopy(plain, at, to, offset, taken);
                at += taken;
                return taken;
            }

            private boolean fill() throws IOException {
                while (at == plain.length) {
                    byte[] header = frames.readNBytes(7);
                    if (header.length == 0) {
                        return false;
                    }
                    plain = next(header, frames);
                    at = 0;
                }
                return true;
            }
        };
    }

    private byte[] next(byte[] header, DataInputStream frames) throws IOException {
        if (header.length < 7) {
            throw new EOFException("the server closed the connection inside a frame");
        }
        if ((header[3] & 0xFF) != (sequence++ & 0xFF)) {
            throw new IOException("a frame with sequence id " + (header[3] & 0xFF) + ", not " + (sequence - 1));
        }
        byte[] body = frames.readNBytes(medium(header, 0));
        int plainLength = medium(header, 4);
        byte[] plain = plainLength == 0 ? body : decompress(body, plainLength);
        wireBytes += body.length;
        plainBytes += plain.length;
        return plain;
    }

    private static int medium(byte[] from, int at) {
        return (from[at] & 0xFF) | ((from[at + 1] & 0xFF) << 8) | ((from[at + 2] & 0xFF) << 16);
    }

    private byte[] decompress(byte[] body, int plainLength) throws IOException {
        byte[] plain = new byte[plainLength];
        if (zstd) {
            if (Zstd.decompress(plain, body) != plainLength) {
                throw new IOException("a frame that is not as long as it says");
            }
            return plain;
        }
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(body);
            if (inflater.inflate(plain) != plainLength) {
                throw new IOException("a frame that is not as long as it says");
            }
            return plain;
        } catch (DataFormatException e) {
            throw new IOException(e);
        } finally {
            inflater.end();
        }
    }
}
