package dev.sluice.server.backend;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many may wait for a backend connection or a primary at the same time, and how much memory they may hold, over all event
 * loops. Thread-safe: two atomics and two volatile limits.
 */
public final class WaitingBudget {
    private volatile int max;
    private volatile int bytesMax;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    /**
     * @param max {@code pool.waiting-max}
     * @param bytesMax {@code pool.waiting-bytes-max}
     */
    public WaitingBudget(int max, int bytesMax) {
        this.max = max;
        this.bytesMax = bytesMax;
    }

    /** Counts one more, who holds that many bytes; false when a limit would be exceeded. */
    public boolean tryEnter(int held) {
        if (waiting.incrementAndGet() > max) {
            waiting.decrementAndGet();
            return false;
        }
        if (bytes.addAndGet(held) > bytesMax) {
            leave(held);
            return false;
        }
        return true;
    }

    /** One of those counted waits no more. */
    public void leave(int held) {
        bytes.addAndGet(-held);
        waiting.decrementAndGet();
    }

    /** Changes the limits; those that wait go on waiting. */
    public void limits(int waitingMax, int waitingBytesMax) {
        max = waitingMax;
        bytesMax = waitingBytesMax;
    }

    /** A clause for somebody who was turned away: that the queue is full, and its bounds. */
    public String full() {
        return "the queue of waiting statements is full: " + waiting.get() + " wait with " + bytes.get()
                + " bytes, and the bounds are " + max + " statements (pool.waiting-max) and " + bytesMax
                + " bytes (pool.waiting-bytes-max)";
    }
}
