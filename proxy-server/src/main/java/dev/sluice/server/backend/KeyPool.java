package dev.sluice.server.backend;

import dev.sluice.router.session.StateVector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The idle connections of one event loop that are interchangeable apart from their state. A session keeps a reference to
 * those it uses, so that no statement costs a map lookup. Confined to the session's event loop.
 */
public final class KeyPool {
    /** How many idle connections are looked at for one that needs no change. */
    private static final int LOOKED_AT_MAX = 8;

    private final PoolKey key;
    private final List<BackendConnection> idle = new ArrayList<>();
    private int generation;
    private int connections;
    private boolean forgotten;

    KeyPool(PoolKey key) {
        this.key = key;
    }

    /** What the connections have in common. */
    public PoolKey key() {
        return key;
    }

    /** Grows when the account changes: connections of an older generation have rights that may be gone. */
    int generation() {
        return generation;
    }

    void nextGeneration() {
        generation++;
    }

    /** A connection of this kind is being opened. */
    void opening() {
        connections++;
    }

    /** A connection of this kind has ended, or was never made. */
    void ended() {
        connections--;
    }

    /** Whether there is no connection of this kind, of whatever age: what is known of them can be forgotten. */
    boolean isEmpty() {
        return connections == 0 && idle.isEmpty();
    }

    /** Another pool will be made for the same key. */
    void forget() {
        forgotten = true;
    }

    /** Whether another pool has to be asked for by whoever keeps this one. */
    public boolean isForgotten() {
        return forgotten;
    }

    List<BackendConnection> idle() {
        return idle;
    }

    /**
     * Takes the idle connection that is nearest to the wanted state: equal, else reachable without a reset, else any that
     * is reachable. The most recently used come first, so that surplus ones grow old and are closed.
     */
    @Nullable
    BackendConnection takeNearest(StateVector wanted) {
        int best = -1;
        boolean bestNeedsReset = true;
        int last = idle.size() - 1;
        int end = Math.max(0, last - LOOKED_AT_MAX + 1);
        for (int i = last; i >= 0; i--) {
            if (i < end && best >= 0) {
                break;
            }
            BackendConnection candidate = idle.get(i);
            if (candidate.vector().equals(wanted)) {
                return idle.remove(i);
            }
            boolean needsReset = StatePrelude.needsReset(candidate, wanted);
            if (StatePrelude.canReach(candidate, wanted) && (best < 0 || (bestNeedsReset && !needsReset))) {
                best = i;
                bestNeedsReset = needsReset;
            }
        }
        return best < 0 ? null : idle.remove(best);
    }
}
