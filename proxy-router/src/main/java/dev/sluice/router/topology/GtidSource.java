package dev.sluice.router.topology;

import java.util.Arrays;
import java.util.UUID;

/** The transactions of one server UUID and tag in a {@link GtidSet}. Immutable. */
final class GtidSource implements Comparable<GtidSource> {
    private final long uuidHigh;
    private final long uuidLow;
    /** Empty for untagged transactions. */
    private final String tag;
    /** First and last number of each interval, ascending, disjoint and not adjacent; never empty. */
    private final long[] bounds;

    GtidSource(long uuidHigh, long uuidLow, String tag, long[] bounds) {
        this.uuidHigh = uuidHigh;
        this.uuidLow = uuidLow;
        this.tag = tag;
        this.bounds = bounds;
    }

    int intervalCount() {
        return bounds.length / 2;
    }

    boolean isSameServer(GtidSource other) {
        return uuidHigh == other.uuidHigh && uuidLow == other.uuidLow;
    }

    /** Whether each interval of {@code other} lies in one of ours; both must be of one UUID and tag. */
    boolean containsAll(GtidSource other) {
        for (int i = 0; i < other.bounds.length; i += 2) {
            if (!containsInterval(other.bounds[i], other.bounds[i + 1])) {
                return false;
            }
        }
        return true;
    }

    private boolean containsInterval(long first, long last) {
        int low = 0;
        int high = bounds.length / 2 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (bounds[middle * 2 + 1] < first) {
                low = middle + 1;
            } else if (bounds[middle * 2] > first) {
                high = middle - 1;
            } else {
                return bounds[middle * 2 + 1] >= last;
            }
        }
        return false;
    }

    GtidSource union(GtidSource other) {
        IntervalList merged = new IntervalList();
        int mine = 0;
        int theirs = 0;
        while (mine < bounds.length || theirs < other.bounds.length) {
            boolean takeMine =
                    theirs == other.bounds.length || (mine < bounds.length && bounds[mine] <= other.bounds[theirs]);
            if (takeMine) {
                merged.add(bounds[mine], bounds[mine + 1]);
                mine += 2;
            } else {
                merged.add(other.bounds[theirs], other.bounds[theirs + 1]);
                theirs += 2;
            }
        }
        return new GtidSource(uuidHigh, uuidLow, tag, merged.toSortedBounds());
    }

    /** One interval from the first number to the last. */
    GtidSource span() {
        return new GtidSource(uuidHigh, uuidLow, tag, new long[] {bounds[0], bounds[bounds.length - 1]});
    }

    /** The numbers of {@code later}, and those between the last one here and the last one there. */
    GtidSource gapTo(GtidSource later) {
        long next = bounds[bounds.length - 1] + 1;
        long last = later.bounds[later.bounds.length - 1];
        return last <= next ? later : new GtidSource(uuidHigh, uuidLow, tag, new long[] {next, last}).union(later);
    }

    void appendUuid(StringBuilder out) {
        out.append(new UUID(uuidHigh, uuidLow));
    }

    void appendNumbers(StringBuilder out) {
        if (!tag.isEmpty()) {
            out.append(':').append(tag);
        }
        for (int i = 0; i < bounds.length; i += 2) {
            out.append(':').append(bounds[i]);
            if (bounds[i + 1] > bounds[i]) {
                out.append('-').append(bounds[i + 1]);
            }
        }
    }

    @Override
    public int compareTo(GtidSource other) {
        int order = Long.compareUnsigned(uuidHigh, other.uuidHigh);
        if (order == 0) {
            order = Long.compareUnsigned(uuidLow, other.uuidLow);
        }
        return order == 0 ? tag.compareTo(other.tag) : order;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GtidSource that
                && isSameServer(that)
                && tag.equals(that.tag)
                && Arrays.equals(bounds, that.bounds);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(uuidHigh ^ uuidLow) * 31 + Arrays.hashCode(bounds);
    }
}
