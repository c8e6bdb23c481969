package dev.sluice.router.balance;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The balancers by the names that a configuration uses, and how to make one. Immutable. */
public enum BalancerKind {
    /** {@link WeightedRoundRobin}. */
    WEIGHTED_ROUND_ROBIN,
    /** {@link LeastConnections}. */
    LEAST_CONNECTIONS;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The name in a configuration: lower case with hyphens. */
    public String label() {
        return label;
    }

    /**
     * A new balancer for one event loop.
     *
     * @param zone the zone to prefer; null for no preference
     */
    public Balancer create(@Nullable String zone) {
        Balancer balancer = switch (this) {
            case WEIGHTED_ROUND_ROBIN -> new WeightedRoundRobin();
            case LEAST_CONNECTIONS -> new LeastConnections();
        };
        return zone == null ? balancer : new ZonePreference(balancer, zone);
    }
}
