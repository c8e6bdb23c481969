package dev.sluice.server.backend;

import java.util.concurrent.atomic.AtomicInteger;

/** How many may wait for a backend connection at the same time, over all event loops. Thread-safe: one atomic and a volatile limit. */
public final class WaitingBudget {
    private volatile int max;
    private final AtomicInteger waiting = new AtomicInteger();

    /** @param max {@code pool.waiting-max} */
    public WaitingBudget(int max) {
        this.max = max;
    }

    /** Counts one more; false when the limit is reached. */
    public boolean tryEnter() {
        if (waiting.incrementAndGet() > max) {
            waiting.decrementAndGet();
            return false;
        }
        return true;
    }

    /** One of those counted waits no more. */
    public void leave() {
        waiting.decrementAndGet();
    }

    /** Changes the limit; those that wait go on waiting. */
    public void max(int waitingMax) {
        max = waitingMax;
    }

    /** The limit. */
    public int max() {
        return max;
    }
}
