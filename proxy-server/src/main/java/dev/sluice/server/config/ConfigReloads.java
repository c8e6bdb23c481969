package dev.sluice.server.config;

import java.util.Set;

/** Which keys of the file take effect without a restart. Functions only. */
public final class ConfigReloads {
    private static final Set<String> LIVE = Set.of(
            ConfigKeys.BACKEND_ADDRESS.path(),
            ConfigKeys.BACKEND_WEIGHT.path(),
            ConfigKeys.BACKEND_ZONE.path(),
            ConfigKeys.BACKEND_MAX_CONNECTIONS.path(),
            ConfigKeys.ROUTING_READ_SPLITTING.path(),
            ConfigKeys.ROUTING_CONSISTENCY.path(),
            ConfigKeys.ROUTING_USER_NAME.path(),
            ConfigKeys.ROUTING_USER_CONSISTENCY.path(),
            ConfigKeys.ROUTING_CAUSAL_WAIT.path(),
            ConfigKeys.ROUTING_BALANCE_CLIENT.path(),
            ConfigKeys.POOL_MAX_CONNECTIONS_PER_BACKEND.path(),
            ConfigKeys.POOL_MAX_CONNECTIONS.path(),
            ConfigKeys.POOL_IDLE_TIMEOUT.path(),
            ConfigKeys.POOL_MAX_AGE.path(),
            ConfigKeys.POOL_ACQUIRE_TIMEOUT.path(),
            ConfigKeys.POOL_PRIMARY_TIMEOUT.path(),
            ConfigKeys.POOL_WAITING_MAX.path(),
            ConfigKeys.POOL_WAITING_BYTES_MAX.path(),
            ConfigKeys.ACCESS_ALLOW.path(),
            ConfigKeys.ACCESS_DENY.path(),
            ConfigKeys.ACCESS_PROXIES.path(),
            ConfigKeys.LIMITS_MAX_CONNECTIONS.path(),
            ConfigKeys.LIMITS_MAX_CONNECTIONS_PER_USER.path(),
            ConfigKeys.LIMITS_MAX_CONNECTIONS_PER_ADDRESS.path(),
            ConfigKeys.LIMITS_LOGIN_ATTEMPTS.path(),
            ConfigKeys.LIMITS_LOGIN_ATTEMPTS_BURST.path(),
            ConfigKeys.LIMITS_SHARED_ADDRESSES.path(),
            ConfigKeys.LIMITS_CONNECT_PHASE_TIMEOUT.path(),
            ConfigKeys.ADMIN_LOGIN_ATTEMPTS.path(),
            ConfigKeys.LIMITS_IDLE_TIMEOUT.path(),
            ConfigKeys.LIMITS_NET_WRITE_TIMEOUT.path(),
            ConfigKeys.LIMITS_BUFFERED_BYTES.path(),
            ConfigKeys.LIMITS_PREPARED_STATEMENTS_MAX.path(),
            ConfigKeys.LIMITS_PREPARED_TEXTS.path(),
            ConfigKeys.TLS_FRONTEND_MODE.path(),
            ConfigKeys.TLS_FRONTEND_CERT.path(),
            ConfigKeys.TLS_FRONTEND_KEY.path(),
            ConfigKeys.TLS_FRONTEND_CLIENT_CERTIFICATES.path(),
            ConfigKeys.TLS_FRONTEND_CLIENT_CA.path(),
            ConfigKeys.TLS_BACKEND_MODE.path(),
            ConfigKeys.TLS_BACKEND_CA.path(),
            ConfigKeys.TLS_BACKEND_VERIFY_IDENTITY.path(),
            ConfigKeys.TLS_BACKEND_CERT.path(),
            ConfigKeys.TLS_BACKEND_KEY.path());

    private ConfigReloads() {}

    /** Whether a key, for example {@code pool.max-age}, takes effect when the file is read again. */
    public static boolean isLive(String path) {
        return LIVE.contains(path);
    }
}
