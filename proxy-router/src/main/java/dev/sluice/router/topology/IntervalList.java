package dev.sluice.router.topology;

import java.util.Arrays;

/** Intervals collected in any order, for {@link GtidSource}. Confined to one parse or union call. */
final class IntervalList {
    private long[] bounds = new long[2];
    private int size;
    private boolean sorted = true;

    boolean isEmpty() {
        return size == 0;
    }

    /** Adds first to last, both included. */
    void add(long first, long last) {
        if (size > 0 && sorted && first >= bounds[size - 2]) {
            if (first <= bounds[size - 1] + 1) {
                bounds[size - 1] = Math.max(bounds[size - 1], last);
                return;
            }
        } else if (size > 0) {
            sorted = false;
        }
        if (size == bounds.length) {
            bounds = Arrays.copyOf(bounds, size * 2);
        }
        bounds[size++] = first;
        bounds[size++] = last;
    }

    /** First and last number of each interval, ascending, disjoint and not adjacent. */
    long[] toSortedBounds() {
        if (sorted) {
            return Arrays.copyOf(bounds, size);
        }
        long[][] pairs = new long[size / 2][];
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = new long[] {bounds[i * 2], bounds[i * 2 + 1]};
        }
        Arrays.sort(pairs, (a, b) -> Long.compare(a[0], b[0]));
        IntervalList merged = new IntervalList();
        for (long[] pair : pairs) {
            merged.add(pair[0], pair[1]);
        }
        return merged.toSortedBounds();
    }
}
