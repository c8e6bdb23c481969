package dev.sluice.router.session;

import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.PositionSample;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What this process knows of the writes that go through it: how many run, when the last one ended, and which position they
 * have come to. Thread-safe: atomics only; every event loop writes, every read of a session looks.
 *
 * <p>A write is noted before its first byte is sent and struck off after its answer has come. Its position is noted before
 * the client can see the answer, so that whoever learns of the write by any way finds it here.
 */
public final class WriteLedger {
    /** A position made of more intervals is replaced by a coarser one. */
    private static final int POSITION_SIZE_MAX = 16;

    /** How long the primary is taken for one that others write to as well, after a sign of it. */
    private static final long OTHERS_NANOS = Duration.ofMinutes(1).toNanos();

    /**
     * What has been written. Immutable.
     *
     * @param primaryOrdinal the server that took the last write
     * @param sequence grows with every write
     * @param nanos when the last write was answered
     */
    private record Written(GtidPosition position, int primaryOrdinal, long sequence, long nanos) {}

    private final boolean othersWrite;
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicLong lastEndNanos;
    private final AtomicReference<Written> written;
    private final long stickyNanos;
    private volatile boolean sticky;
    private volatile long stickySinceNanos;
    private volatile boolean othersSeen;
    private volatile long othersSeenNanos;

    /**
     * A ledger without writes.
     *
     * @param othersWrite whether the servers are known to be written to by others as well
     * @param stickyWindow how long a write without a position keeps reads of {@link Consistency#GLOBAL} on the primary
     */
    public WriteLedger(boolean othersWrite, Duration stickyWindow, long nowNanos) {
        this.othersWrite = othersWrite;
        this.stickyNanos = stickyWindow.toNanos();
        this.lastEndNanos = new AtomicLong(nowNanos);
        this.written = new AtomicReference<>(new Written(GtidPosition.EMPTY, -1, 0, nowNanos));
    }

    /** A statement that may write, or make written data visible, is about to be sent. */
    public void begun() {
        running.incrementAndGet();
    }

    /** Its answer has come. */
    public void ended(long nowNanos) {
        // The end is visible before the count goes down: who finds nothing running finds the last end, too.
        lastEndNanos.accumulateAndGet(nowNanos, WriteLedger::later);
        running.decrementAndGet();
    }

    /** Its answer will never come; the server may execute it at any time from now on. */
    public void lost(long nowNanos) {
        noteOthers(nowNanos);
        ended(nowNanos);
    }

    private static long later(long one, long other) {
        return one - other > 0 ? one : other;
    }

    private void noteOthers(long nowNanos) {
        othersSeenNanos = nowNanos;
        othersSeen = true;
    }

    /** A write has this position. {@code base} is what its server is known to have. */
    public void wrote(GtidPosition own, int primaryOrdinal, GtidPosition base, long nowNanos) {
        Written before;
        Written after;
        do {
            before = last();
            // Another primary: what the one before took and this one never got is lost, and nobody may wait for it.
            boolean another = before.primaryOrdinal() != primaryOrdinal && before.primaryOrdinal() >= 0;
            GtidPosition from = another && base != GtidPosition.UNKNOWN ? base : before.position();
            GtidPosition union = from.union(own);
            GtidPosition kept = union.size() > POSITION_SIZE_MAX && !another ? union.coarse() : union;
            after = new Written(kept, primaryOrdinal, before.sequence() + 1, nowNanos);
        } while (!written.compareAndSet(before, after));
        // Whatever it was taken for when it was sent.
        lastEndNanos.accumulateAndGet(nowNanos, WriteLedger::later);
    }

    /** A write has no position that could be known. */
    public void wroteWithoutPosition(long nowNanos) {
        stickySinceNanos = nowNanos;
        sticky = true;
    }

    private Written last() {
        return Objects.requireNonNull(written.get());
    }

    /** The position of all writes so far. */
    GtidPosition position() {
        return last().position();
    }

    /** Grows with every write that has a position. */
    long sequence() {
        return last().sequence();
    }

    boolean isStickyToPrimary(long nowNanos) {
        return sticky && nowNanos - stickySinceNanos < stickyNanos;
    }

    /**
     * The primary was asked for its position, and before that as {@code before} says. A position that moved while nothing
     * was written here was moved by somebody else.
     *
     * @return whether that was seen now, for the first time in a while
     */
    public boolean primarySampled(PositionSample before, PositionSample now, long nowNanos) {
        boolean comparable = before.ceiling() != GtidPosition.UNKNOWN && now.ceiling() != GtidPosition.UNKNOWN;
        boolean moved = comparable
                && isIdleSince(before.askedNanos())
                && !before.ceiling().contains(now.ceiling());
        boolean first = moved && !isOthersSeen(nowNanos);
        if (moved) {
            noteOthers(nowNanos);
        }
        Written last = last();
        if (now.ceiling() != GtidPosition.UNKNOWN
                && now.askedNanos() - last.nanos() > 0
                && !now.ceiling().contains(last.position())) {
            // The primary does not have it although it was asked later: it went with another primary.
            boolean unused = written.compareAndSet(
                    last, new Written(now.ceiling(), last.primaryOrdinal(), last.sequence() + 1, last.nanos()));
        }
        return first;
    }

    /**
     * Whether the primary is as it was at that moment: nothing was written since, as far as this process can know. False
     * whenever there is a sign that others write, too.
     */
    boolean isQuietSince(long nanos, long nowNanos) {
        return !othersWrite && isIdleSince(nanos) && !isOthersSeen(nowNanos);
    }

    private boolean isOthersSeen(long nowNanos) {
        return othersSeen && nowNanos - othersSeenNanos <= OTHERS_NANOS;
    }

    private boolean isIdleSince(long nanos) {
        return running.get() == 0 && nanos - lastEndNanos.get() > 0;
    }
}
