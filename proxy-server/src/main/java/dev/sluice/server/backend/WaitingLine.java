package dev.sluice.server.backend;

import dev.sluice.router.session.StateVector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Those on one event loop who wait for a connection to one backend, statements and logins alike, first come first served.
 * Confined to the session's event loop.
 *
 * <p>A connection that comes back can serve only those of its own kind. They may overtake the first in the line, but only
 * so often: then the connection has to make room for a new one.
 */
final class WaitingLine {
    /** How often the first in the line is overtaken. */
    static final int OVERTAKEN_MAX = 8;

    private final ArrayDeque<Claim> claims = new ArrayDeque<>();
    private final WaitingBudget budget;
    private int overtaken;

    /**
     * One in the line. Immutable.
     *
     * @param pool the connections that it could use
     * @param wanted the state it will bring the connection to; null if it has to be a new connection
     * @param borrower who waits
     * @param sinceNanos when it came
     * @param deadlineNanos when it gives up
     * @param bytes the memory that it holds meanwhile
     */
    record Claim(
            KeyPool pool,
            @Nullable StateVector wanted,
            Borrower borrower,
            long sinceNanos,
            long deadlineNanos,
            int bytes) {
        boolean canUse(BackendConnection connection) {
            return wanted != null && connection.key().equals(pool.key()) && StatePrelude.canReach(connection, wanted);
        }
    }

    WaitingLine(WaitingBudget budget) {
        this.budget = budget;
    }

    /** Joins the line; false when too many wait already, or with too much. */
    boolean tryAdd(Claim claim) {
        return budget.tryEnter(claim.bytes()) && claims.add(claim);
    }

    /** Whether nobody waits who still wants a connection. */
    boolean isEmpty() {
        while (!claims.isEmpty() && !claims.element().borrower().isWaiting()) {
            take(claims.element());
        }
        return claims.isEmpty();
    }

    /** The first in the line, or null. */
    @Nullable
    Claim poll() {
        return isEmpty() ? null : take(claims.element());
    }

    /** Who came first, or null. */
    @Nullable
    Claim peek() {
        return isEmpty() ? null : claims.element();
    }

    /** Takes the first who can use a connection that came back; null if it should make room for the first in the line. */
    @Nullable
    Claim takeFor(BackendConnection connection) {
        if (isEmpty()) {
            return null;
        }
        Claim first = claims.element();
        if (first.canUse(connection)) {
            return take(first);
        }
        if (overtaken >= OVERTAKEN_MAX) {
            return null;
        }
        Iterator<Claim> line = claims.iterator();
        while (line.hasNext()) {
            Claim claim = line.next();
            if (claim.canUse(connection) && claim.borrower().isWaiting()) {
                overtaken++;
                line.remove();
                budget.leave(claim.bytes());
                return claim;
            }
        }
        return null;
    }

    private Claim take(Claim first) {
        overtaken = 0;
        claims.remove();
        budget.leave(first.bytes());
        return first;
    }

    /** How many wait. */
    int size() {
        return claims.size();
    }

    /** Takes all. */
    List<Claim> takeAll() {
        List<Claim> all = new ArrayList<>();
        for (Claim first = poll(); first != null; first = poll()) {
            all.add(first);
        }
        return all;
    }

    /** Takes all whose deadline has passed. */
    List<Claim> takeLate(long nowNanos) {
        List<Claim> late = new ArrayList<>();
        Claim first = peek();
        while (first != null && first.deadlineNanos() - nowNanos <= 0) {
            late.add(take(first));
            first = peek();
        }
        return late;
    }
}
