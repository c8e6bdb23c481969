package dev.sluice.router.balance;

/**
 * Which backends the statements of a fingerprint were moved to, for the few fingerprints that were moved. Bounded: a full
 * table forgets what was changed longest ago among a handful of neighbours. Confined to the session's event loop.
 *
 * <p>Plain arrays, so that neither reading nor changing allocates. A key may stand in one of {@value #WAYS} places next to
 * each other; an empty place has no backends. What is forgotten or out of date costs a warm buffer pool and nothing else.
 */
final class LocalityTable {
    /** Fingerprints that are remembered at most. */
    static final int ENTRIES_MAX = 4096;

    private static final int WAYS = 4;

    private final long[] keys = new long[ENTRIES_MAX];
    private final long[] backends = new long[ENTRIES_MAX];
    private final long[] changedNanos = new long[ENTRIES_MAX];

    private static int firstPlace(long key) {
        return (int) RendezvousHash.spread(key) & (ENTRIES_MAX - WAYS);
    }

    /** The place of a key; -1 if it has none. */
    int find(long key) {
        int first = firstPlace(key);
        for (int place = first; place < first + WAYS; place++) {
            if (backends[place] != 0 && keys[place] == key) {
                return place;
            }
        }
        return -1;
    }

    /** The bits of the backends at a place that {@link #find} has named. */
    long backends(int place) {
        return backends[place];
    }

    /** How long ago the entry at a place was last changed. */
    long ageNanos(int place, long nowNanos) {
        return nowNanos - changedNanos[place];
    }

    /** Remembers the backends of a key; none forgets the key. */
    void put(long key, long newBackends, long nowNanos) {
        int place = find(key);
        if (place < 0) {
            place = roomFor(key, nowNanos);
        }
        keys[place] = key;
        backends[place] = newBackends;
        changedNanos[place] = nowNanos;
    }

    private int roomFor(long key, long nowNanos) {
        int first = firstPlace(key);
        int oldest = first;
        for (int place = first; place < first + WAYS; place++) {
            if (backends[place] == 0) {
                return place;
            }
            if (ageNanos(place, nowNanos) > ageNanos(oldest, nowNanos)) {
                oldest = place;
            }
        }
        return oldest;
    }

    /** How many keys are remembered. */
    int size() {
        int size = 0;
        for (long mask : backends) {
            if (mask != 0) {
                size++;
            }
        }
        return size;
    }
}
