package dev.sluice.router.topology;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the primary had, and when it was seen there: by this a replica's distance from the primary becomes time.
 * Thread-safe: it has no lock, its owner calls it under one.
 *
 * <p>A replica is behind by the age of the first mark that it lacks. Both sides are read by the same process, so no two
 * clocks are compared. The marks are bounded in number: when there are too many, old ones go where they lie closer together
 * than a small part of their age, which makes long ages a little too short and keeps short ones exact.
 *
 * @param <M> a mark: whoever has one has all before it
 */
public final class ProgressTrail<M> {
    private static final int MARKS_MAX = 1024;

    /** How close two marks may lie, as a part of their age: ages are then right to a few parts in a hundred. */
    private static final int AGE_PARTS = 64;

    private record Mark<M>(M value, long nanos) {}

    private final List<Mark<M>> marks = new ArrayList<>();

    /** Adds what the primary has now, if it is not what it had before. */
    public void seen(M mark, long nowNanos) {
        if (!marks.isEmpty() && marks.get(marks.size() - 1).value().equals(mark)) {
            return;
        }
        if (marks.size() == MARKS_MAX) {
            thinOut(nowNanos);
        }
        marks.add(new Mark<>(mark, nowNanos));
    }

    private void thinOut(long nowNanos) {
        List<Mark<M>> kept = new ArrayList<>();
        for (int i = marks.size() - 1; i > 0; i--) {
            Mark<M> mark = marks.get(i);
            boolean far = kept.isEmpty()
                    || kept.get(kept.size() - 1).nanos() - mark.nanos() >= (nowNanos - mark.nanos()) / AGE_PARTS;
            if (far && kept.size() < MARKS_MAX - 2) {
                kept.add(mark);
            }
        }
        kept.add(marks.get(0));
        Collections.reverse(kept);
        marks.clear();
        marks.addAll(kept);
    }

    /** Forgets everything: another primary, another history. */
    public void clear() {
        marks.clear();
    }

    /** The oldest mark; null if there is none. */
    public @Nullable M first() {
        return marks.isEmpty() ? null : marks.get(0).value();
    }

    /** Whether the primary made progress within that time. */
    public boolean isFresh(long nowNanos, Duration age) {
        return !marks.isEmpty() && nowNanos - marks.get(marks.size() - 1).nanos() <= age.toNanos();
    }

    /**
     * How far behind a replica was that was read at {@code readNanos}; null if there is no mark at all.
     *
     * @param has whether the replica has what a mark stands for; monotonic
     */
    public @Nullable Duration behind(Predicate<M> has, long readNanos) {
        if (marks.isEmpty()) {
            return null;
        }
        int low = 0;
        int high = marks.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (has.test(marks.get(middle).value())) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low == marks.size()) {
            return Duration.ZERO;
        }
        // A mark made after the replica was read says nothing about it.
        return Duration.ofNanos(Math.max(0, readNanos - marks.get(low).nanos()));
    }
}
