package dev.sluice.router.balance;

import java.util.SplittableRandom;

/** The balancers by the short names that load balancers have for them, and how to make one. Immutable. */
public enum BalancerKind {
    /** {@link RoundRobin}. */
    RR,
    /** {@link WeightedRoundRobin}. */
    WRR,
    /** {@link LeastConnections}. */
    LC,
    /** {@link WeightedLeastConnections}. */
    WLC,
    /** {@link ShortestExpectedDelay}. */
    SED,
    /** {@link NeverQueue}. */
    NQ,
    /** {@link SourceHash}. */
    SH,
    /** {@link StatementHash}. */
    DH,
    /** {@link Locality}. */
    LBLC,
    /** {@link ReplicatedLocality}. */
    LBLCR,
    /** {@link TwoChoices}. */
    P2C;

    /** A new balancer for one event loop. */
    public Balancer create() {
        return switch (this) {
            case RR -> new RoundRobin();
            case WRR -> new WeightedRoundRobin();
            case LC -> new LeastConnections();
            case WLC -> new WeightedLeastConnections();
            case SED -> new ShortestExpectedDelay();
            case NQ -> new NeverQueue();
            case SH -> new SourceHash();
            case DH -> new StatementHash();
            case LBLC -> new Locality();
            case LBLCR -> new ReplicatedLocality();
            case P2C -> new TwoChoices(new SplittableRandom());
        };
    }
}
