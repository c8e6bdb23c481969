package dev.sluice.benchmarks;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import java.time.Duration;

/** The servers that the benchmarks choose from: online, and nothing known of what they have executed. Immutable. */
final class SampleServers {
    private SampleServers() {}

    /** The address of a server; nobody connects to it. */
    static BackendAddress address(int ordinal) {
        return new BackendAddress("server" + ordinal, BackendAddress.DEFAULT_PORT);
    }

    /** A server of weight 1. */
    static BackendStatus server(int ordinal, Role role) {
        return server(ordinal, role, 1);
    }

    /** A server of any weight. */
    static BackendStatus server(int ordinal, Role role, int weight) {
        return new BackendStatus(
                ordinal,
                address(ordinal),
                role,
                Health.ONLINE,
                OperatorState.ACTIVE,
                weight,
                null,
                Duration.ZERO,
                GtidPosition.UNKNOWN,
                null,
                null);
    }
}
