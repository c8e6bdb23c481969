package dev.sluice.server.monitor;

import com.mysql.cj.conf.PropertySet;
import com.mysql.cj.protocol.StandardSocketFactory;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sockets whose other side may not send without end: the driver keeps a result in memory, and its timeout is one for silence.
 * The driver makes it by its name. Thread-safe: each socket has its own atomic counter.
 */
public final class MonitorSocketFactory extends StandardSocketFactory {
    /** The longest answer, in bytes: a hundred thousand accounts fit. */
    static final int ANSWER_BYTES_MAX = 32 << 20;

    @Override
    protected Socket createSocket(PropertySet properties) {
        return newSocket();
    }

    /** A socket that fails when more is read from it than an answer may have; each write begins a new one. */
    static Socket newSocket() {
        return new BoundedSocket();
    }

    private static final class BoundedSocket extends Socket {
        private final AtomicLong read = new AtomicLong();

        @Override
        public InputStream getInputStream() throws IOException {
            return new FilterInputStream(super.getInputStream()) {
                @Override
                public int read() throws IOException {
                    count(1);
                    return super.read();
                }

                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    int taken = super.read(bytes, offset, length);
                    count(Math.max(0, taken));
                    return taken;
                }

                @Override
                public long skip(long bytes) throws IOException {
                    long skipped = super.skip(bytes);
                    count(skipped);
                    return skipped;
                }
            };
        }

        private void count(long bytes) throws IOException {
            if (read.addAndGet(bytes) > ANSWER_BYTES_MAX) {
                throw new IOException("the server's answer has more than " + ANSWER_BYTES_MAX + " bytes");
            }
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(int b) throws IOException {
                    read.set(0);
                    out.write(b);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    read.set(0);
                    out.write(bytes, offset, length);
                }
            };
        }
    }
}
