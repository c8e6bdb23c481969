package dev.sluice.router.session;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.PositionBoard;
import dev.sluice.router.topology.Topology;

/**
 * The replicas that were found to have a position, remembered until something new is known of one. Confined to the
 * session's event loop.
 */
final class CheckedReplicas {
    private long having;
    /** Which replicas were looked at since something new was known. */
    private long checked;

    private long topologyVersion = -1;
    private long boardVersion = -1;

    /** The position has changed, or an ordinal stands for another server. */
    void forget() {
        having = 0;
        checked = 0;
    }

    /** Those of the given replicas that have both positions. */
    long having(long replicas, Topology topology, PositionBoard board, GtidPosition first, GtidPosition second) {
        if (first.isEmpty() && second.isEmpty()) {
            return replicas;
        }
        // Read before the positions: what comes in between is looked at once more.
        long newest = board.version();
        if (topology.version() != topologyVersion || newest != boardVersion) {
            topologyVersion = topology.version();
            boardVersion = newest;
            checked = having;
        }
        long open = replicas & ~checked;
        checked |= replicas;
        while (open != 0) {
            BackendStatus backend = topology.backend(Long.numberOfTrailingZeros(open));
            if (has(backend, board, first) && has(backend, board, second)) {
                having |= backend.bit();
            }
            open &= open - 1;
        }
        return having & replicas;
    }

    /** Whether a server is known to have a position. */
    static boolean has(BackendStatus backend, PositionBoard board, GtidPosition position) {
        return backend.executed().contains(position)
                || board.sample(backend.ordinal()).executed().contains(position);
    }
}
