package dev.sluice.router.balance;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;

/** Who is left of a mask: the questions that every balancer asks before it begins. Functions only. */
final class Candidates {
    private Candidates() {}

    /**
     * The bits of the backends that exist and have a weight; if none has one, of those that exist: who asks with such a
     * mask has nobody else.
     */
    static long of(Topology topology, long eligible) {
        long known = 0;
        long weighted = 0;
        for (long open = eligible; open != 0; open &= open - 1) {
            BackendStatus backend = topology.find(Long.numberOfTrailingZeros(open));
            if (backend != null) {
                known |= backend.bit();
                if (backend.weight() > 0) {
                    weighted |= backend.bit();
                }
            }
        }
        return weighted != 0 ? weighted : known;
    }

    /** The weight of a candidate to divide by: at least 1. */
    static long weight(Topology topology, int ordinal) {
        return Math.max(1, topology.backend(ordinal).weight());
    }

    /**
     * The bits of the candidates with the least load.
     *
     * @param ahead 1 to count the statement at hand as if it were already running there, 0 not to
     * @param weighted whether a backend of weight 3 with three statements is as busy as one of weight 1 with one
     */
    static long leastBusy(Topology topology, long candidates, LoadView load, int ahead, boolean weighted) {
        long tied = 0;
        long leastBusy = 0;
        long leastWeight = 1;
        for (long open = candidates; open != 0; open &= open - 1) {
            int ordinal = Long.numberOfTrailingZeros(open);
            long busy = (long) load.inFlight(ordinal) + ahead;
            long weight = weighted ? weight(topology, ordinal) : 1;
            // busy / weight < leastBusy / leastWeight, without division
            long order = busy * leastWeight - leastBusy * weight;
            if (tied == 0 || order < 0) {
                tied = 1L << ordinal;
                leastBusy = busy;
                leastWeight = weight;
            } else if (order == 0) {
                tied |= 1L << ordinal;
            }
        }
        return tied;
    }

    /** Whether exactly one bit is set. */
    static boolean isSingle(long mask) {
        return mask != 0 && (mask & (mask - 1)) == 0;
    }
}
