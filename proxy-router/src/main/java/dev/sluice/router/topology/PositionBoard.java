package dev.sluice.router.topology;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The newest {@link PositionSample} of each backend: written by whoever learns something, read by every session. Thread-safe:
 * samples are immutable and replaced atomically; {@link #version} is raised after a change is visible.
 */
public final class PositionBoard {
    private final AtomicReferenceArray<PositionSample> samples = new AtomicReferenceArray<>(Topology.ORDINAL_MAX + 1);
    private final AtomicLong version = new AtomicLong();

    /** A board without any sample. */
    public PositionBoard() {
        for (int i = 0; i < samples.length(); i++) {
            samples.set(i, PositionSample.NONE);
        }
    }

    /** The newest sample of a backend; {@link PositionSample#NONE} if it was never asked. */
    public PositionSample sample(int ordinal) {
        return samples.get(ordinal);
    }

    /** Grows when a position on the board changes; being asked again with the same answer is no change. */
    public long version() {
        return version.get();
    }

    /** A server has answered. What was learned of it in other ways before counts no more: it may have been set back. */
    public void sampled(int ordinal, PositionSample sample) {
        PositionSample before = samples.getAndSet(ordinal, sample);
        if (!before.executed().equals(sample.executed()) || !before.ceiling().equals(sample.ceiling())) {
            version.incrementAndGet();
        }
    }

    /** A server has shown that it has this position by now, for example by ending a wait for it. */
    public void learned(int ordinal, GtidPosition position) {
        PositionSample before = samples.get(ordinal);
        if (before.executed() == GtidPosition.UNKNOWN || before.executed().contains(position)) {
            return;
        }
        // Lost against a newer sample, which is the better source.
        if (samples.compareAndSet(ordinal, before, before.havingToo(position))) {
            version.incrementAndGet();
        }
    }

    /**
     * What server {@code seen} can have shown until {@code nanos}, by its own word or by the primary's, which had everything
     * before any replica; {@link GtidPosition#UNKNOWN} if neither has been asked since.
     */
    public GtidPosition shownUntil(int seen, int primaryOrdinal, long nanos) {
        PositionSample own = samples.get(seen);
        if (own.bounds(nanos)) {
            return own.ceiling();
        }
        PositionSample primary = primaryOrdinal < 0 ? PositionSample.NONE : samples.get(primaryOrdinal);
        return primary.bounds(nanos) ? primary.ceiling() : GtidPosition.UNKNOWN;
    }
}
