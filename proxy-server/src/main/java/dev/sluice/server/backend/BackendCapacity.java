package dev.sluice.server.backend;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The hard cap on open connections to one backend, over all event loops. A slot is reserved before a connection is opened
 * and released when the server has closed its side, so the cap is never exceeded. Thread-safe: atomics, volatile
 * fields and a concurrent queue.
 *
 * <p>Loops that found no slot queue up. A slot that becomes free is reserved for the first of them; a loop that comes later
 * cannot snatch it. One slot is granted a turn, so that loops with many waiters do not starve those with few.
 */
public final class BackendCapacity {
    /** So many connections a loop may keep for its own waiters while other loops wait; then one makes room for them. */
    static final int KEPT_MAX = 16;

    /** A loop's pool as the capacity sees it. */
    interface Claimant {
        /** A slot has been reserved for this loop: use it or release it. Called from any thread. */
        void slotGranted(int backendOrdinal);

        /**
         * Another loop waits: close an idle connection if there is one. Called from any thread.
         *
         * @param starving whether it has waited for long: connections kept for a last statement's warnings go, too
         */
        void makeRoom(int backendOrdinal, boolean starving);

        /** A user has all the connections that the server allows: idle ones of that user go. Called from any thread. */
        default void giveUpShare(int backendOrdinal, String user) {}

        /** Another loop has no prepared statement left to close: those of idle connections can go. Called from any thread. */
        default void giveUpStatements(int backendOrdinal) {}
    }

    private final int backendOrdinal;
    private volatile int max;
    private volatile boolean closed;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger kept = new AtomicInteger();
    private final StatementBudget statements = new StatementBudget();
    /** How many connections were beyond the cap when it was lowered, less those that have been given up for it. */
    private final AtomicInteger surplus = new AtomicInteger();

    private final Queue<Claimant> waiting = new ConcurrentLinkedQueue<>();

    /**
     * @param backendOrdinal the backend
     * @param max open connections at most, those being opened or closed included
     */
    public BackendCapacity(int backendOrdinal, int max) {
        this.backendOrdinal = backendOrdinal;
        this.max = max;
    }

    /** Reserves a slot if one is free and nobody has queued for it. */
    boolean tryReserve() {
        return waiting.isEmpty() && tryIncrement();
    }

    private boolean tryIncrement() {
        int current = open.get();
        while (current < max) {
            if (open.compareAndSet(current, current + 1)) {
                return true;
            }
            current = open.get();
        }
        return false;
    }

    /** Gives a slot back, to the loop that has waited longest if one waits. */
    void release() {
        open.decrementAndGet();
        grant();
    }

    /** Queues a loop that found no slot, for one grant. */
    void await(Claimant claimant) {
        waiting.add(claimant);
        grant();
    }

    /** Takes a loop out of the queue; false if it is not in it, because its grant is on the way. */
    boolean withdraw(Claimant claimant) {
        return waiting.remove(claimant);
    }

    private void grant() {
        while (!waiting.isEmpty() && tryIncrement()) {
            Claimant next = waiting.poll();
            if (next == null) {
                open.decrementAndGet();
            } else {
                next.slotGranted(backendOrdinal);
            }
        }
    }

    /** Whether a loop other than this one waits for a slot. */
    boolean isWantedBesides(Claimant self) {
        if (waiting.isEmpty()) {
            return false;
        }
        for (Claimant claimant : waiting) {
            if (claimant != self) {
                return true;
            }
        }
        return false;
    }

    /** Whether a connection that came back to a loop must make room for the other loops, whoever waits on this one. */
    boolean mustYield(Claimant self) {
        if (!isWantedBesides(self) || kept.incrementAndGet() <= KEPT_MAX) {
            return false;
        }
        kept.set(0);
        return true;
    }

    /** Changes the cap. Connections beyond a lower one are closed when they are next unused. */
    void resize(int connectionsMax) {
        max = connectionsMax;
        surplus.set(Math.max(0, open.get() - connectionsMax));
        grant();
    }

    /**
     * Whether one connection has to go because the cap was lowered. Each that has to is asked for once: those that are being
     * closed still count as open.
     */
    boolean takeSurplus() {
        int left = surplus.get();
        while (left > 0 && open.get() > max) {
            if (surplus.compareAndSet(left, left - 1)) {
                return true;
            }
            left = surplus.get();
        }
        return false;
    }

    /** Opens it to new work, or closes it. */
    void closed(boolean nothingNew) {
        closed = nothingNew;
    }

    /** Whether the backend takes no new work. */
    public boolean isClosed() {
        return closed;
    }

    /** Whether nothing is left of its use: its ordinal may stand for another backend. */
    boolean isAbandoned() {
        return closed && open.get() == 0 && waiting.isEmpty();
    }

    /** What is prepared there. */
    StatementBudget statements() {
        return statements;
    }

    /** Connections open, being opened or being closed. */
    public int open() {
        return open.get();
    }

    /** The cap. */
    public int max() {
        return max;
    }
}
