package dev.sluice.server.config;

import java.time.Duration;

/**
 * How the server stops. Immutable.
 *
 * @param drainTimeout time that running transactions have to end before they are cut
 */
public record ShutdownConfig(Duration drainTimeout) {
    /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
    public ShutdownConfig {
        ConfigKeys.SHUTDOWN_DRAIN_TIMEOUT.require(drainTimeout);
    }

    /** What an absent section means. */
    public static ShutdownConfig defaults() {
        return new ShutdownConfig(ConfigKeys.SHUTDOWN_DRAIN_TIMEOUT.defaultValue());
    }
}
