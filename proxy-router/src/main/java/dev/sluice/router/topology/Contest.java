package dev.sluice.router.topology;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Servers that have accepted writes beside the primary, and what keeps each of them from its place; the rule is in
 * {@link TopologyResolver}. Immutable.
 */
final class Contest {
    private final List<BackendObservation> observations;
    private final ReplicationGraph graph;
    private final @Nullable BackendObservation incumbent;
    private final long contenders;

    /** The contest so far, by what is seen now; {@code candidates} are those that could be the primary at this moment. */
    Contest(
            Topology previous,
            List<BackendObservation> observations,
            ReplicationGraph graph,
            List<BackendObservation> candidates) {
        this.observations = observations;
        this.graph = graph;
        this.incumbent = observations.stream()
                .filter(server -> server.ordinal() == previous.lastPrimaryOrdinal())
                .findFirst()
                .orElse(null);
        boolean sameIncumbent = incumbent != null || previous.lastPrimaryOrdinal() < 0;
        this.contenders = (sameIncumbent ? carriedOn(previous) : 0) | joining(candidates);
    }

    /** Bit mask over ordinals of the contenders, if the election has ended with that primary. */
    long contendersAfter(@Nullable BackendObservation primary) {
        return primary == null || primary.equals(incumbent) ? contenders : 0;
    }

    private long carriedOn(Topology previous) {
        long still = 0;
        for (BackendObservation server : observations) {
            BackendStatus before = previous.find(server.ordinal());
            boolean sameServer = before != null && before.address().equals(server.address());
            if (sameServer && !hasStoodBack(server)) {
                still |= previous.contenders() & 1L << server.ordinal();
            }
        }
        return still;
    }

    private boolean hasStoodBack(BackendObservation server) {
        return server.health() == Health.ONLINE
                && (server.readOnly()
                        || (graph.followsConfiguredBackend(server) && !graph.isFollowedByItsSource(server)));
    }

    private long joining(List<BackendObservation> candidates) {
        long joining = 0;
        for (BackendObservation candidate : candidates) {
            boolean joins = incumbent != null
                    ? candidates.contains(incumbent) && isRivalOf(candidate, incumbent)
                    : candidates.stream()
                            .anyMatch(other -> other.ordinal() != candidate.ordinal() && !candidate.isInGroupOf(other));
            joining |= joins ? 1L << candidate.ordinal() : 0;
        }
        return joining;
    }

    /**
     * What was read from two servers was not read at one moment. Only an incumbent that is seen to take writes after the
     * other one was seen to take them proves that both did; the other order is that of every quick promotion.
     */
    private static boolean isRivalOf(BackendObservation server, BackendObservation incumbent) {
        return !server.equals(incumbent)
                && !server.isInGroupOf(incumbent)
                && incumbent.cluster().read().isAfter(server.cluster().read());
    }

    /** The server whose writes the candidate may lack, so that it must not be elected; null if it may be. */
    @Nullable
    BackendObservation obstacle(BackendObservation candidate) {
        if ((contenders & 1L << candidate.ordinal()) == 0) {
            return null;
        }
        if (incumbent != null) {
            return blocks(incumbent, candidate) ? incumbent : null;
        }
        return observations.stream()
                .filter(server -> (contenders & 1L << server.ordinal()) != 0 && blocks(server, candidate))
                .findFirst()
                .orElse(null);
    }

    private boolean blocks(BackendObservation rival, BackendObservation candidate) {
        return rival.ordinal() != candidate.ordinal()
                && rival.operatorState() == OperatorState.ACTIVE
                && !(rival.health() == Health.ONLINE && graph.follows(rival, candidate))
                && !(hasComparablePosition(rival) && hasAll(candidate.executed(), rival.executed()));
    }

    /** A server without GTIDs has an old position, or an empty one, which everything contains. */
    private static boolean hasComparablePosition(BackendObservation server) {
        ServerFacts facts = server.facts();
        return facts != null
                && facts.tracksGtids()
                && server.executed() != GtidPosition.UNKNOWN
                && !server.executed().isEmpty();
    }

    /** On MariaDB both may have given the same sequence numbers to writes of their own, so that only equality proves it. */
    private static boolean hasAll(GtidPosition executed, GtidPosition required) {
        return required instanceof MariaDbGtidPosition ? executed.equals(required) : executed.contains(required);
    }

    /** What is to be done about a candidate that must not be elected because of that server. */
    static String alarm(BackendObservation candidate, BackendObservation obstacle) {
        boolean comparable = hasComparablePosition(obstacle) && obstacle.executed() instanceof GtidSet;
        return "no primary: " + candidate.address() + " accepts writes but "
                + (comparable ? "lacks" : "may lack") + " writes of " + obstacle.address() + ", which "
                + (obstacle.health() == Health.ONLINE ? "takes no writes" : "does not answer") + "; drain or remove "
                + obstacle.address() + " to let " + candidate.address() + " lead";
    }
}
