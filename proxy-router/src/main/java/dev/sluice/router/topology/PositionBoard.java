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
}
