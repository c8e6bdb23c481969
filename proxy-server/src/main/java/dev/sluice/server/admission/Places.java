package dev.sluice.server.admission;

import java.util.concurrent.ConcurrentHashMap;

/**
 * How many connections there are of each user, or of each address. There is an entry only where there is a connection, so the
 * number of entries is bounded by that of connections. Thread-safe: a concurrent map, changed by its atomic operations only.
 */
final class Places {
    private final ConcurrentHashMap<String, Integer> taken = new ConcurrentHashMap<>();

    /**
     * Takes one place.
     *
     * @param max how many there may be; 0 for any number
     * @return whether there was one
     */
    boolean tryTake(String key, int max) {
        boolean[] free = new boolean[1];
        taken.compute(key, (same, count) -> {
            int before = count == null ? 0 : count;
            free[0] = max == 0 || before < max;
            Integer after = free[0] ? Integer.valueOf(before + 1) : count;
            return after;
        });
        return free[0];
    }

    /** Gives one place back. */
    void giveBack(String key) {
        taken.computeIfPresent(key, (same, count) -> count == 1 ? null : count - 1);
    }

    /** How many users or addresses have a place. */
    int size() {
        return taken.size();
    }
}
