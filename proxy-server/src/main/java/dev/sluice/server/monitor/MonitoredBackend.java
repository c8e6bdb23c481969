package dev.sluice.server.monitor;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.OperatorState;
import org.jspecify.annotations.Nullable;

/**
 * One backend as configured: what the monitor does not discover. Immutable.
 *
 * @param ordinal 0 to 63; stays the backend's own while it is configured
 * @param address where it listens
 * @param operatorState what the operator wants of it
 * @param weight its share of the reads
 * @param zone its zone; null for none
 */
public record MonitoredBackend(
        int ordinal,
        BackendAddress address,
        OperatorState operatorState,
        int weight,
        @Nullable String zone) {
    /** Whether the monitor is to talk to it. */
    boolean isProbed() {
        return operatorState != OperatorState.OFFLINE;
    }

    /** Whether what is known of the other one holds for this one. */
    boolean isWatchedLike(MonitoredBackend other) {
        return address.equals(other.address) && isProbed() == other.isProbed();
    }

    MonitoredBackend with(OperatorState state) {
        return new MonitoredBackend(ordinal, address, state, weight, zone);
    }
}
