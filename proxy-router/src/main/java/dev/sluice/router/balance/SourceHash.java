package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/**
 * Sends the reads of one client always to the same backend, by consistent hashing; see {@link BalanceKeys#clientHash}.
 * Confined to the session's event loop.
 */
public final class SourceHash implements Balancer {
    private final WeightedRoundRobin withoutKey = new WeightedRoundRobin();

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        return keys.clientHash() == BalanceKeys.NONE
                ? withoutKey.choose(topology, eligible, load, keys)
                : RendezvousHash.choose(topology, Candidates.of(topology, eligible), keys.clientHash());
    }
}
