package dev.sluice.server.config;

/** What connections to the servers are compressed with. Immutable. */
public enum CompressionMode {
    /** Nothing. */
    OFF,
    /** zlib, where the server offers it. */
    ZLIB,
    /** Zstandard, where the server offers it. */
    ZSTD
}
