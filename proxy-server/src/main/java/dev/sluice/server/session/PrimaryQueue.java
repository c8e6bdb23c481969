package dev.sluice.server.session;

import dev.sluice.server.backend.WaitingBudget;
import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * The statements of one event loop that wait for a primary: there is none, or it takes no connections. Confined to the
 * session's event loop.
 */
final class PrimaryQueue {
    /** One that waits. */
    interface Waiter {
        /** Whether it still waits; its client may have gone. */
        boolean isWaiting();

        /** There may be a primary now: try again. */
        void retryRoute();

        /** There was no primary in time. */
        void primaryTimeout();
    }

    private record Waiting(Waiter waiter, long deadlineNanos) {}

    private final WaitingBudget budget;
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();

    PrimaryQueue(WaitingBudget budget) {
        this.budget = budget;
    }

    /** Joins the queue; false when too many wait already. */
    boolean tryAdd(Waiter waiter, long deadlineNanos) {
        return budget.tryEnter() && queue.add(new Waiting(waiter, deadlineNanos));
    }

    /** Lets each look again, in the order in which they came. Those who find nothing come back. */
    void retryAll() {
        for (int left = queue.size(); left > 0; left--) {
            Waiting next = queue.remove();
            budget.leave();
            if (next.waiter().isWaiting()) {
                next.waiter().retryRoute();
            }
        }
    }

    /** Tells those whose deadline has passed. A statement that came back keeps its deadline, so any may be late. */
    void giveUpLate(long nowNanos) {
        ArrayDeque<Waiting> late = new ArrayDeque<>();
        Iterator<Waiting> all = queue.iterator();
        while (all.hasNext()) {
            Waiting next = all.next();
            if (next.deadlineNanos() - nowNanos <= 0 || !next.waiter().isWaiting()) {
                all.remove();
                budget.leave();
                late.add(next);
            }
        }
        late.forEach(next -> next.waiter().primaryTimeout());
    }
}
