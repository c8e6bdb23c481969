package dev.sluice.server.config;

import java.util.Objects;
import java.util.Optional;

/**
 * Where metrics and health are served over HTTP. Immutable.
 *
 * @param listen the address; nothing is served without it
 */
public record MetricsConfig(Optional<HostPort> listen) {
    /** Rejects an absent part. */
    public MetricsConfig {
        Objects.requireNonNull(listen, "listen");
    }

    /** What an absent section means: off. */
    public static MetricsConfig defaults() {
        return new MetricsConfig(Optional.empty());
    }
}
