package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;
import java.util.SplittableRandom;

/**
 * Draws two backends at random, by weight, and takes the one that promises the sooner answer. Confined to the session's
 * event loop.
 *
 * <p>The promise is the latency of late, multiplied by one more than the statements in flight, those counted relative to
 * the backend's weight. The second draw wins only if it is clearly better: servers that are about equal share by weight
 * instead of following noise. Two draws instead of the best of all keep many event loops and proxies, none of which sees
 * the others' statements, from running to the same server at once. A backend of which no latency is known is judged by its
 * statements in flight.
 */
public final class TwoChoices implements Balancer {
    /** The second draw must promise at most this part of the first one's time. */
    private static final double CLEARLY_BETTER = 0.75;

    private final SplittableRandom random;

    /** @param random the source of the draws; belongs to this balancer alone */
    public TwoChoices(SplittableRandom random) {
        this.random = random;
    }

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        long candidates = Candidates.of(topology, eligible);
        if (candidates == 0) {
            return -1;
        }
        if (Candidates.isSingle(candidates)) {
            return Long.numberOfTrailingZeros(candidates);
        }
        long total = 0;
        for (long open = candidates; open != 0; open &= open - 1) {
            total += Candidates.weight(topology, Long.numberOfTrailingZeros(open));
        }
        int first = draw(topology, candidates, total);
        long firstWeight = Candidates.weight(topology, first);
        int second = draw(topology, candidates & ~(1L << first), total - firstWeight);
        long firstLatency = load.latencyNanos(first, keys.nowNanos());
        long secondLatency = load.latencyNanos(second, keys.nowNanos());
        boolean known = firstLatency > 0 && secondLatency > 0;
        double mean = (double) total / Long.bitCount(candidates);
        double firstTime = (known ? firstLatency : 1) * (1 + load.inFlight(first) * mean / firstWeight);
        double secondTime =
                (known ? secondLatency : 1) * (1 + load.inFlight(second) * mean / Candidates.weight(topology, second));
        return secondTime < firstTime * CLEARLY_BETTER ? second : first;
    }

    private int draw(Topology topology, long candidates, long total) {
        long left = random.nextLong(total);
        long open = candidates;
        while (true) {
            int ordinal = Long.numberOfTrailingZeros(open);
            left -= Candidates.weight(topology, ordinal);
            open &= open - 1;
            if (left < 0 || open == 0) {
                return ordinal;
            }
        }
    }
}
