package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/**
 * Chooses the backend with the fewest statements in flight, whatever its weight; equally busy ones take turns. Confined to
 * the session's event loop.
 *
 * <p>The name is the one that load balancers use. Pooled connections say nothing about load, so statements are counted.
 */
public final class LeastConnections implements Balancer {
    private final RoundRobin ties = new RoundRobin();

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        long candidates = Candidates.of(topology, eligible);
        return ties.choose(topology, Candidates.leastBusy(topology, candidates, load, 0, false), load, keys);
    }
}
