package dev.sluice.server.backend;

import java.util.HashMap;
import java.util.Map;

/**
 * How many may wait for a backend connection or a primary at the same time, and how much memory they may hold, over all event
 * loops. Thread-safe: one lock, held for a few steps by those who begin or end to wait.
 *
 * <p>The last eighth of both is for users of whom few wait, so that one user who has everything waiting that may does not
 * keep the first statements of others out.
 */
public final class WaitingBudget {
    /** One part in so many is kept for users of whom few wait. */
    private static final int KEPT_SHARE = 8;
    /** Few are not more than one part in so many of all that may wait, or one. */
    private static final int FEW_SHARE = 64;
    /** Less than that could not be kept for anybody in particular. */
    private static final int KEPT_BYTES_MIN = 1024;

    private final Map<String, Held> users = new HashMap<>();
    private int max;
    private int bytesMax;
    private int waiting;
    private long bytes;

    /** What those of one user hold. Guarded by the lock of the budget. */
    private static final class Held {
        int waiting;
        long bytes;
    }

    /**
     * @param max {@code pool.waiting-max}
     * @param bytesMax {@code pool.waiting-bytes-max}
     */
    public WaitingBudget(int max, int bytesMax) {
        this.max = max;
        this.bytesMax = bytesMax;
    }

    /** Counts one more of a user, who holds that many bytes; false when a limit would be exceeded. */
    public synchronized boolean tryEnter(String user, int held) {
        if (waiting + 1 > max || bytes + held > bytesMax || (isCrowded(held) && !areFew(user, held))) {
            return false;
        }
        Held of = users.computeIfAbsent(user, absent -> new Held());
        of.waiting++;
        of.bytes += held;
        waiting++;
        bytes += held;
        return true;
    }

    /** Whether one more would take some of what is kept for users of whom few wait. */
    private boolean isCrowded(int held) {
        return waiting + 1 > max - max / KEPT_SHARE || bytes + held > bytesMax - keptBytes();
    }

    private int keptBytes() {
        int kept = bytesMax / KEPT_SHARE;
        return kept < KEPT_BYTES_MIN ? 0 : kept;
    }

    private boolean areFew(String user, int held) {
        Held of = users.get(user);
        return of == null || (of.waiting + 1 <= max / FEW_SHARE && of.bytes + held <= bytesMax / FEW_SHARE);
    }

    /** One of those counted waits no more. */
    public synchronized void leave(String user, int held) {
        Held of = users.get(user);
        if (of == null) {
            throw new IllegalStateException("nobody of " + user + " waits");
        }
        of.waiting--;
        of.bytes -= held;
        if (of.waiting == 0) {
            users.remove(user);
        }
        waiting--;
        bytes -= held;
    }

    /** Changes the limits; those that wait go on waiting. */
    public synchronized void limits(int waitingMax, int waitingBytesMax) {
        max = waitingMax;
        bytesMax = waitingBytesMax;
    }

    /** A clause for somebody of a user who was turned away: that the queue is full, and its bounds. */
    public synchronized String full(String user) {
        Held of = users.get(user);
        String kept = of == null || waiting >= max || (max / KEPT_SHARE == 0 && keptBytes() == 0)
                ? ""
                : ", of which the last eighth is for users of whom few wait, and " + of.waiting + " of this user wait";
        return "the queue of waiting statements is full: " + waiting + " wait with " + bytes
                + " bytes, and the bounds are " + max + " statements (pool.waiting-max) and " + bytesMax
                + " bytes (pool.waiting-bytes-max)" + kept;
    }
}
