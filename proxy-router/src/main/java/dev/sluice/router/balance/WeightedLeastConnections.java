package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/**
 * Chooses the backend with the fewest statements in flight for its weight. Confined to the session's event loop.
 *
 * <p>Equally busy backends share by weighted round robin, so that a proxy with little to do, where everything is a tie at
 * zero, does not send all of it to one server.
 */
public final class WeightedLeastConnections implements Balancer {
    private final WeightedRoundRobin ties = new WeightedRoundRobin();

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        long candidates = Candidates.of(topology, eligible);
        long tied = Candidates.leastBusy(topology, candidates, load, 0, true);
        return Candidates.isSingle(tied) ? Long.numberOfTrailingZeros(tied) : ties.choose(topology, tied, load, keys);
    }
}
