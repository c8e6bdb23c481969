package dev.sluice.server.backend;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The hard cap on open connections to one backend, over all event loops. A slot is reserved before a connection is
 * opened and released after it has closed, so the cap is never exceeded. Loops that found no slot are told in turn when
 * one becomes free, so that none starves. Thread-safe: atomics only.
 */
public final class BackendCapacity {
    /** A loop's pool as the capacity sees it. */
    interface Claimant {
        /** A slot may be free now: try again. Called from any thread. */
        void slotFreed(int backendOrdinal);

        /** Another loop waits: close an idle connection if there is one. Called from any thread. */
        void yieldIdle(int backendOrdinal);
    }

    private final int backendOrdinal;
    private final int max;
    private final AtomicInteger open = new AtomicInteger();
    private final Queue<Claimant> waiting = new ConcurrentLinkedQueue<>();

    /**
     * @param backendOrdinal the backend
     * @param max open connections at most, those being opened included
     */
    public BackendCapacity(int backendOrdinal, int max) {
        this.backendOrdinal = backendOrdinal;
        this.max = max;
    }

    /** Reserves a slot if one is free. */
    boolean tryReserve() {
        int current = open.get();
        while (current < max) {
            if (open.compareAndSet(current, current + 1)) {
                return true;
            }
            current = open.get();
        }
        return false;
    }

    /** Gives a slot back and tells the loop that has waited longest. */
    void release() {
        open.decrementAndGet();
        tellNext();
    }

    /** Queues a loop that found no slot. It is told once. */
    void await(Claimant claimant) {
        waiting.add(claimant);
        if (open.get() < max) {
            tellNext();
        }
    }

    /** A loop that was told does not need the slot: the next one is told, if there is a slot. */
    void passOn() {
        if (open.get() < max) {
            tellNext();
        }
    }

    private void tellNext() {
        Claimant next = waiting.poll();
        if (next != null) {
            next.slotFreed(backendOrdinal);
        }
    }

    /** Whether some loop waits for a slot. */
    boolean isContended() {
        return !waiting.isEmpty();
    }

    /** Connections open or being opened. */
    public int open() {
        return open.get();
    }

    /** The cap. */
    public int max() {
        return max;
    }
}
