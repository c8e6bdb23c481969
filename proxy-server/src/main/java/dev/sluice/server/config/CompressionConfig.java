package dev.sluice.server.config;

import java.util.Objects;

/**
 * Compression on both sides. Immutable.
 *
 * @param frontend whether clients may compress
 * @param backend what connections to the servers are compressed with
 */
public record CompressionConfig(boolean frontend, CompressionMode backend) {
    /** Rejects absent parts. */
    public CompressionConfig {
        Objects.requireNonNull(backend, "backend");
    }

    /** What an absent section means. */
    public static CompressionConfig defaults() {
        return new CompressionConfig(
                ConfigKeys.COMPRESSION_FRONTEND.defaultValue(), ConfigKeys.COMPRESSION_BACKEND.defaultValue());
    }
}
