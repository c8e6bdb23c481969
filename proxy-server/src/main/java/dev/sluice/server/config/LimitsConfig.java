package dev.sluice.server.config;

import java.time.Duration;

/**
 * What clients may use up. Immutable.
 *
 * @param maxConnections client connections at the same time
 * @param connectPhaseTimeout time from accepting a client to its successful login
 * @param idleTimeout time without a command after which a client is disconnected
 * @param frontendBuffer bytes waiting to be sent to a client beyond which its backend is not read
 * @param backendBuffer bytes waiting to be sent to a backend beyond which its client is not read
 * @param preparedStatementsMax prepared statements a session may hold
 * @param preparedTexts bytes for the prepared statements of all sessions
 */
public record LimitsConfig(
        int maxConnections,
        Duration connectPhaseTimeout,
        Duration idleTimeout,
        int frontendBuffer,
        int backendBuffer,
        int preparedStatementsMax,
        int preparedTexts) {
    /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
    public LimitsConfig {
        ConfigKeys.LIMITS_MAX_CONNECTIONS.require(maxConnections);
        ConfigKeys.LIMITS_CONNECT_PHASE_TIMEOUT.require(connectPhaseTimeout);
        ConfigKeys.LIMITS_IDLE_TIMEOUT.require(idleTimeout);
        ConfigKeys.LIMITS_FRONTEND_BUFFER.require(frontendBuffer);
        ConfigKeys.LIMITS_BACKEND_BUFFER.require(backendBuffer);
        ConfigKeys.LIMITS_PREPARED_STATEMENTS_MAX.require(preparedStatementsMax);
        ConfigKeys.LIMITS_PREPARED_TEXTS.require(preparedTexts);
    }

    /** What an absent section means. */
    public static LimitsConfig defaults() {
        return new LimitsConfig(
                ConfigKeys.LIMITS_MAX_CONNECTIONS.defaultValue(),
                ConfigKeys.LIMITS_CONNECT_PHASE_TIMEOUT.defaultValue(),
                ConfigKeys.LIMITS_IDLE_TIMEOUT.defaultValue(),
                ConfigKeys.LIMITS_FRONTEND_BUFFER.defaultValue(),
                ConfigKeys.LIMITS_BACKEND_BUFFER.defaultValue(),
                ConfigKeys.LIMITS_PREPARED_STATEMENTS_MAX.defaultValue(),
                ConfigKeys.LIMITS_PREPARED_TEXTS.defaultValue());
    }
}
