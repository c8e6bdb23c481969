package dev.sluice.router.session;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Topology;
import java.time.Duration;

/**
 * What one session must find on a replica before it may read there: its own writes. Confined to the session's event loop.
 *
 * <p>A replica that was once seen to have the required position has it for ever, so the answer is remembered as a mask and
 * only grows until the next write. It is thrown away when the session writes and when {@link Topology#identityEpoch} says
 * that an ordinal may stand for other data. Without a write, and with an unchanged topology, the question costs two
 * comparisons and allocates nothing.
 *
 * <p>When the server does not tell the GTID of a write, nothing can be proven, and reads stay on the primary for a while
 * instead. That window is a guess about lag, not a guarantee.
 */
public final class CausalityTracker {
    /** A position made of more intervals is replaced by a coarser one, which bounds its memory. */
    private static final int POSITION_SIZE_MAX = 16;

    private final long stickyNanos;

    private GtidPosition required = GtidPosition.EMPTY;
    private long having = -1L;
    private long checkedVersion = -1;
    private long checkedEpoch = -1;
    private boolean sticky;
    private long stickyUntilNanos;

    /** Starts without writes; {@code stickyWindow} is how long reads avoid replicas after a write of unknown position. */
    public CausalityTracker(Duration stickyWindow) {
        if (stickyWindow.isNegative()) {
            throw new IllegalArgumentException("stickyWindow must not be negative");
        }
        this.stickyNanos = stickyWindow.toNanos();
    }

    /** The session committed this. {@link GtidPosition#UNKNOWN} keeps its reads on the primary until {@link #reset}. */
    public void wrote(GtidPosition own) {
        if (own.isEmpty()) {
            return;
        }
        GtidPosition union = required.union(own);
        required = union.size() > POSITION_SIZE_MAX ? union.coarse() : union;
        having = 0;
        checkedVersion = -1;
    }

    /** The session wrote, and the server did not say what position that write has. */
    public void wroteWithoutPosition(long nowNanos) {
        sticky = true;
        stickyUntilNanos = nowNanos + stickyNanos;
    }

    /** Whether reads must stay on the primary because of a recent write without a position. */
    public boolean isStickyToPrimary(long nowNanos) {
        if (sticky && nowNanos - stickyUntilNanos >= 0) {
            sticky = false;
        }
        return sticky;
    }

    /**
     * The replicas that may take a read of this session, by ordinal: readable, and known to have all of its writes whose
     * position is known. Zero means that the read goes to the primary. {@link #isStickyToPrimary} is a separate question.
     */
    public long replicasThatHave(Topology topology) {
        if (required == GtidPosition.EMPTY) {
            return topology.readableReplicas();
        }
        if (topology.version() != checkedVersion || topology.identityEpoch() != checkedEpoch) {
            check(topology);
        }
        return having & topology.readableReplicas();
    }

    private void check(Topology topology) {
        if (topology.identityEpoch() != checkedEpoch) {
            having = 0;
            checkedEpoch = topology.identityEpoch();
        }
        checkedVersion = topology.version();
        long open = topology.readableReplicas() & ~having;
        while (open != 0) {
            BackendStatus backend = topology.backend(Long.numberOfTrailingZeros(open));
            if (backend.executed().contains(required)) {
                having |= backend.bit();
            }
            open &= open - 1;
        }
    }

    /** The position that a replica must have; for logs, and for waiting on a server. */
    public GtidPosition required() {
        return required;
    }

    /** Forgets all writes: another client takes over the session (COM_CHANGE_USER does not, it is the same client). */
    public void reset() {
        required = GtidPosition.EMPTY;
        having = -1L;
        sticky = false;
    }
}
