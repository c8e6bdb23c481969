package dev.sluice.router.session;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.PositionBoard;
import dev.sluice.router.topology.PositionSample;
import dev.sluice.router.topology.Topology;
import java.time.Duration;

/**
 * What one session must find on a replica before it may read there. Confined to the session's event loop.
 *
 * <p><b>Own writes.</b> {@code required} is the union of the positions of this session's writes. A replica qualifies when
 * it is known to have executed it.
 *
 * <p><b>Never back in time.</b> {@code seen} is the server that answered last, {@code floor} a position that contains
 * whatever the session was shown before. What the last answer showed is not known with it, so the next read has three
 * ways, tried in this order:
 *
 * <ol>
 *   <li><i>Asked since.</i> The server, or the primary, was asked after the answer had come: {@code floor} becomes that
 *       ceiling.
 *   <li><i>Quiet.</i> Nothing was written since the primary was last asked: {@code floor} becomes the primary's ceiling.
 *   <li><i>Affinity.</i> Neither: the read goes to the same server again; unless that takes no reads, or has taken them all
 *       for long: then the read waits for a moment until the primary has been asked ({@link #wantsPosition}).
 * </ol>
 *
 * In the first two, any replica may be chosen whose executed set is known to contain {@code floor}. <i>Proof</i> that no
 * read shows less than the one before it. Let S be the server of the last answer, which came at time t.
 *
 * <ul>
 *   <li>Affinity: a server that is not set back (see {@link Topology#identityEpoch}) only adds to what it shows.
 *   <li>Asked since: the question was sent after t, and a ceiling contains all that S had shown before it was asked
 *       ({@link PositionSample}). The primary's does too, because a replica shows nothing that the primary has not
 *       written to its log before. The new server has executed the ceiling, so it shows at least that.
 *   <li>Quiet: let the primary have been asked at s. No write ran between s and now, so what the primary has committed by
 *       t, earlier or later than s, is what it had committed by s, and that is in its ceiling. S can have shown no more.
 *   <li>An own write ends the question, wherever the session has read: what it was shown had its number before the write
 *       began, so a position that contains all numbers up to the write's own contains it.
 *   <li>Moving on keeps the invariant: a new server has {@code floor} when it is chosen, so each later ceiling of it
 *       contains all that was shown before. Where it was chosen without regard to that, the ceiling is merged.
 *   <li>The primary is not checked. That it shows whatever a replica shows is an assumption: a commit can be applied by a
 *       replica while it is still between log and engine on the primary, above all with semi-synchronous replication of
 *       the AFTER_SYNC kind. Nothing short of asking could tell, and then there would be no better place to read.
 * </ul>
 *
 * The quiet way alone assumes that nobody writes around this process; {@link WriteLedger} gives it up for a while at each
 * sign of others, and for good when it is told so. A position lost in a failover is in no server: {@link #dropLost} gives
 * it up when the new primary, asked later, does not have it.
 *
 * <p>A replica that was once seen to have a position has it for ever, so the answer is remembered as a mask and only grows
 * until the position changes. With nothing new the question costs a few comparisons and allocates nothing.
 *
 * <p>When the server does not tell the GTID of a write, nothing can be proven, and reads stay on the primary for a while
 * instead. That window is a guess about lag, not a guarantee.
 */
public final class CausalityTracker {
    /** A position made of more intervals is replaced by a coarser one, which bounds its memory. */
    private static final int POSITION_SIZE_MAX = 16;

    /** A position made of more intervals is not waited for: the question would be longer than most statements. */
    private static final int WAIT_SIZE_MAX = 64;

    private static final int NOWHERE = -1;
    /** On a server of which nothing more can be learned: only the primary can tell. */
    private static final int LOST = -2;

    /** After so long on one replica a session without pauses is given the choice again. */
    private static final long BOUND_NANOS = Duration.ofSeconds(5).toNanos();

    private final long stickyNanos;
    private final PositionBoard positions;
    private final WriteLedger ledger;
    private Consistency mode = Consistency.SESSION;
    private boolean enabled = true;

    private GtidPosition required = GtidPosition.EMPTY;
    private long wroteNanos;
    private long told;
    private GtidPosition floor = GtidPosition.EMPTY;
    private long floorNanos;
    private int seen = NOWHERE;
    private long seenNanos;
    /** Since when the session could not leave the server that it reads from. */
    private long boundNanos;

    private final CheckedReplicas own = new CheckedReplicas();
    private final CheckedReplicas all = new CheckedReplicas();
    private long allSequence = -1;
    private long epoch = -1;
    private boolean sticky;
    private long stickyUntilNanos;

    /**
     * Starts without writes and reads.
     *
     * @param stickyWindow how long reads avoid replicas after a write of unknown position
     * @param positions what is known of the servers
     * @param ledger what is known of the writes of all sessions
     */
    public CausalityTracker(Duration stickyWindow, PositionBoard positions, WriteLedger ledger) {
        if (stickyWindow.isNegative()) {
            throw new IllegalArgumentException("stickyWindow must not be negative");
        }
        this.stickyNanos = stickyWindow.toNanos();
        this.positions = positions;
        this.ledger = ledger;
    }

    /** What a statement with these traits must find: what its hint says, or else the mode; nothing if that is off. */
    Consistency wanted(long traits) {
        return enabled ? Consistency.of(traits, mode) : Consistency.NONE;
    }

    /** Sets what this session's reads must find. */
    public void mode(Consistency wanted) {
        mode = wanted;
    }

    /** Off, reads must find nothing, whatever the mode and hints say. Writes are noted all the same. */
    public void enabled(boolean on) {
        enabled = on;
    }

    // ---- what happened ----

    /** The session committed this. {@link GtidPosition#UNKNOWN} keeps its reads on the primary until {@link #reset}. */
    public void wrote(GtidPosition position, Topology topology, long nowNanos) {
        if (position.isEmpty()) {
            return;
        }
        told++;
        GtidPosition base = committedOnPrimary(topology);
        GtidPosition union = required.union(position);
        required = union.size() > POSITION_SIZE_MAX ? union.coarse() : union;
        wroteNanos = nowNanos;
        own.forget();
        if (seen != NOWHERE) {
            // Whatever the session was shown, there or here, had its number before its own write got one.
            GtidPosition until = base.upTo(position);
            if (until != GtidPosition.UNKNOWN) {
                floor(floor.union(until), nowNanos);
            }
        }
        ledger.wrote(position, topology.primaryOrdinal(), base, nowNanos);
    }

    /** How many positions of writes the session was told. */
    public long positions() {
        return told;
    }

    /** What the primary had committed, or was about to, when it was last asked. */
    private GtidPosition committedOnPrimary(Topology topology) {
        BackendStatus primary = topology.primary();
        if (primary == null) {
            return GtidPosition.UNKNOWN;
        }
        GtidPosition ceiling = positions.sample(primary.ordinal()).ceiling();
        return ceiling == GtidPosition.UNKNOWN ? primary.executed() : ceiling;
    }

    /** The session wrote, and the server did not say what position that write has. */
    public void wroteWithoutPosition(long nowNanos) {
        sticky = true;
        stickyUntilNanos = nowNanos + stickyNanos;
        ledger.wroteWithoutPosition(nowNanos);
    }

    /** The session has been shown data of this server; the answer has just come. */
    public void read(int ordinal, long nowNanos) {
        if (seen != ordinal) {
            boundNanos = nowNanos;
        }
        seen = ordinal;
        seenNanos = nowNanos;
    }

    // ---- what follows ----

    /** Whether reads must stay on the primary because of a recent write without a position. */
    public boolean isStickyToPrimary(Consistency wanted, long nowNanos) {
        if (wanted == Consistency.NONE) {
            return false;
        }
        if (sticky && nowNanos - stickyUntilNanos >= 0) {
            sticky = false;
        }
        return sticky || (wanted == Consistency.GLOBAL && ledger.isStickyToPrimary(nowNanos));
    }

    /**
     * The replicas that may take a read of this session, by ordinal: readable, and known to have what it needs. Zero means
     * that the read goes to the primary, unless a replica is waited for. {@link #isStickyToPrimary} is a separate question.
     */
    public long replicasThatHave(Topology topology, Consistency wanted, long nowNanos) {
        long readable = topology.readableReplicas();
        if (wanted == Consistency.NONE) {
            return readable;
        }
        settleSeen(topology, nowNanos);
        long having = readable & affinity();
        having = own.having(having, topology, positions, required, floor);
        if (having == 0 && dropLost(topology, nowNanos)) {
            having = own.having(readable & affinity(), topology, positions, required, floor);
        }
        if (wanted == Consistency.GLOBAL && having != 0) {
            long sequence = ledger.sequence();
            if (sequence != allSequence) {
                allSequence = sequence;
                all.forget();
            }
            having = all.having(having, topology, positions, ledger.position(), GtidPosition.EMPTY);
        }
        return having;
    }

    /**
     * Whether it is worth while to ask the primary for its position before this read: the session is bound to a server that
     * takes no reads, or has been bound to the same one for long, and nothing but a question asked from now on would set it
     * free. Means something after {@link #replicasThatHave}.
     */
    boolean wantsPosition(Topology topology, Consistency wanted, long nowNanos) {
        if (wanted == Consistency.NONE || seen == NOWHERE) {
            return false;
        }
        return (topology.readableReplicas() & affinity()) == 0 || nowNanos - boundNanos > BOUND_NANOS;
    }

    /** The replicas that would do if they went on to {@link #missingOn} them. */
    public long replicasToWaitFor(Topology topology, Consistency wanted) {
        boolean known = required != GtidPosition.UNKNOWN && floor != GtidPosition.UNKNOWN;
        return wanted == Consistency.NONE || !known ? 0 : topology.readableReplicas() & affinity();
    }

    /** What a replica is not known to have; {@link GtidPosition#UNKNOWN} if that is nothing to wait for. */
    public GtidPosition missingOn(BackendStatus replica, Consistency wanted) {
        GtidPosition missing = missing(replica, required, GtidPosition.EMPTY);
        // A server that the session sticks to has shown the floor already.
        missing = seen == NOWHERE ? missing(replica, floor, missing) : missing;
        missing = wanted == Consistency.GLOBAL ? missing(replica, ledger.position(), missing) : missing;
        return missing.isEmpty() || missing.size() > WAIT_SIZE_MAX ? GtidPosition.UNKNOWN : missing;
    }

    private GtidPosition missing(BackendStatus replica, GtidPosition wanted, GtidPosition others) {
        return CheckedReplicas.has(replica, positions, wanted) ? others : others.union(wanted);
    }

    /** A replica has been seen to have a position, which is news for all sessions. */
    public void learned(int ordinal, GtidPosition position) {
        positions.learned(ordinal, position);
    }

    private long affinity() {
        if (seen == LOST) {
            return 0;
        }
        return seen == NOWHERE ? -1L : 1L << seen;
    }

    /** Turns the server that was read from into a position, if there is one that is proven to contain what it showed. */
    private void settleSeen(Topology topology, long nowNanos) {
        int primary = topology.primaryOrdinal();
        if (topology.identityEpoch() != epoch) {
            epoch = topology.identityEpoch();
            own.forget();
            all.forget();
            // The ordinal may stand for another server now: only the primary can tell what the old one had.
            if (seen != NOWHERE) {
                seen = topology.lastPrimaryOrdinal() < 0 ? LOST : topology.lastPrimaryOrdinal();
            }
        }
        if (seen == NOWHERE) {
            return;
        }
        PositionSample sample = seen == LOST ? PositionSample.NONE : positions.sample(seen);
        if (sample.bounds(seenNanos)) {
            floor(keepingFloor(sample.ceiling()), nowNanos);
        } else if (primary >= 0) {
            settleByPrimary(topology, positions.sample(primary), nowNanos);
        }
    }

    private void settleByPrimary(Topology topology, PositionSample primary, long nowNanos) {
        boolean since = primary.askedNanos() - seenNanos > 0;
        if (primary.ceiling() == GtidPosition.UNKNOWN) {
            if (since && !primary.equals(PositionSample.NONE)) {
                // Without GTIDs nothing can ever be proven; the window after a write is all there is.
                floor(GtidPosition.EMPTY, nowNanos);
            }
        } else if (since || ledger.isQuietSince(primary.askedNanos(), nowNanos)) {
            // More than the session can have seen: not worth having if it only keeps the session from where it is.
            boolean fromPrimary = seen == topology.primaryOrdinal();
            if (fromPrimary || isOnAnyReplica(topology, primary.ceiling())) {
                floor(primary.ceiling(), nowNanos);
            }
        }
    }

    private boolean isOnAnyReplica(Topology topology, GtidPosition position) {
        long open = topology.readableReplicas();
        while (open != 0) {
            if (CheckedReplicas.has(topology.backend(Long.numberOfTrailingZeros(open)), positions, position)) {
                return true;
            }
            open &= open - 1;
        }
        return false;
    }

    /** Where the session read last may have been behind: by a hint, or with the switch off. */
    private GtidPosition keepingFloor(GtidPosition ceiling) {
        return ceiling.contains(floor) ? ceiling : floor.union(ceiling);
    }

    @SuppressWarnings("ReferenceEquality") // the same object is the usual case, and says that nothing has changed
    private void floor(GtidPosition position, long nowNanos) {
        seen = NOWHERE;
        if (position != floor) {
            floor = position;
            own.forget();
        }
        floorNanos = nowNanos;
    }

    /** Gives up a position that the primary does not have although it was asked later; says whether there was one. */
    private boolean dropLost(Topology topology, long nowNanos) {
        int primary = topology.primaryOrdinal();
        if (primary < 0 || seen != NOWHERE || required == GtidPosition.UNKNOWN) {
            return false;
        }
        PositionSample sample = positions.sample(primary);
        GtidPosition ceiling = sample.ceiling();
        boolean later = ceiling != GtidPosition.UNKNOWN
                && sample.askedNanos() - wroteNanos > 0
                && sample.askedNanos() - floorNanos > 0;
        if (!later || (ceiling.contains(required) && ceiling.contains(floor))) {
            return false;
        }
        required = GtidPosition.EMPTY;
        floor(ceiling, nowNanos);
        own.forget();
        return true;
    }

    /** The position of the session's own writes, for logs. */
    public GtidPosition required() {
        return required;
    }

    /** Forgets all writes and reads: another client takes over the session (COM_CHANGE_USER does not). */
    public void reset() {
        required = GtidPosition.EMPTY;
        floor = GtidPosition.EMPTY;
        seen = NOWHERE;
        own.forget();
        sticky = false;
    }
}
