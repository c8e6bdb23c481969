package dev.sluice.server.backend;

import dev.sluice.router.session.StateVector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Those on one event loop who wait for a connection to one backend, statements and logins alike: each user's first come first
 * served. Whose turn it is among the users is for {@link BackendCapacity} to say. Confined to the session's event loop.
 *
 * <p>A connection that comes back can serve only those of its own kind. They may overtake the first of their user, but only
 * so often: then the connection has to make room for a new one.
 */
final class WaitingLine {
    /** How often the first of a user is overtaken. */
    static final int OVERTAKEN_MAX = 8;

    private final Map<String, UserLine> users = new LinkedHashMap<>();
    private final WaitingBudget budget;
    private final Consumer<String> left;
    private int size;

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
        /** At whose expense it waits; nobody knows yet if whoever logs in is who he says. */
        String user() {
            return wanted == null ? UserShare.LOGINS : pool.key().user();
        }

        boolean canUse(BackendConnection connection) {
            return wanted != null && connection.key().equals(pool.key()) && StatePrelude.canReach(connection, wanted);
        }
    }

    /** Those of one user. Confined to the session's event loop. */
    private static final class UserLine {
        final ArrayDeque<Claim> claims = new ArrayDeque<>();
        int overtaken;
    }

    /** @param left is told the user of each that leaves the line, unless it leaves for a slot that was granted to it */
    WaitingLine(WaitingBudget budget, Consumer<String> left) {
        this.budget = budget;
        this.left = left;
    }

    /** Joins the line; false when too many wait already, or with too much. */
    boolean tryAdd(Claim claim) {
        if (!budget.tryEnter(claim.user(), claim.bytes())) {
            return false;
        }
        users.computeIfAbsent(claim.user(), user -> new UserLine()).claims.add(claim);
        size++;
        return true;
    }

    /** Whether nobody waits who still wants a connection. */
    boolean isEmpty() {
        return size == 0 || first() == null;
    }

    /** Somebody who is the first of a user, or null: the first of all whom it finds. */
    private @Nullable Claim first() {
        Iterator<UserLine> all = users.values().iterator();
        while (all.hasNext()) {
            Claim first = first(all.next());
            if (first != null) {
                return first;
            }
            all.remove();
        }
        return null;
    }

    /** The first of a user who still wants a connection, or null; the others are gone. */
    private @Nullable Claim first(UserLine line) {
        while (!line.claims.isEmpty()) {
            Claim first = line.claims.element();
            if (first.borrower().isWaiting()) {
                return first;
            }
            leave(line, line.claims.remove());
        }
        return null;
    }

    private void leave(UserLine line, Claim first) {
        line.overtaken = 0;
        count(first);
        left.accept(first.user());
    }

    private void count(Claim claim) {
        size--;
        budget.leave(claim.user(), claim.bytes());
    }

    /** Takes the first of a user, for whom a slot was granted; null if nobody wants it any more. */
    @Nullable
    Claim poll(String user) {
        UserLine line = users.get(user);
        Claim first = line == null ? null : first(line);
        if (line == null || first == null) {
            users.remove(user);
            return null;
        }
        line.claims.remove();
        line.overtaken = 0;
        count(first);
        if (line.claims.isEmpty()) {
            users.remove(user);
        }
        return first;
    }

    /** Who has waited longest, or null. */
    @Nullable
    Claim oldest() {
        Claim oldest = null;
        Iterator<UserLine> all = users.values().iterator();
        while (all.hasNext()) {
            Claim first = first(all.next());
            if (first == null) {
                all.remove();
            } else if (oldest == null || first.sinceNanos() - oldest.sinceNanos() < 0) {
                oldest = first;
            }
        }
        return oldest;
    }

    /** Who can use a connection that came back, of its user's; null if nobody, or if it should make room for the first. */
    @Nullable
    Claim findFor(BackendConnection connection) {
        UserLine line = users.get(connection.key().user());
        Claim first = line == null ? null : first(line);
        if (line == null || first == null || first.canUse(connection)) {
            return first;
        }
        if (line.overtaken >= OVERTAKEN_MAX) {
            return null;
        }
        for (Claim claim : line.claims) {
            if (claim.canUse(connection) && claim.borrower().isWaiting()) {
                return claim;
            }
        }
        return null;
    }

    /** Takes somebody who was found. */
    void take(Claim found) {
        UserLine line = users.get(found.user());
        if (line == null) {
            return;
        }
        if (found.equals(line.claims.peek())) {
            leave(line, line.claims.remove());
        } else if (line.claims.remove(found)) {
            line.overtaken++;
            count(found);
            left.accept(found.user());
        }
        if (line.claims.isEmpty()) {
            users.remove(found.user());
        }
    }

    /** How many wait. */
    int size() {
        return size;
    }

    /** Takes all. */
    List<Claim> takeAll() {
        List<Claim> all = new ArrayList<>();
        for (Claim first = first(); first != null; first = first()) {
            take(first);
            all.add(first);
        }
        return all;
    }

    /** Takes all whose deadline has passed. */
    List<Claim> takeLate(long nowNanos) {
        List<Claim> late = new ArrayList<>();
        for (UserLine line : List.copyOf(users.values())) {
            Claim first = first(line);
            while (first != null && first.deadlineNanos() - nowNanos <= 0) {
                take(first);
                late.add(first);
                first = first(line);
            }
        }
        return late;
    }
}
