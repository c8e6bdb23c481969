package dev.sluice.server.compression;

/** What arrived is not what the compressed protocol allows: the connection is to be closed. Immutable. */
public final class CompressionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CompressionException(String message) {
        super(message);
    }
}
