package dev.sluice.server.config;

import java.time.Duration;

/**
 * The bounds of the pools of backend connections. Immutable.
 *
 * @param maxConnectionsPerBackend connections to one server over all event loops and users, unless it says otherwise
 * @param idleTimeout time after which an unused connection is closed
 * @param maxAge time after which a connection is closed at its next return
 * @param acquireTimeout time a statement waits for a connection before it fails
 * @param waitingMax statements that may wait for a connection at the same time
 * @param connectTimeout time for the TCP connection, TLS and login to a server together
 */
public record PoolConfig(
        int maxConnectionsPerBackend,
        Duration idleTimeout,
        Duration maxAge,
        Duration acquireTimeout,
        int waitingMax,
        Duration connectTimeout) {
    /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
    public PoolConfig {
        ConfigKeys.POOL_MAX_CONNECTIONS_PER_BACKEND.require(maxConnectionsPerBackend);
        ConfigKeys.POOL_IDLE_TIMEOUT.require(idleTimeout);
        ConfigKeys.POOL_MAX_AGE.require(maxAge);
        ConfigKeys.POOL_ACQUIRE_TIMEOUT.require(acquireTimeout);
        ConfigKeys.POOL_WAITING_MAX.require(waitingMax);
        ConfigKeys.POOL_CONNECT_TIMEOUT.require(connectTimeout);
    }

    /** What an absent section means. */
    public static PoolConfig defaults() {
        return new PoolConfig(
                ConfigKeys.POOL_MAX_CONNECTIONS_PER_BACKEND.defaultValue(),
                ConfigKeys.POOL_IDLE_TIMEOUT.defaultValue(),
                ConfigKeys.POOL_MAX_AGE.defaultValue(),
                ConfigKeys.POOL_ACQUIRE_TIMEOUT.defaultValue(),
                ConfigKeys.POOL_WAITING_MAX.defaultValue(),
                ConfigKeys.POOL_CONNECT_TIMEOUT.defaultValue());
    }
}
