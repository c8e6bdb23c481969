package dev.sluice.server.config;

import java.time.Duration;

/**
 * What clients may use up. Immutable.
 *
 * @param maxConnections client connections at the same time
 * @param perClient what one user or one address may use up
 * @param connectPhaseTimeout time from accepting a client to its successful login
 * @param idleTimeout time without a command after which a client is disconnected
 * @param netWriteTimeout time in which a client takes nothing of what waits for it, after which it is disconnected
 * @param frontendBuffer bytes waiting to be sent to a client beyond which its backend is not read
 * @param backendBuffer bytes waiting to be sent to a backend beyond which its client is not read
 * @param bufferedBytes bytes waiting to be sent to all clients
 * @param preparedStatementsMax prepared statements a session may hold
 * @param preparedTexts bytes for the prepared statements of all sessions
 */
public record LimitsConfig(
        int maxConnections,
        PerClient perClient,
        Duration connectPhaseTimeout,
        Duration idleTimeout,
        Duration netWriteTimeout,
        int frontendBuffer,
        int backendBuffer,
        int bufferedBytes,
        int preparedStatementsMax,
        int preparedTexts) {
    /**
     * What one user or one address may use up. Immutable.
     *
     * @param maxConnectionsPerUser connections of one user; 0 for no bound
     * @param maxConnectionsPerAddress connections of one address; 0 for no bound
     * @param loginAttemptsPerSecond logins that one address may begin in a second; 0 for no bound
     * @param loginAttemptsBurst logins that one address may begin at once
     * @param sharedAddresses networks whose addresses are not counted
     */
    public record PerClient(
            int maxConnectionsPerUser,
            int maxConnectionsPerAddress,
            int loginAttemptsPerSecond,
            int loginAttemptsBurst,
            AccessList sharedAddresses) {
        /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
        public PerClient {
            ConfigKeys.LIMITS_MAX_CONNECTIONS_PER_USER.require(maxConnectionsPerUser);
            ConfigKeys.LIMITS_MAX_CONNECTIONS_PER_ADDRESS.require(maxConnectionsPerAddress);
            ConfigKeys.LIMITS_LOGIN_ATTEMPTS.require(loginAttemptsPerSecond);
            ConfigKeys.LIMITS_LOGIN_ATTEMPTS_BURST.require(loginAttemptsBurst);
            ConfigKeys.LIMITS_SHARED_ADDRESSES.require(sharedAddresses);
        }

        /** What absent keys mean. */
        public static PerClient defaults() {
            return new PerClient(
                    ConfigKeys.LIMITS_MAX_CONNECTIONS_PER_USER.defaultValue(),
                    ConfigKeys.LIMITS_MAX_CONNECTIONS_PER_ADDRESS.defaultValue(),
                    ConfigKeys.LIMITS_LOGIN_ATTEMPTS.defaultValue(),
                    ConfigKeys.LIMITS_LOGIN_ATTEMPTS_BURST.defaultValue(),
                    ConfigKeys.LIMITS_SHARED_ADDRESSES.defaultValue());
        }
    }

    /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
    public LimitsConfig {
        ConfigKeys.LIMITS_MAX_CONNECTIONS.require(maxConnections);
        ConfigKeys.LIMITS_CONNECT_PHASE_TIMEOUT.require(connectPhaseTimeout);
        ConfigKeys.LIMITS_IDLE_TIMEOUT.require(idleTimeout);
        ConfigKeys.LIMITS_NET_WRITE_TIMEOUT.require(netWriteTimeout);
        ConfigKeys.LIMITS_FRONTEND_BUFFER.require(frontendBuffer);
        ConfigKeys.LIMITS_BACKEND_BUFFER.require(backendBuffer);
        ConfigKeys.LIMITS_BUFFERED_BYTES.require(bufferedBytes);
        ConfigKeys.LIMITS_PREPARED_STATEMENTS_MAX.require(preparedStatementsMax);
        ConfigKeys.LIMITS_PREPARED_TEXTS.require(preparedTexts);
    }

    /** What an absent section means. */
    public static LimitsConfig defaults() {
        return new LimitsConfig(
                ConfigKeys.LIMITS_MAX_CONNECTIONS.defaultValue(),
                PerClient.defaults(),
                ConfigKeys.LIMITS_CONNECT_PHASE_TIMEOUT.defaultValue(),
                ConfigKeys.LIMITS_IDLE_TIMEOUT.defaultValue(),
                ConfigKeys.LIMITS_NET_WRITE_TIMEOUT.defaultValue(),
                ConfigKeys.LIMITS_FRONTEND_BUFFER.defaultValue(),
                ConfigKeys.LIMITS_BACKEND_BUFFER.defaultValue(),
                ConfigKeys.LIMITS_BUFFERED_BYTES.defaultValue(),
                ConfigKeys.LIMITS_PREPARED_STATEMENTS_MAX.defaultValue(),
                ConfigKeys.LIMITS_PREPARED_TEXTS.defaultValue());
    }
}
