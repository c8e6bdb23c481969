package dev.sluice.router.topology;

import java.time.Duration;

/**
 * How a topology is read. Immutable.
 *
 * @param lagMax a replica further behind gets no new reads while there is a primary to take them
 */
public record TopologyPolicy(Duration lagMax) {
    /** Ten seconds of lag are tolerated. */
    public static final TopologyPolicy DEFAULT = new TopologyPolicy(Duration.ofSeconds(10));

    /** Checks the range. */
    public TopologyPolicy {
        if (lagMax.isNegative()) {
            throw new IllegalArgumentException("lagMax must not be negative");
        }
    }
}
