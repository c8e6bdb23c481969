package dev.sluice.server.session;

import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.Slot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The gate in front of new work. While it is closed, what would begin waits with its deadline among the statements that wait
 * for a primary; what has begun goes on until it ends. Thread-safe: sessions read one volatile field, holds are counted
 * under the monitor of this object, and event loops are asked by tasks of their own.
 *
 * <p>Begun is: a statement that has been given a connection, a transaction, and locks that keep others from writing (LOCK
 * TABLES, FLUSH TABLES WITH READ LOCK, LOCK INSTANCE FOR BACKUP), because a server does not become read-only before their
 * end. Other pins, such as user variables, do not count: such a session's statements wait like anybody's.
 *
 * <p>Nothing is counted on the way of a statement. Who wants to know what still runs asks each event loop, after the level
 * has been raised: what the loop has placed before is seen by that question, and what it places after sees the level.
 */
public final class WriteGate {
    private static final long POLL_NANOS = Duration.ofMillis(1).toNanos();
    /** An event loop that does not answer for so long is ill; the question is not repeated for ever. */
    private static final long LOOP_PATIENCE_NANOS = Duration.ofSeconds(10).toNanos();

    private static final int LOCKS_OTHERS =
            PinReason.TABLE_LOCK.bit() | PinReason.GLOBAL_READ_LOCK.bit() | PinReason.INSTANCE_LOCK.bit();

    /** How far the gate is closed. Immutable. */
    public enum Level {
        /** Everything passes. */
        OPEN,
        /** What would begin on the primary waits. */
        WRITES,
        /** Whatever would begin waits. */
        ALL;

        boolean covers(Slot slot) {
            return this == ALL || (this == WRITES && slot == Slot.PRIMARY);
        }
    }

    /** One event loop. Thread-safe: implementations do the work on their loop. */
    interface Loop {
        /** The gate has opened: those that wait may look again. */
        void gateOpened();

        /** Those of the given sessions, or of all if null, that have not ended what they have begun. */
        CompletableFuture<List<Session>> unfinished(@Nullable List<Session> among, Level level);
    }

    /** One reason to keep the gate closed; ends with {@link #open}. Thread-safe: it holds no state but its end. */
    public final class Hold {
        private final Level level;
        private final String reason;

        private Hold(Level level, String reason) {
            this.level = level;
            this.reason = reason;
        }

        /**
         * Waits until all that had begun has ended. The gate stays closed, whatever the answer.
         *
         * @return empty when nothing runs any more; else a sentence about each session that still does after the timeout
         */
        public List<String> awaitQuiet(Duration timeout) throws InterruptedException {
            return WriteGate.this.awaitQuiet(level, timeout);
        }

        /** Gives the hold up; the gate opens if it was the last. Does nothing the second time. */
        public void open() {
            release(this);
        }
    }

    private final LongSupplier nanoClock;
    private final List<Loop> loops = new CopyOnWriteArrayList<>();
    private final List<Hold> holds = new ArrayList<>();
    private volatile Level level = Level.OPEN;
    private volatile String reason = "";

    /** An open gate with a monotonic clock. */
    public WriteGate(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    void register(Loop loop) {
        loops.add(loop);
    }

    /** How far the gate is closed now. */
    public Level level() {
        return level;
    }

    /** Why it is closed, as a clause for those who have waited in vain; empty while it is open. */
    String reason() {
        return reason;
    }

    /** Whether a statement for a slot has to wait. */
    boolean holdsBack(Slot slot, SessionState state) {
        Level now = level;
        return now != Level.OPEN && now.covers(slot) && !hasBegun(state, slot);
    }

    /** Whether the session has something to end in a slot, for which it needs further statements. */
    static boolean hasBegun(SessionState state, Slot slot) {
        return state.transactionSlot() == slot || (state.pins(slot) & LOCKS_OTHERS) != 0;
    }

    /**
     * Closes the gate, or keeps it closed for one more reason. Returns at once.
     *
     * @param why a clause for the error of those who wait too long, such as {@code the primary is being changed}
     */
    public Hold close(Level wanted, String why) {
        if (wanted == Level.OPEN) {
            throw new IllegalArgumentException("a closed gate is not open");
        }
        Hold hold = new Hold(wanted, why);
        synchronized (this) {
            holds.add(hold);
            settle();
        }
        return hold;
    }

    private void release(Hold hold) {
        Level before;
        synchronized (this) {
            before = level;
            if (!holds.remove(hold)) {
                return;
            }
            settle();
        }
        if (level.compareTo(before) < 0) {
            loops.forEach(Loop::gateOpened);
        }
    }

    private void settle() {
        Level highest = Level.OPEN;
        for (Hold hold : holds) {
            highest = hold.level.compareTo(highest) > 0 ? hold.level : highest;
        }
        reason = holds.isEmpty() ? "" : holds.get(0).reason;
        level = highest;
    }

    private List<String> awaitQuiet(Level about, Duration timeout) throws InterruptedException {
        long deadline = nanoClock.getAsLong() + timeout.toNanos();
        Map<Loop, List<Session>> left = new HashMap<>();
        while (true) {
            List<Session> unfinished = new ArrayList<>();
            for (Loop loop : loops) {
                List<Session> before = left.get(loop);
                if (before == null || !before.isEmpty()) {
                    List<Session> now = answer(loop.unfinished(before, about));
                    left.put(loop, now);
                    unfinished.addAll(now);
                }
            }
            if (unfinished.isEmpty()) {
                return List.of();
            }
            if (nanoClock.getAsLong() - deadline >= 0) {
                return unfinished.stream().map(Session::describeUnfinished).toList();
            }
            LockSupport.parkNanos(this, POLL_NANOS);
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while statements ended");
            }
        }
    }

    private static List<Session> answer(CompletableFuture<List<Session>> question) throws InterruptedException {
        try {
            return question.get(LOOP_PATIENCE_NANOS, TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("an event loop did not say what runs on it", e);
        }
    }
}
