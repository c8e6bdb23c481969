package dev.sluice.server.config;

import java.time.Duration;
import java.util.Objects;

/**
 * The account and the rhythm by which the servers are watched. Immutable.
 *
 * @param user the account; its grants decide how much can be discovered
 * @param password its password
 * @param interval time between two probes of a server
 * @param timeout time after which a probe has failed
 * @param maxLag replication lag beyond which a replica takes no reads
 */
public record MonitorConfig(String user, Secret password, Duration interval, Duration timeout, Duration maxLag) {
    /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
    public MonitorConfig {
        Objects.requireNonNull(password, "password");
        ConfigKeys.MONITOR_USER.require(user);
        ConfigKeys.MONITOR_INTERVAL.require(interval);
        ConfigKeys.MONITOR_TIMEOUT.require(timeout);
        ConfigKeys.MONITOR_MAX_LAG.require(maxLag);
    }

    /** The defaults for everything but the account. */
    public static MonitorConfig of(String user, Secret password) {
        return new MonitorConfig(
                user,
                password,
                ConfigKeys.MONITOR_INTERVAL.defaultValue(),
                ConfigKeys.MONITOR_TIMEOUT.defaultValue(),
                ConfigKeys.MONITOR_MAX_LAG.defaultValue());
    }
}
