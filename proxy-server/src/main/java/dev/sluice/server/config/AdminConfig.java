package dev.sluice.server.config;

import java.util.Objects;
import java.util.Optional;

/**
 * The doors for operators. Immutable.
 *
 * @param port the admin port; nothing is opened without it
 * @param apiToken what a request to {@code /api/v1} must bring; the API is off without it
 * @param allowRemote whether operators may come from another host
 * @param loginAttemptsPerSecond logins and requests of one address that may fail in a second; 0 for no bound
 */
public record AdminConfig(
        Optional<Port> port, Optional<Secret> apiToken, boolean allowRemote, int loginAttemptsPerSecond) {
    /** Rejects absent parts, and an address for other hosts that was not allowed, with {@link IllegalArgumentException}. */
    public AdminConfig {
        Objects.requireNonNull(port, "port");
        Objects.requireNonNull(apiToken, "apiToken");
        ConfigKeys.ADMIN_LOGIN_ATTEMPTS.require(loginAttemptsPerSecond);
        if (!allowRemote && port.isPresent() && !port.orElseThrow().listen().isLoopback()) {
            throw new IllegalArgumentException("admin.listen: "
                    + port.orElseThrow().listen() + " is not a loopback address, which needs admin.allow-remote");
        }
        if (apiToken.isPresent() && apiToken.orElseThrow().reveal().isBlank()) {
            throw new IllegalArgumentException("admin.token is empty");
        }
    }

    /** What an absent section means: no door. */
    public static AdminConfig defaults() {
        return new AdminConfig(
                Optional.empty(),
                Optional.empty(),
                ConfigKeys.ADMIN_ALLOW_REMOTE.defaultValue(),
                ConfigKeys.ADMIN_LOGIN_ATTEMPTS.defaultValue());
    }

    /**
     * The port that speaks MySQL's protocol. Immutable.
     *
     * @param listen where; port 0 takes any free port
     * @param user its one account
     * @param password of that account, not empty
     */
    public record Port(HostPort listen, String user, Secret password) {
        /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
        public Port {
            ConfigKeys.ADMIN_LISTEN.require(listen);
            ConfigKeys.ADMIN_USER.require(user);
            if (password.reveal().isEmpty()) {
                throw new IllegalArgumentException("admin.password is empty");
            }
        }
    }
}
