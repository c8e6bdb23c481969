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
 * @param discover what becomes of servers that nobody listed
 * @param slowStart time in which the reads of a replica that had trouble grow back
 * @param heartbeat the row by which lag is measured
 */
public record MonitorConfig(
        String user,
        Secret password,
        Duration interval,
        Duration timeout,
        Duration maxLag,
        DiscoverConfig discover,
        Duration slowStart,
        HeartbeatConfig heartbeat) {
    /**
     * What becomes of servers that nobody listed. Immutable.
     *
     * @param use whether servers found in replication metadata are used
     * @param keep how long one stays in use that replication does not name any more
     */
    public record DiscoverConfig(boolean use, Duration keep) {
        /** They are not used. */
        public static final DiscoverConfig OFF = new DiscoverConfig(
                ConfigKeys.MONITOR_DISCOVER.defaultValue(), ConfigKeys.MONITOR_DISCOVER_KEEP.defaultValue());

        /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
        public DiscoverConfig {
            ConfigKeys.MONITOR_DISCOVER_KEEP.require(keep);
        }
    }

    /**
     * The row by which lag is measured. Immutable.
     *
     * @param mode whether it is used, and who writes it
     * @param table schema and table
     */
    public record HeartbeatConfig(HeartbeatMode mode, String table) {
        /** No heartbeat. */
        public static final HeartbeatConfig OFF = new HeartbeatConfig(
                ConfigKeys.MONITOR_HEARTBEAT.defaultValue(), ConfigKeys.MONITOR_HEARTBEAT_TABLE.defaultValue());

        /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
        public HeartbeatConfig {
            ConfigKeys.MONITOR_HEARTBEAT.require(mode);
            ConfigKeys.MONITOR_HEARTBEAT_TABLE.require(table);
        }
    }

    /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
    public MonitorConfig {
        Objects.requireNonNull(password, "password");
        Objects.requireNonNull(discover, "discover");
        ConfigKeys.MONITOR_USER.require(user);
        ConfigKeys.MONITOR_INTERVAL.require(interval);
        ConfigKeys.MONITOR_TIMEOUT.require(timeout);
        ConfigKeys.MONITOR_MAX_LAG.require(maxLag);
        ConfigKeys.MONITOR_SLOW_START.require(slowStart);
    }

    /** With the default slow start, without a heartbeat, and without using what is discovered. */
    public MonitorConfig(String user, Secret password, Duration interval, Duration timeout, Duration maxLag) {
        this(
                user,
                password,
                interval,
                timeout,
                maxLag,
                DiscoverConfig.OFF,
                ConfigKeys.MONITOR_SLOW_START.defaultValue(),
                HeartbeatConfig.OFF);
    }

    /** The same with something else done about servers that nobody listed. */
    public MonitorConfig withDiscover(DiscoverConfig other) {
        return new MonitorConfig(user, password, interval, timeout, maxLag, other, slowStart, heartbeat);
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
