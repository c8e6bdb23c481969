package dev.sluice.router.topology;

import java.util.Arrays;

/**
 * A MariaDB GTID position: for each replication domain the last event group, written {@code domain-server-sequence}.
 * Immutable.
 *
 * <p>Within a domain MariaDB commits in sequence order on every server, so that "has come at least as far" is a
 * comparison of sequence numbers. The server id is kept for the text form only: after a failover the new primary goes on
 * counting under its own id.
 */
public final class MariaDbGtidPosition implements GtidPosition {
    private static final int TEXT_LENGTH_MAX = 1 << 20;
    private static final int DOMAINS_MAX = 1024;
    private static final long UNSIGNED_INT_MAX = 0xFFFF_FFFFL;

    /** Three numbers a domain (domain, server, sequence), sorted by domain. */
    private final long[] triples;

    private MariaDbGtidPosition(long[] triples) {
        this.triples = triples;
    }

    /**
     * Reads "0-1-42,1-7-3", with or without white space around the commas. Of two entries of one domain the later sequence
     * counts.
     *
     * @throws IllegalArgumentException with the position in the text, if it is malformed, empty or too large
     */
    public static MariaDbGtidPosition parse(CharSequence text) {
        GtidText in = new GtidText(text, TEXT_LENGTH_MAX);
        long[] parsed = new long[3];
        int count = 0;
        do {
            in.skipSpace();
            if (count == DOMAINS_MAX) {
                throw in.error("more than " + DOMAINS_MAX + " domains");
            }
            if (count * 3 == parsed.length) {
                parsed = Arrays.copyOf(parsed, parsed.length * 2);
            }
            parsed[count * 3] = in.number(UNSIGNED_INT_MAX);
            in.expect('-');
            parsed[count * 3 + 1] = in.number(UNSIGNED_INT_MAX);
            in.expect('-');
            parsed[count * 3 + 2] = in.number(Long.MAX_VALUE);
            count++;
            in.skipSpace();
        } while (in.accept(','));
        in.expectEnd();
        MariaDbGtidPosition result = new MariaDbGtidPosition(Arrays.copyOf(parsed, 3));
        for (int i = 1; i < count; i++) {
            result = result.with(parsed[i * 3], parsed[i * 3 + 1], parsed[i * 3 + 2]);
        }
        return result;
    }

    private MariaDbGtidPosition with(long domain, long server, long sequence) {
        int at = find(domain);
        if (at >= 0) {
            if (triples[at + 2] >= sequence) {
                return this;
            }
            long[] replaced = triples.clone();
            replaced[at + 1] = server;
            replaced[at + 2] = sequence;
            return new MariaDbGtidPosition(replaced);
        }
        int insertAt = -at - 1;
        long[] longer = new long[triples.length + 3];
        System.arraycopy(triples, 0, longer, 0, insertAt);
        longer[insertAt] = domain;
        longer[insertAt + 1] = server;
        longer[insertAt + 2] = sequence;
        System.arraycopy(triples, insertAt, longer, insertAt + 3, triples.length - insertAt);
        return new MariaDbGtidPosition(longer);
    }

    /** Index of the domain's triple, or -(index where it belongs) - 1. Linear: real servers have one or two domains. */
    private int find(long domain) {
        for (int i = 0; i < triples.length; i += 3) {
            if (triples[i] == domain) {
                return i;
            }
            if (triples[i] > domain) {
                return -i - 1;
            }
        }
        return -triples.length - 1;
    }

    @Override
    public boolean contains(GtidPosition other) {
        if (!(other instanceof MariaDbGtidPosition that)) {
            return other.isEmpty();
        }
        int mine = 0;
        for (int i = 0; i < that.triples.length; i += 3) {
            while (mine < triples.length && triples[mine] < that.triples[i]) {
                mine += 3;
            }
            if (mine == triples.length || triples[mine] != that.triples[i] || triples[mine + 2] < that.triples[i + 2]) {
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
        if (!(other instanceof MariaDbGtidPosition that)) {
            return UNKNOWN;
        }
        MariaDbGtidPosition result = this;
        for (int i = 0; i < that.triples.length; i += 3) {
            result = result.with(that.triples[i], that.triples[i + 1], that.triples[i + 2]);
        }
        return result;
    }

    @Override
    public GtidPosition upTo(GtidPosition own) {
        return union(own);
    }

    @Override
    public GtidPosition coarse() {
        return this;
    }

    @Override
    public boolean isEmpty() {
        return false;
    }

    @Override
    public int size() {
        return triples.length / 3;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MariaDbGtidPosition that && Arrays.equals(triples, that.triples);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(triples);
    }

    /** The form that MariaDB prints and reads: "0-1-42,1-7-3". */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < triples.length; i += 3) {
            out.append(i == 0 ? "" : ",")
                    .append(triples[i])
                    .append('-')
                    .append(triples[i + 1])
                    .append('-')
                    .append(triples[i + 2]);
        }
        return out.toString();
    }
}
