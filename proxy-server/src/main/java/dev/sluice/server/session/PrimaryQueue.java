package dev.sluice.server.session;

import dev.sluice.server.backend.WaitingBudget;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The statements of one event loop that wait for a primary: there is none, or it takes no connections. Bounded by the budget
 * that all event loops share. Confined to the session's event loop.
 */
final class PrimaryQueue {
    /** One that waits. */
    interface Waiter {
        /** Whether it still waits; its client may have gone. */
        boolean isWaiting();

        /** There may be a primary now: try again. */
        void retryRoute();

        /** There was no primary in time, if it is this statement's deadline that has passed. */
        void primaryTimeout();

        /** Whether a replica would do as well. */
        boolean isRead();

        /** The memory in bytes that its statement holds. */
        int retainedBytes();

        /** As whom it runs. */
        String user();
    }

    private record Waiting(Waiter waiter, String user, int bytes, long deadlineNanos) {}

    private final WaitingBudget budget;
    /** Those for which a connection to the primary is being opened. They wait for that, and not to look again. */
    private final ArrayDeque<Waiting> connecting = new ArrayDeque<>();

    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    /** The one that looks again at this moment. Its place is kept for it: it must not lose it to one that came later. */
    private @Nullable Waiting looking;

    PrimaryQueue(WaitingBudget budget) {
        this.budget = budget;
    }

    /** Joins the queue; false when too many wait already, or with too much. */
    boolean tryAdd(Waiter waiter, long deadlineNanos) {
        Waiting added = new Waiting(waiter, waiter.user(), waiter.retainedBytes(), deadlineNanos);
        Waiting kept = looking;
        if (kept != null && kept.waiter().equals(waiter)) {
            looking = null;
            if (kept.bytes() == added.bytes()) {
                return queue.add(added);
            }
            budget.leave(kept.user(), kept.bytes());
        }
        return budget.tryEnter(added.user(), added.bytes()) && queue.add(added);
    }

    /** A connection to the primary is being opened for it: it is told when that takes until its deadline. */
    void watch(Waiter waiter, long deadlineNanos) {
        connecting.add(new Waiting(waiter, waiter.user(), 0, deadlineNanos));
    }

    /** Lets each look again, in the order in which they came. Those who find nothing come back. */
    void retryAll() {
        retry(waiter -> true);
    }

    /** As {@link #retryAll}, but only those that a replica could serve: there is none for the others yet. */
    void retryReads() {
        retry(Waiter::isRead);
    }

    private void retry(Predicate<Waiter> which) {
        for (int left = queue.size(); left > 0; left--) {
            Waiting next = queue.remove();
            if (!which.test(next.waiter())) {
                queue.add(next);
                continue;
            }
            looking = next;
            try {
                if (next.waiter().isWaiting()) {
                    next.waiter().retryRoute();
                }
            } finally {
                if (looking != null) {
                    looking = null;
                    budget.leave(next.user(), next.bytes());
                }
            }
        }
    }

    /** Tells those whose deadline has passed. A statement that came back keeps its deadline, so any may be late. */
    void giveUpLate(long nowNanos) {
        List<Waiting> late = new ArrayList<>();
        takeLate(queue, nowNanos, late);
        late.forEach(next -> budget.leave(next.user(), next.bytes()));
        takeLate(connecting, nowNanos, late);
        late.forEach(next -> next.waiter().primaryTimeout());
    }

    private static void takeLate(ArrayDeque<Waiting> from, long nowNanos, List<Waiting> late) {
        Iterator<Waiting> all = from.iterator();
        while (all.hasNext()) {
            Waiting next = all.next();
            if (next.deadlineNanos() - nowNanos <= 0 || !next.waiter().isWaiting()) {
                all.remove();
                late.add(next);
            }
        }
    }
}
