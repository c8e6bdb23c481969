package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/** Chooses the backends in turns, each as often as any other whatever its weight. Confined to the session's event loop. */
public final class RoundRobin implements Balancer {
    private int last = Topology.ORDINAL_MAX;

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        long candidates = Candidates.of(topology, eligible);
        if (candidates == 0) {
            return -1;
        }
        long behindLast = candidates & (-2L << last);
        last = Long.numberOfTrailingZeros(behindLast != 0 ? behindLast : candidates);
        return last;
    }
}
