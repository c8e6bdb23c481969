package dev.sluice.router.topology;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is configured for one backend and what its last probe found; the input of {@link TopologyResolver}. Immutable.
 *
 * @param ordinal 0 to 63; stable while the backend is configured
 * @param address where it listens
 * @param operatorState what the operator wants of it
 * @param weight its share of the reads
 * @param zone its zone; null if not configured
 * @param health whether the last probe got a useful answer
 * @param readOnly whether it refuses writes of ordinary accounts; meaningful while {@code ONLINE} only
 * @param channels its replication channels; empty if it has none or does not tell
 * @param executed what it has executed; {@link GtidPosition#UNKNOWN} if not known
 * @param facts what it said about itself; null if not known
 * @param problem one sentence for the operator; null if there is nothing to say
 */
public record BackendObservation(
        int ordinal,
        BackendAddress address,
        OperatorState operatorState,
        int weight,
        @Nullable String zone,
        Health health,
        boolean readOnly,
        List<ReplicationChannel> channels,
        GtidPosition executed,
        @Nullable ServerFacts facts,
        @Nullable String problem) {
    /** Copies the list. */
    public BackendObservation {
        channels = List.copyOf(channels);
    }

    /**
     * This observation with what was known about the server before, if it gives no answer now: who it is matters most when
     * it is gone, to tell which of the others were its replicas.
     */
    BackendObservation remembering(@Nullable BackendStatus before) {
        if (health == Health.ONLINE || before == null || !before.address().equals(address)) {
            return this;
        }
        return new BackendObservation(
                ordinal,
                address,
                operatorState,
                weight,
                zone,
                health,
                readOnly,
                channels,
                executed == GtidPosition.UNKNOWN ? before.executed() : executed,
                facts == null ? before.facts() : facts,
                problem);
    }

    boolean isUsable() {
        return health == Health.ONLINE && operatorState == OperatorState.ACTIVE;
    }
}
