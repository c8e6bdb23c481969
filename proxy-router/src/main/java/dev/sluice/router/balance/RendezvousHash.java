package dev.sluice.router.balance;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.Topology;

/**
 * Consistent hashing without a table: every candidate draws a number from the key and its own address, and the highest
 * wins. Functions only.
 *
 * <p>A candidate that leaves hands its keys to all others in proportion to their weights, and no other key moves; one that
 * comes back takes exactly its own keys back. A candidate's share of the keys is its share of the weight, because the
 * logarithm of a uniform number is divided by the weight: the first of several clocks to ring, each at a rate of its own,
 * is theirs with just that probability. The draw depends on nothing but key, host and port, so all event loops and all
 * proxies in front of the same servers agree.
 */
final class RendezvousHash {
    /** Half a step of a 53-bit fraction keeps the logarithm's argument above 0. */
    private static final double STEP = 0x1p-53;

    private RendezvousHash() {}

    /** The ordinal of the candidate that the key belongs to; -1 if there is no candidate. */
    static int choose(Topology topology, long candidates, long key) {
        int best = -1;
        double bestTime = 0;
        for (long open = candidates; open != 0; open &= open - 1) {
            int ordinal = Long.numberOfTrailingZeros(open);
            double fraction = ((draw(topology.backend(ordinal).address(), key) >>> 11) + 0.5) * STEP;
            double time = -Math.log(fraction) / Candidates.weight(topology, ordinal);
            if (best < 0 || time < bestTime) {
                best = ordinal;
                bestTime = time;
            }
        }
        return best;
    }

    private static long draw(BackendAddress address, long key) {
        return spread(spread(address.host().hashCode() * 65_537L + address.port()) ^ key);
    }

    /** A one-to-one mixing in which every bit of the argument reaches every bit of the result. */
    static long spread(long value) {
        long mixed = value;
        for (int round = 0; round < 3; round++) {
            mixed = (mixed ^ (mixed >>> 32)) * 0x9E37_79B9_7F4A_7C15L;
        }
        return mixed ^ (mixed >>> 32);
    }
}
