package dev.sluice.server.backend;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many statements Sluice has prepared on one backend, over all connections and event loops. Thread-safe: one atomic
 * number.
 */
final class StatementBudget {
    private final AtomicInteger taken = new AtomicInteger();

    /** Takes a place if fewer than so many are taken. */
    boolean tryTake(int max) {
        int current = taken.get();
        while (current < max) {
            if (taken.compareAndSet(current, current + 1)) {
                return true;
            }
            current = taken.get();
        }
        return false;
    }

    /** Takes a place beyond what there is: a connection that has none could run nothing that is prepared. */
    void takeBeyond() {
        taken.incrementAndGet();
    }

    void giveBack(int places) {
        taken.addAndGet(-places);
    }

    /** The places taken. */
    int taken() {
        return taken.get();
    }
}
