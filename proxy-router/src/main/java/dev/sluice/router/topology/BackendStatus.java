package dev.sluice.router.topology;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One backend as one {@link Topology} sees it. Immutable.
 *
 * @param ordinal 0 to 63; stays the same for as long as the backend is configured and is its bit in every mask
 * @param address where it listens
 * @param role what it is in the replication topology
 * @param health what the monitor thinks of it
 * @param operatorState what the operator wants of it
 * @param weight its share of the reads relative to others at this moment; 0 keeps reads away from it. After trouble it is
 *     less than the configured one for a while, and then the weights of all backends are in tenths of the configured ones
 * @param zone the failure domain or data centre it is in; null if not configured
 * @param lag how far it is behind the primary; null if unknown, which counts as too far
 * @param executed what it has executed; the last known value while it is unreachable
 * @param facts what it said about itself; null until it was reached once
 * @param problem one sentence for the operator; null if there is nothing to say
 * @param allowance what it is allowed after trouble, and what it would be without
 */
public record BackendStatus(
        int ordinal,
        BackendAddress address,
        Role role,
        Health health,
        OperatorState operatorState,
        int weight,
        @Nullable String zone,
        @Nullable Duration lag,
        GtidPosition executed,
        @Nullable ServerFacts facts,
        @Nullable String problem,
        Allowance allowance) {

    /**
     * What a backend is allowed after trouble. Immutable.
     *
     * @param configuredWeight its share of the reads without trouble
     * @param admission the opinion of its circuit breaker
     */
    public record Allowance(int configuredWeight, Admission admission) {}

    /** A backend without trouble. */
    public BackendStatus(
            int ordinal,
            BackendAddress address,
            Role role,
            Health health,
            OperatorState operatorState,
            int weight,
            @Nullable String zone,
            @Nullable Duration lag,
            GtidPosition executed,
            @Nullable ServerFacts facts,
            @Nullable String problem) {
        this(
                ordinal,
                address,
                role,
                health,
                operatorState,
                weight,
                zone,
                lag,
                executed,
                facts,
                problem,
                new Allowance(weight, Admission.FULL));
    }

    /** Checks the ranges. */
    public BackendStatus {
        if (ordinal < 0 || ordinal > Topology.ORDINAL_MAX) {
            throw new IllegalArgumentException("ordinal must be 0 to " + Topology.ORDINAL_MAX + ", not " + ordinal);
        }
        if (weight < 0 || weight > Topology.WEIGHT_MAX) {
            throw new IllegalArgumentException("weight must be 0 to " + Topology.WEIGHT_MAX + ", not " + weight);
        }
    }

    /** The weight that the operator gave it. */
    public int configuredWeight() {
        return allowance.configuredWeight();
    }

    /** How much new work it may get after trouble. */
    public Admission admission() {
        return allowance.admission();
    }

    /** Whether new work of any kind may be given to it. */
    public boolean isUsable() {
        return health == Health.ONLINE && operatorState == OperatorState.ACTIVE;
    }

    /** The bit of this backend in a mask of ordinals. */
    public long bit() {
        return 1L << ordinal;
    }
}
