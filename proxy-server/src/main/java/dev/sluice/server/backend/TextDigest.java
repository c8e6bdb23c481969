package dev.sluice.server.backend;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What a statement's text is known by where the text itself is not kept: its SHA-256, which no two texts share. Immutable.
 *
 * @param first bytes 0 to 7
 * @param second bytes 8 to 15
 * @param third bytes 16 to 23
 * @param fourth bytes 24 to 31
 */
public record TextDigest(long first, long second, long third, long fourth) {
    /** The digest of a text. */
    public static TextDigest of(byte[] text) {
        return ofHash(algorithm().digest(text));
    }

    /** The digest of what an {@link #algorithm} has been given; it begins anew. */
    public static TextDigest of(MessageDigest digest) {
        return ofHash(digest.digest());
    }

    private static TextDigest ofHash(byte[] hash) {
        ByteBuffer longs = ByteBuffer.wrap(hash);
        return new TextDigest(longs.getLong(), longs.getLong(), longs.getLong(), longs.getLong());
    }

    /** For a text that comes in pieces. */
    public static MessageDigest algorithm() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
