package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/**
 * Chooses an idle backend if there is one, even a slow one, and otherwise by {@link ShortestExpectedDelay}; several idle
 * ones share by weight. Confined to the session's event loop.
 */
public final class NeverQueue implements Balancer {
    private final WeightedRoundRobin idleOnes = new WeightedRoundRobin();
    private final ShortestExpectedDelay busyOnes = new ShortestExpectedDelay();

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        long candidates = Candidates.of(topology, eligible);
        long idle = 0;
        for (long open = candidates; open != 0; open &= open - 1) {
            int ordinal = Long.numberOfTrailingZeros(open);
            if (load.inFlight(ordinal) <= 0) {
                idle |= 1L << ordinal;
            }
        }
        return idle != 0
                ? idleOnes.choose(topology, idle, load, keys)
                : busyOnes.choose(topology, candidates, load, keys);
    }
}
