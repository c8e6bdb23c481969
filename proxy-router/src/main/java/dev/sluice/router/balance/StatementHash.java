package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/**
 * Sends equal statements always to the same backend, by consistent hashing, so that each backend keeps its own part of the
 * data in its buffer pool. Confined to the session's event loop.
 *
 * <p>What load balancers of packets call destination hashing: a statement's destination is the data that it reads, and its
 * fingerprint stands for that. One statement that makes up most of the traffic keeps one backend busy and leaves the others
 * idle; {@link ReplicatedLocality} is for that.
 */
public final class StatementHash implements Balancer {
    private final WeightedRoundRobin withoutKey = new WeightedRoundRobin();

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        return keys.statementHash() == BalanceKeys.NONE
                ? withoutKey.choose(topology, eligible, load, keys)
                : RendezvousHash.choose(topology, Candidates.of(topology, eligible), keys.statementHash());
    }
}
