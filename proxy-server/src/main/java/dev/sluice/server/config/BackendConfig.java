package dev.sluice.server.config;

import java.util.Objects;
import java.util.Optional;

/**
 * One MySQL server that may be routed to. Its role is discovered, not configured. Immutable.
 *
 * @param address where it listens
 * @param weight its share of the reads relative to the others, 0 to 1000; 0 takes no reads
 * @param zone where it stands, compared with {@link BalanceConfig#zone()}
 * @param maxConnections connections to it over all event loops and users
 */
public record BackendConfig(HostPort address, int weight, Optional<String> zone, int maxConnections) {
    /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
    public BackendConfig {
        Objects.requireNonNull(zone, "zone");
        ConfigKeys.BACKEND_ADDRESS.require(address);
        zone.ifPresent(ConfigKeys.BACKEND_ZONE::require);
        ConfigKeys.BACKEND_WEIGHT.require(weight);
        ConfigKeys.BACKEND_MAX_CONNECTIONS.require(maxConnections);
    }

    /** A backend of which only the address is given. */
    public static BackendConfig of(HostPort address) {
        return new BackendConfig(
                address,
                ConfigKeys.BACKEND_WEIGHT.defaultValue(),
                Optional.empty(),
                ConfigKeys.POOL_MAX_CONNECTIONS_PER_BACKEND.defaultValue());
    }
}
