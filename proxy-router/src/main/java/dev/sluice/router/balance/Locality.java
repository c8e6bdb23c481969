package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/**
 * Locality-based least connections: equal statements go to one backend while it keeps up, and move as a whole to the least
 * busy one when it does not. Confined to the session's event loop.
 *
 * <p>A fingerprint's home is the backend that {@link StatementHash} would choose, so that event loops and proxies agree
 * without talking. Only fingerprints that have moved away are remembered, for a minute; then they go home again.
 */
public final class Locality implements Balancer {
    /** How long a fingerprint stays where it was moved to. */
    static final long STAY_NANOS = 60_000_000_000L;

    /** Fewer statements than this do not wait for each other on any server. */
    static final int BUSY_MIN = 4;

    private final WeightedLeastConnections leastBusy = new WeightedLeastConnections();
    private final LocalityTable moved = new LocalityTable();

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        long candidates = Candidates.of(topology, eligible);
        long key = keys.statementHash();
        if (key == BalanceKeys.NONE || candidates == 0 || Candidates.isSingle(candidates)) {
            return leastBusy.choose(topology, candidates, load, keys);
        }
        int favourite = favourite(topology, candidates, keys);
        if (load.inFlight(favourite) < BUSY_MIN) {
            return favourite;
        }
        int other = leastBusy.choose(topology, candidates & ~(1L << favourite), load, keys);
        if (!isTooBusy(topology, load, favourite, other)) {
            return favourite;
        }
        moved.put(key, 1L << other, keys.nowNanos());
        return other;
    }

    private int favourite(Topology topology, long candidates, BalanceKeys keys) {
        int place = moved.find(keys.statementHash());
        if (place >= 0 && moved.ageNanos(place, keys.nowNanos()) < STAY_NANOS) {
            long there = moved.backends(place) & candidates;
            if (there != 0) {
                return Long.numberOfTrailingZeros(there);
            }
        }
        return RendezvousHash.choose(topology, candidates, keys.statementHash());
    }

    /**
     * Whether the favourite is so busy that a cold buffer pool is the lesser evil: for its weight it has at least twice
     * what the other one would have with this statement.
     */
    static boolean isTooBusy(Topology topology, LoadView load, int favourite, int other) {
        return load.inFlight(favourite) * Candidates.weight(topology, other)
                >= 2 * (load.inFlight(other) + 1L) * Candidates.weight(topology, favourite);
    }
}
