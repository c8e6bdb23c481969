package dev.sluice.server.compression;

import dev.sluice.protocol.Capabilities;
import org.jspecify.annotations.Nullable;

/** The algorithms of the compressed protocol. Immutable. */
public enum CompressionAlgorithm {
    /** In every server and client. */
    ZLIB(Capabilities.CLIENT_COMPRESS),
    /** In MySQL 8.0.18 and newer, not in MariaDB. */
    ZSTD(Capabilities.CLIENT_ZSTD_COMPRESSION_ALGORITHM);

    private static final class Zstd {
        private static final boolean AVAILABLE = ZstdCodec.isAvailable();
    }

    private final int capability;

    CompressionAlgorithm(int capability) {
        this.capability = capability;
    }

    /** The capability flag by which both sides agree on it. */
    public int capability() {
        return capability;
    }

    /** Whether it works on this platform. */
    public boolean isAvailable() {
        return this == ZLIB || Zstd.AVAILABLE;
    }

    /** The capability flags of all that work on this platform. */
    public static int availableCapabilities() {
        int all = 0;
        for (CompressionAlgorithm each : values()) {
            all |= each.isAvailable() ? each.capability : 0;
        }
        return all;
    }

    /** What connections with these agreed capabilities use; null for none. zlib goes before zstd, as in the server. */
    public static @Nullable CompressionAlgorithm agreed(int capabilities) {
        for (CompressionAlgorithm each : values()) {
            if ((capabilities & each.capability) != 0) {
                return each;
            }
        }
        return null;
    }

    FrameCodec newCodec() {
        return this == ZLIB ? new ZlibCodec() : new ZstdCodec();
    }
}
