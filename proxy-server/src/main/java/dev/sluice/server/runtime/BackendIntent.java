package dev.sluice.server.runtime;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.config.BackendConfig;
import dev.sluice.server.config.HostPort;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an operator wants of one backend. Immutable.
 *
 * @param address where it listens
 * @param weight its share of the reads
 * @param zone where it stands; null for nowhere in particular
 * @param connectionsMax connections to it at most
 * @param state whether it is to be used
 */
public record BackendIntent(
        HostPort address, int weight, @Nullable String zone, int connectionsMax, OperatorState state) {
    static BackendIntent of(BackendConfig config) {
        return new BackendIntent(
                config.address(),
                config.weight(),
                config.zone().orElse(null),
                config.maxConnections(),
                OperatorState.ACTIVE);
    }

    /** {@link IllegalArgumentException} for what a file could not hold. */
    BackendConfig toConfig() {
        return new BackendConfig(address, weight, Optional.ofNullable(zone), connectionsMax);
    }

    BackendAddress backendAddress() {
        return new BackendAddress(address.host(), address.port());
    }

    BackendIntent withWeight(int other) {
        return new BackendIntent(address, other, zone, connectionsMax, state);
    }

    BackendIntent withZone(@Nullable String other) {
        return new BackendIntent(address, weight, other, connectionsMax, state);
    }

    BackendIntent withConnectionsMax(int other) {
        return new BackendIntent(address, weight, zone, other, state);
    }

    BackendIntent withState(OperatorState other) {
        return new BackendIntent(address, weight, zone, connectionsMax, other);
    }
}
