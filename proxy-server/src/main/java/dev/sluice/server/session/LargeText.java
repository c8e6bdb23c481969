package dev.sluice.server.session;

import dev.sluice.server.backend.TextDigest;
import io.netty.buffer.ByteBuf;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The text of a statement to be prepared that comes in pieces: it has to be kept, for it is prepared again wherever it will
 * run. Its memory is reserved before it comes. Confined to the session's event loop.
 */
final class LargeText {
    private final StatementTexts texts;
    private final long max;
    private final long bytesMax;
    private final MessageDigest digest = TextDigest.algorithm();
    private byte[] sql = new byte[0];
    private int length;
    private long reserved;
    private int packetLeft;

    /**
     * @param max the bound of all texts, in bytes
     * @param bytesMax how long this one may become
     */
    LargeText(StatementTexts texts, long max, long bytesMax) {
        this.texts = texts;
        this.max = max;
        this.bytesMax = bytesMax;
    }

    /** So many bytes more will come; false if there is no room for them. */
    boolean announce(int bytes) {
        packetLeft = bytes;
        long whole = length + (long) bytes;
        if (whole > bytesMax || whole > Integer.MAX_VALUE - 8 || !texts.tryReserve(bytes, max)) {
            return false;
        }
        reserved += bytes;
        sql = Arrays.copyOf(sql, (int) whole);
        return true;
    }

    /** Whether what has been announced has come. */
    boolean isAtHeader() {
        return packetLeft == 0;
    }

    /** Takes what has come. The reference stays the caller's. */
    void add(ByteBuf bytes) {
        int part = bytes.readableBytes();
        bytes.readBytes(sql, length, part);
        digest.update(sql, length, part);
        length += part;
        packetLeft -= part;
    }

    byte[] sql() {
        return sql;
    }

    /** The digest of the whole text, once. */
    TextDigest digest() {
        return TextDigest.of(digest);
    }

    /** Gives the reservation back. */
    void release() {
        texts.free(reserved);
        reserved = 0;
    }
}
