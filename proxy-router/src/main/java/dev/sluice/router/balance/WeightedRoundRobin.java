package dev.sluice.router.balance;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;
import java.util.Arrays;

/**
 * Smooth weighted round robin: each backend gets its share of the statements, evenly spread. Confined to the session's
 * event loop.
 *
 * <p>With every choice each eligible backend earns credit equal to its weight; the one with most credit is chosen and pays
 * what all earned together. Weights 5, 1, 1 give a a b a c a a instead of a a a a a b c. Backends that all weigh 0 share
 * equally: who asks with such a mask has nobody else.
 */
public final class WeightedRoundRobin implements Balancer {
    private final long[] credit = new long[Topology.ORDINAL_MAX + 1];
    private final int[] lastWeight = new int[Topology.ORDINAL_MAX + 1];

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        int best = -1;
        long earned = 0;
        boolean changed = false;
        for (long open = eligible; open != 0; open &= open - 1) {
            int ordinal = Long.numberOfTrailingZeros(open);
            BackendStatus backend = topology.find(ordinal);
            if (backend == null) {
                continue;
            }
            int weight = backend.weight();
            if (weight != lastWeight[ordinal]) {
                lastWeight[ordinal] = weight;
                changed = true;
            }
            credit[ordinal] += weight;
            earned += weight;
            if (best < 0 || credit[ordinal] > credit[best]) {
                best = ordinal;
            }
        }
        if (changed) {
            // Credit and debt from other weights would delay the new ones by many rounds.
            Arrays.fill(credit, 0);
            return choose(topology, eligible, load, keys);
        }
        if (earned == 0) {
            return best < 0 ? -1 : rotate(topology, eligible);
        }
        credit[best] -= earned;
        return best;
    }

    private int rotate(Topology topology, long eligible) {
        int best = -1;
        int count = 0;
        for (long open = eligible; open != 0; open &= open - 1) {
            int ordinal = Long.numberOfTrailingZeros(open);
            if (topology.find(ordinal) == null) {
                continue;
            }
            credit[ordinal]++;
            count++;
            if (best < 0 || credit[ordinal] > credit[best]) {
                best = ordinal;
            }
        }
        credit[best] -= count;
        return best;
    }
}
