package dev.sluice.router.balance;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;

/**
 * Chooses the backend with the fewest statements in flight for its weight. Confined to the session's event loop.
 *
 * <p>Equally busy backends share by weighted round robin, so that a proxy with little to do, where everything is a tie at
 * zero, does not send all of it to one server.
 */
public final class LeastConnections implements Balancer {
    private final WeightedRoundRobin ties = new WeightedRoundRobin();

    @Override
    public int choose(Topology topology, long eligible, LoadView load, long key) {
        long tied = 0;
        long leastLoad = 0;
        long leastWeight = 1;
        for (long open = eligible; open != 0; open &= open - 1) {
            int ordinal = Long.numberOfTrailingZeros(open);
            BackendStatus backend = topology.find(ordinal);
            if (backend == null) {
                continue;
            }
            long inFlight = load.inFlight(ordinal);
            long weight = Math.max(1, backend.weight());
            // inFlight / weight < leastLoad / leastWeight, without division
            long order = inFlight * leastWeight - leastLoad * weight;
            if (tied == 0 || order < 0) {
                tied = backend.bit();
                leastLoad = inFlight;
                leastWeight = weight;
            } else if (order == 0) {
                tied |= backend.bit();
            }
        }
        return (tied & (tied - 1)) == 0
                ? tied == 0 ? -1 : Long.numberOfTrailingZeros(tied)
                : ties.choose(topology, tied, load, key);
    }
}
