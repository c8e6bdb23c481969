package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/**
 * Locality-based least connections with replication: equal statements go to a set of backends that grows while its members
 * do not keep up, and shrinks when they do. Confined to the session's event loop.
 *
 * <p>The set begins as the fingerprint's home, the backend that {@link StatementHash} would choose. When even the least
 * busy member is too busy, in the sense of {@link Locality}, the least busy of the others joins and takes the statement. A
 * set that has not grown for a minute loses its busiest member, but never its home. Only sets of two or more are
 * remembered.
 */
public final class ReplicatedLocality implements Balancer {
    /** How long a set stays as it is before it shrinks. */
    static final long STAY_NANOS = 60_000_000_000L;

    private final WeightedLeastConnections leastBusy = new WeightedLeastConnections();
    private final LocalityTable sets = new LocalityTable();

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        long candidates = Candidates.of(topology, eligible);
        long key = keys.statementHash();
        if (key == BalanceKeys.NONE || candidates == 0 || Candidates.isSingle(candidates)) {
            return leastBusy.choose(topology, candidates, load, keys);
        }
        long home = 1L << RendezvousHash.choose(topology, candidates, key);
        long set = home | joined(topology, home, load, keys);
        long members = set & candidates;
        int member = leastBusy.choose(topology, members, load, keys);
        if (load.inFlight(member) < Locality.BUSY_MIN) {
            return member;
        }
        int other = leastBusy.choose(topology, candidates & ~members, load, keys);
        if (other < 0 || !Locality.isTooBusy(topology, load, member, other)) {
            return member;
        }
        sets.put(key, set | 1L << other, keys.nowNanos());
        return other;
    }

    /** The bits of the members beside the home; a set that has been as it is for long loses one of them first. */
    private long joined(Topology topology, long home, LoadView load, BalanceKeys keys) {
        int place = sets.find(keys.statementHash());
        if (place < 0) {
            return 0;
        }
        long joined = sets.backends(place) & ~home;
        if (sets.ageNanos(place, keys.nowNanos()) >= STAY_NANOS) {
            joined &= ~busiest(topology, joined, load);
            sets.put(keys.statementHash(), joined == 0 ? 0 : joined | home, keys.nowNanos());
        }
        return joined;
    }

    private static long busiest(Topology topology, long mask, LoadView load) {
        long busiest = 0;
        long most = -1;
        for (long open = mask; open != 0; open &= open - 1) {
            int ordinal = Long.numberOfTrailingZeros(open);
            // One that has been removed is the first to go.
            long busy = topology.find(ordinal) == null ? Long.MAX_VALUE : load.inFlight(ordinal);
            if (busy > most) {
                most = busy;
                busiest = 1L << ordinal;
            }
        }
        return busiest;
    }
}
