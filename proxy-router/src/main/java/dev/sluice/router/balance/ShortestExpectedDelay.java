package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/**
 * Chooses the backend that will be done with this statement first if weights are speeds: the one with the least
 * (statements in flight + 1) / weight. Confined to the session's event loop.
 *
 * <p>While little runs, that is always the heaviest: a lighter one gets its first statement only when the queue of the
 * heavy one has become longer than the lighter one is slow. {@link NeverQueue} is the same without that reserve.
 */
public final class ShortestExpectedDelay implements Balancer {
    private final WeightedRoundRobin ties = new WeightedRoundRobin();

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        long candidates = Candidates.of(topology, eligible);
        long tied = Candidates.leastBusy(topology, candidates, load, 1, true);
        return Candidates.isSingle(tied) ? Long.numberOfTrailingZeros(tied) : ties.choose(topology, tied, load, keys);
    }
}
