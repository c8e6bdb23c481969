package dev.sluice.server.backend;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The hard cap on open connections to all backends together, and the one place where slots are given out. Thread-safe: the
 * monitor of this object guards the counts of all backends; what a connection that comes back looks at is volatile.
 *
 * <p>The monitor is taken when a connection is opened or gone, and when somebody begins or ends to wait for one: never by a
 * statement that finds an idle connection, and for a few steps each time.
 */
final class TotalCapacity {
    private final Map<String, Integer> held = new HashMap<>();
    /** The backends for which somebody waits, and which have room of their own; each has one turn after the other. */
    private final Set<BackendCapacity> queue = new LinkedHashSet<>();

    private int max;
    private int open;
    private int kept;
    private long clock;
    private volatile int surplus;
    private volatile boolean wanted;

    /** @param max open connections at most; 0 for as many as the backends' own caps allow */
    TotalCapacity(int max) {
        this.max = max;
    }

    /** Grows with each call. */
    long nextTurn() {
        return clock++;
    }

    synchronized int max() {
        return max;
    }

    synchronized int open() {
        return open;
    }

    private boolean hasRoom() {
        return max == 0 || open < max;
    }

    /** Whether it is this cap that keeps new connections from being opened. */
    synchronized boolean isFull() {
        return !hasRoom();
    }

    /** Whether somebody waits who needs a slot of this cap and nothing else. */
    boolean isWanted() {
        return wanted;
    }

    /** Takes a slot if one is free and nobody waits for it. */
    boolean tryTake(String user) {
        if (!queue.isEmpty() || !hasRoom()) {
            return false;
        }
        take(user);
        return true;
    }

    /** Takes a slot that there is. */
    void take(String user) {
        open++;
        held.merge(user, 1, Integer::sum);
    }

    /** Gives a slot back. {@link #serve} is to follow. */
    void giveBack(String user) {
        open--;
        held.computeIfPresent(user, (same, count) -> count == 1 ? null : count - 1);
    }

    /** Gives what is free to those who wait, a backend at a time; something has changed about this one. */
    void serve(BackendCapacity changed) {
        if (changed.canGrant()) {
            queue.add(changed);
        } else {
            queue.remove(changed);
        }
        serveAll();
    }

    private void serveAll() {
        while (hasRoom() && !queue.isEmpty()) {
            Iterator<BackendCapacity> first = queue.iterator();
            BackendCapacity next = first.next();
            first.remove();
            take(next.grant());
            if (next.canGrant()) {
                queue.add(next);
            }
        }
        wanted = !queue.isEmpty();
    }

    private int held(String user) {
        return held.getOrDefault(user, 0);
    }

    /** Whether a user has more connections than another, all backends together. */
    boolean hasMore(String user, String other) {
        return held(user) > held(other);
    }

    /**
     * Whether a connection has to be closed for somebody who waits for another backend; his is the slot then. The parameters
     * are those of {@link BackendCapacity#mustYield}.
     */
    boolean mustYield(BackendCapacity.Holding from, boolean needed, long nanos) {
        for (BackendCapacity other : queue) {
            UserShare next = other == from.backend() ? null : other.next();
            if (next != null && isOwed(other, next.user(), from.owner().user(), needed, nanos)) {
                kept = 0;
                other.promise(next, next.next(), from);
                return true;
            }
        }
        return false;
    }

    private boolean isOwed(BackendCapacity to, String user, String owner, boolean needed, long nanos) {
        int more = held(owner) - held(user);
        boolean worth = nanos >= UserShare.WORTH_NANOS;
        if (!needed) {
            return more > 0 || worth || user.equals(owner);
        }
        if (more > 1 && worth) {
            return true;
        }
        return more >= 0 && ++kept > BackendCapacity.KEPT_MAX && (to.open() == 0 || nanos >= UserShare.ROTATED_NANOS);
    }

    /** Changes the cap. Connections beyond a lower one are closed when they are next unused. */
    synchronized void resize(int connectionsMax) {
        max = connectionsMax;
        surplus = max == 0 ? 0 : Math.max(0, open - max);
        serveAll();
    }

    /** Whether one connection has to go because the cap was lowered. */
    boolean takeSurplus() {
        if (surplus == 0) {
            return false;
        }
        synchronized (this) {
            if (surplus == 0) {
                return false;
            }
            surplus--;
            return !hasRoom();
        }
    }
}
