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
 * @param discover whether servers found in replication metadata are used
 * @param slowStart time in which the reads of a replica that had trouble grow back
 * @param heartbeat the row by which lag is measured
 */
public record MonitorConfig(
        String user,
        Secret password,
        Duration interval,
        Duration timeout,
        Duration maxLag,
        boolean discover,
        Duration slowStart,
        HeartbeatConfig heartbeat) {
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
                ConfigKeys.MONITOR_DISCOVER.defaultValue(),
                ConfigKeys.MONITOR_SLOW_START.defaultValue(),
                HeartbeatConfig.OFF);
    }

    /** The same with discovered servers used or not. */
    public MonitorConfig withDiscover(boolean on) {
        return new MonitorConfig(user, password, interval, timeout, maxLag, on, slowStart, heartbeat);
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
