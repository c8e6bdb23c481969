package dev.sluice.router.topology;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A set of MySQL GTIDs: for each source (server UUID and optional tag) the intervals of transaction numbers. Immutable.
 *
 * <p>Sources are sorted by UUID and tag, their intervals by number, disjoint and never adjacent, so that equal sets have
 * equal structure and a whole {@code gtid_executed} of the usual one interval per source is checked with a few
 * comparisons.
 */
public final class GtidSet implements GtidPosition {
    private static final int TEXT_LENGTH_MAX = 4 << 20;
    private static final int INTERVALS_MAX = 1 << 18;
    private static final int TAG_LENGTH_MAX = 32;
    private static final long NUMBER_MAX = Long.MAX_VALUE - 1;

    private final GtidSource[] sources;
    private final int intervals;

    private GtidSet(GtidSource[] sources) {
        this.sources = sources;
        int count = 0;
        for (GtidSource source : sources) {
            count += source.intervalCount();
        }
        this.intervals = count;
    }

    /**
     * Reads a GTID set as MySQL prints it, such as {@code uuid:1-5:7,uuid:tag:3}, with white space and line breaks
     * anywhere between its parts. Overlapping and unsorted intervals are put in order.
     *
     * @throws IllegalArgumentException with the position in the text, if it is malformed, empty or too large
     */
    public static GtidSet parse(CharSequence text) {
        GtidText in = new GtidText(text, TEXT_LENGTH_MAX);
        List<GtidSource> parsed = new ArrayList<>(4);
        int budget = INTERVALS_MAX;
        do {
            in.skipSpace();
            budget -= parseServer(in, parsed, budget);
            in.skipSpace();
        } while (in.accept(','));
        in.expectEnd();
        return of(parsed);
    }

    /** Reads one UUID and what belongs to it; returns the number of intervals. */
    private static int parseServer(GtidText in, List<GtidSource> parsed, int budget) {
        long high = in.hex(8);
        in.expect('-');
        high = (high << 16) | in.hex(4);
        in.expect('-');
        high = (high << 16) | in.hex(4);
        in.expect('-');
        long low = in.hex(4);
        in.expect('-');
        low = (low << 48) | in.hex(12);
        in.skipSpace();
        in.expect(':');
        String tag = "";
        int count = 0;
        IntervalList intervals = new IntervalList();
        do {
            in.skipSpace();
            if (in.peek() >= '0' && in.peek() <= '9') {
                if (++count > budget) {
                    throw in.error("more than " + INTERVALS_MAX + " intervals");
                }
                parseInterval(in, intervals);
            } else {
                if (!intervals.isEmpty()) {
                    parsed.add(new GtidSource(high, low, tag, intervals.toSortedBounds()));
                    intervals = new IntervalList();
                } else if (!tag.isEmpty()) {
                    throw in.error("a tag without numbers");
                }
                tag = in.tag(TAG_LENGTH_MAX);
            }
            in.skipSpace();
        } while (in.accept(':'));
        if (intervals.isEmpty()) {
            throw in.error("a source without numbers");
        }
        parsed.add(new GtidSource(high, low, tag, intervals.toSortedBounds()));
        return count;
    }

    private static void parseInterval(GtidText in, IntervalList intervals) {
        long first = in.number(NUMBER_MAX);
        in.skipSpace();
        long last = first;
        if (in.accept('-')) {
            in.skipSpace();
            last = in.number(NUMBER_MAX);
        }
        if (first < 1 || last < first) {
            throw in.error("an interval starts at 1 or later and does not end before it starts");
        }
        intervals.add(first, last);
    }

    private static GtidSet of(List<GtidSource> parsed) {
        GtidSource[] sorted = parsed.toArray(GtidSource[]::new);
        Arrays.sort(sorted);
        int size = 0;
        for (GtidSource source : sorted) {
            if (size > 0 && sorted[size - 1].compareTo(source) == 0) {
                sorted[size - 1] = sorted[size - 1].union(source);
            } else {
                sorted[size++] = source;
            }
        }
        return new GtidSet(size == sorted.length ? sorted : Arrays.copyOf(sorted, size));
    }

    @Override
    public boolean contains(GtidPosition other) {
        if (other == this) {
            return true;
        }
        if (!(other instanceof GtidSet that)) {
            return other.isEmpty();
        }
        int mine = 0;
        for (GtidSource theirs : that.sources) {
            while (mine < sources.length && sources[mine].compareTo(theirs) < 0) {
                mine++;
            }
            if (mine == sources.length || sources[mine].compareTo(theirs) != 0 || !sources[mine].containsAll(theirs)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public GtidPosition union(GtidPosition other) {
        if (other.isEmpty()) {
            return this;
        }
        return other instanceof GtidSet that ? union(that) : UNKNOWN;
    }

    /** The set of what is in either. */
    public GtidSet union(GtidSet that) {
        if (contains(that)) {
            return this;
        }
        List<GtidSource> all = new ArrayList<>(sources.length + that.sources.length);
        all.addAll(Arrays.asList(sources));
        all.addAll(Arrays.asList(that.sources));
        return of(all);
    }

    /**
     * This set and what the GTID tracker of an OK packet tells, such as {@code uuid:5} or {@code uuid:5-7,uuid2:3}.
     *
     * @throws IllegalArgumentException if the text is malformed
     */
    public GtidSet plus(CharSequence ownGtid) {
        return union(parse(ownGtid));
    }

    @Override
    public GtidPosition upTo(GtidPosition own) {
        if (!(own instanceof GtidSet that)) {
            return union(own);
        }
        List<GtidSource> all = new ArrayList<>(Arrays.asList(sources));
        for (GtidSource theirs : that.sources) {
            GtidSource mine = find(theirs);
            all.add(mine == null ? theirs : mine.gapTo(theirs));
        }
        return of(all);
    }

    private @Nullable GtidSource find(GtidSource wanted) {
        for (GtidSource source : sources) {
            if (source.compareTo(wanted) == 0) {
                return source;
            }
        }
        return null;
    }

    /**
     * One interval per source, from the first to the last number. A server fills the gaps in its own numbers as other
     * sessions commit, so that a replica comes to contain the result about as soon as the last number.
     */
    @Override
    public GtidPosition coarse() {
        if (intervals == sources.length) {
            return this;
        }
        GtidSource[] spans = new GtidSource[sources.length];
        for (int i = 0; i < spans.length; i++) {
            spans[i] = sources[i].span();
        }
        return new GtidSet(spans);
    }

    @Override
    public boolean isEmpty() {
        return false;
    }

    @Override
    public int size() {
        return intervals;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GtidSet that && Arrays.equals(sources, that.sources);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sources);
    }

    /** The canonical text: lower case, sorted, no white space, a UUID named once with its untagged numbers first. */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < sources.length; i++) {
            boolean sameServer = i > 0 && sources[i].isSameServer(sources[i - 1]);
            if (!sameServer) {
                out.append(i == 0 ? "" : ",");
                sources[i].appendUuid(out);
            }
            sources[i].appendNumbers(out);
        }
        return out.toString();
    }
}
