package dev.sluice.server.logging;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Passes bytes on but never closes: an appender that stops must not take standard output with it. */
final class UnclosedStream extends FilterOutputStream {
    UnclosedStream(OutputStream out) {
        super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        // The inherited method writes byte by byte.
        out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
        flush();
    }
}
