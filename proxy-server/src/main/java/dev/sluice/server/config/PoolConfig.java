package dev.sluice.server.config;

import java.time.Duration;
import java.util.Objects;

/**
 * The bounds of the pools of backend connections. Immutable.
 *
 * @param maxConnectionsPerBackend connections to one server over all event loops and users, unless it says otherwise
 * @param maxConnections connections to all servers together; 0 for no bound of their own
 * @param idleTimeout time after which an unused connection is closed
 * @param maxAge time after which a connection is closed at its next return
 * @param acquireTimeout time a statement waits for a connection before it fails
 * @param waiting the bounds of those that wait
 * @param connectTimeout time for the TCP connection, TLS and login to a server together
 * @param proxyProtocol how servers are told which client a connection is for
 */
public record PoolConfig(
        int maxConnectionsPerBackend,
        int maxConnections,
        Duration idleTimeout,
        Duration maxAge,
        Duration acquireTimeout,
        Waiting waiting,
        Duration connectTimeout,
        ProxyProtocol proxyProtocol) {
    /**
     * The bounds of the statements that wait for a connection or a primary, over all event loops. Immutable.
     *
     * @param max how many may wait at the same time
     * @param bytesMax memory that they may hold together, in bytes
     * @param primaryTimeout time a statement waits for a primary before it fails
     */
    public record Waiting(int max, int bytesMax, Duration primaryTimeout) {
        /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
        public Waiting {
            ConfigKeys.POOL_WAITING_MAX.require(max);
            ConfigKeys.POOL_WAITING_BYTES_MAX.require(bytesMax);
            ConfigKeys.POOL_PRIMARY_TIMEOUT.require(primaryTimeout);
        }

        /** What an absent section means. */
        public static Waiting defaults() {
            return new Waiting(
                    ConfigKeys.POOL_WAITING_MAX.defaultValue(),
                    ConfigKeys.POOL_WAITING_BYTES_MAX.defaultValue(),
                    ConfigKeys.POOL_PRIMARY_TIMEOUT.defaultValue());
        }
    }

    /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
    public PoolConfig {
        ConfigKeys.POOL_MAX_CONNECTIONS_PER_BACKEND.require(maxConnectionsPerBackend);
        ConfigKeys.POOL_MAX_CONNECTIONS.require(maxConnections);
        ConfigKeys.POOL_IDLE_TIMEOUT.require(idleTimeout);
        ConfigKeys.POOL_MAX_AGE.require(maxAge);
        ConfigKeys.POOL_ACQUIRE_TIMEOUT.require(acquireTimeout);
        ConfigKeys.POOL_CONNECT_TIMEOUT.require(connectTimeout);
        Objects.requireNonNull(proxyProtocol, "proxyProtocol");
    }

    /** What an absent section means. */
    public static PoolConfig defaults() {
        return new PoolConfig(
                ConfigKeys.POOL_MAX_CONNECTIONS_PER_BACKEND.defaultValue(),
                ConfigKeys.POOL_MAX_CONNECTIONS.defaultValue(),
                ConfigKeys.POOL_IDLE_TIMEOUT.defaultValue(),
                ConfigKeys.POOL_MAX_AGE.defaultValue(),
                ConfigKeys.POOL_ACQUIRE_TIMEOUT.defaultValue(),
                Waiting.defaults(),
                ConfigKeys.POOL_CONNECT_TIMEOUT.defaultValue(),
                ConfigKeys.POOL_PROXY_PROTOCOL.defaultValue());
    }
}
