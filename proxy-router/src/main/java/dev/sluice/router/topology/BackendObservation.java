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
 * @param cluster what the probe found beyond the server itself, and what the proxy measured
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
        @Nullable String problem,
        Surroundings cluster) {

    /**
     * What is known of a server beyond what it is by itself. Immutable.
     *
     * @param group its place in a group that keeps itself in step; null if it is in none
     * @param peers other servers that its metadata name, sources of its channels aside
     * @param measured how far behind the proxy finds it
     * @param admission how much new work it may get after trouble
     * @param read when all this was read from the server
     */
    public record Surroundings(
            @Nullable GroupMembership group, List<Peer> peers, MeasuredLag measured, Admission admission, Moment read) {
        /** A server alone, without trouble. */
        public static final Surroundings NONE =
                new Surroundings(null, List.of(), MeasuredLag.UNKNOWN, Admission.FULL, Moment.NONE);

        /** Copies the list. */
        public Surroundings {
            peers = List.copyOf(peers);
        }
    }

    /** When a server was asked and when its answer was complete, on the monotonic clock. Immutable. */
    public record Moment(long beganNanos, long endedNanos) {
        /** Nothing was read. */
        public static final Moment NONE = new Moment(0, 0);

        boolean isAfter(Moment other) {
            return !equals(NONE) && !other.equals(NONE) && beganNanos - other.endedNanos > 0;
        }
    }

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
                problem,
                cluster);
    }

    /** Whether the server is in a group but must not be used, because it is not in step with it. */
    boolean isOutOfStep() {
        return cluster.group() != null && !cluster.group().isInStep();
    }

    /** Whether both are in step in the same group, so that two of them being writable is no conflict. */
    boolean isInGroupOf(BackendObservation other) {
        GroupMembership own = cluster.group();
        GroupMembership others = other.cluster().group();
        return own != null
                && others != null
                && own.isInStep()
                && others.isInStep()
                && own.groupId().equals(others.groupId());
    }

    boolean isUsable() {
        return health == Health.ONLINE && operatorState == OperatorState.ACTIVE;
    }
}
