package dev.sluice.server.backend;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The hard cap on open connections to one backend, over all event loops. A slot is reserved before a connection is opened
 * and released when the server has closed its side, so the cap is never exceeded, nor is the one over all backends.
 * Thread-safe: the lock of {@link TotalCapacity}, and volatile fields for what the data path reads.
 *
 * <p>Those who found no slot queue up here, by user and by loop. A slot that becomes free is reserved for one of the user who
 * has fewest connections; somebody who comes later cannot snatch it. A connection that comes back may have to be closed for
 * somebody who waits: its slot is promised to him then, so that no second one is closed for the same.
 */
public final class BackendCapacity {
    /** So many connections a loop may keep for its own waiters while other loops wait; then one makes room for them. */
    static final int KEPT_MAX = 16;

    /** A loop's pool as the capacity sees it. */
    interface Claimant {
        /** A slot has been reserved for a user on this loop: use it or release it. Called from any thread. */
        void slotGranted(int backendOrdinal, String user);

        /**
         * Somebody waits on another loop: close an idle connection for him if there is one. Called from any thread.
         *
         * @param starving whether he has waited for long: connections kept for a last statement's warnings go, too
         */
        void makeRoom(Need need, boolean starving);

        /** A user has all the connections that the server allows: idle ones of that user go. Called from any thread. */
        default void giveUpShare(int backendOrdinal, String user) {}

        /** Another loop has no prepared statement left to close: those of idle connections can go. Called from any thread. */
        default void giveUpStatements(int backendOrdinal) {}
    }

    /**
     * Somebody who waits. Immutable.
     *
     * @param backendOrdinal for a connection to which backend
     * @param claimant on which loop
     * @param user as whom
     */
    record Need(int backendOrdinal, Claimant claimant, String user) {}

    private record Promise(UserShare share, Claimant claimant) {}

    /**
     * A connection that may have to be closed for somebody. Immutable.
     *
     * @param backend to which it leads
     * @param claimant on which loop it is
     * @param owner whose it is
     */
    record Holding(BackendCapacity backend, Claimant claimant, UserShare owner) {}

    private final int backendOrdinal;
    private final TotalCapacity total;
    private final Map<String, UserShare> shares = new HashMap<>();
    /** The users who wait and have been promised nothing, who has fewest connections first. */
    private final TreeSet<UserShare> waiting = new TreeSet<>();
    /** Those for whom a connection is being closed. */
    private final ArrayDeque<Promise> promised = new ArrayDeque<>();

    private volatile int max;
    private final AtomicInteger open = new AtomicInteger();
    private volatile boolean wanted;
    private volatile boolean closed;
    private final StatementBudget statements = new StatementBudget();
    /** How many connections were beyond the cap when it was lowered, less those that have been given up for it. */
    private final AtomicInteger surplus = new AtomicInteger();

    /**
     * @param backendOrdinal the backend
     * @param max open connections at most, those being opened or closed included
     * @param total the cap over all backends
     */
    BackendCapacity(int backendOrdinal, int max, TotalCapacity total) {
        this.backendOrdinal = backendOrdinal;
        this.max = max;
        this.total = total;
    }

    // ---- slots ----

    /** Reserves a slot if one is free and nobody has queued for it. */
    boolean tryReserve(Claimant claimant, String user) {
        synchronized (total) {
            if (!waiting.isEmpty() || !promised.isEmpty() || open.get() >= max || !total.tryTake(user)) {
                return false;
            }
            open.incrementAndGet();
            change(share(user), share -> share.opened(claimant));
            return true;
        }
    }

    /** Gives a slot back, to whoever it is promised to, or else to whoever waits. */
    void release(Claimant claimant, String user) {
        synchronized (total) {
            open.decrementAndGet();
            total.giveBack(user);
            change(share(user), share -> share.gone(claimant));
            total.serve(this);
        }
    }

    /** A connection was opened at the expense of one user, and is another's from now on. */
    void transfer(Claimant claimant, String user, String other) {
        synchronized (total) {
            total.giveBack(user);
            total.take(other);
            change(share(user), share -> share.gone(claimant));
            change(share(other), share -> share.opened(claimant));
        }
    }

    /** One more of a user waits on a loop, for one grant. */
    void await(Claimant claimant, String user) {
        synchronized (total) {
            long now = total.nextTurn();
            change(share(user), share -> share.await(claimant, now));
            total.serve(this);
        }
    }

    /** One of those waits no more; false if he has been granted a slot, or promised one. */
    boolean withdraw(Claimant claimant, String user) {
        synchronized (total) {
            UserShare share = shares.get(user);
            if (share == null || !share.isWaitingOn(claimant)) {
                return false;
            }
            change(share, changed -> changed.withdraw(claimant));
            total.serve(this);
            return true;
        }
    }

    private UserShare share(String user) {
        return shares.computeIfAbsent(user, UserShare::new);
    }

    /** The one way to change a share: the order of those who wait depends on it. */
    private void change(UserShare share, Consumer<UserShare> how) {
        waiting.remove(share);
        how.accept(share);
        if (share.isWaiting()) {
            waiting.add(share);
        } else if (share.isEmpty()) {
            shares.remove(share.user());
        }
        wanted = !waiting.isEmpty();
    }

    // ---- what the cap over all backends asks, under its lock ----

    /** Whether somebody waits and there is room for him, as far as this backend goes. */
    boolean canGrant() {
        return open.get() < max && !(waiting.isEmpty() && promised.isEmpty());
    }

    /** Reserves a slot for the next, and returns his user. */
    String grant() {
        open.incrementAndGet();
        Promise first = promised.poll();
        if (first != null) {
            first.claimant().slotGranted(backendOrdinal, first.share().user());
            return first.share().user();
        }
        UserShare next = waiting.first();
        Claimant claimant = next.next();
        long now = total.nextTurn();
        change(next, share -> share.take(claimant, now));
        claimant.slotGranted(backendOrdinal, next.user());
        return next.user();
    }

    /** The user who has fewest connections of those who wait, or null. */
    @Nullable
    UserShare next() {
        return waiting.isEmpty() ? null : waiting.first();
    }

    /**
     * A connection of somebody's is about to be closed for one of a user's who wait on a loop: it counts as that user's from
     * now on.
     */
    void promise(UserShare share, Claimant claimant, Holding from) {
        long now = total.nextTurn();
        change(share, changed -> changed.take(claimant, now));
        promised.add(new Promise(share, claimant));
        from.backend().change(from.owner(), owner -> owner.leaves(from.claimant()));
        total.serve(this);
    }

    // ---- who makes room ----

    /** Whether somebody waits for this backend, or for another that lacks nothing but a slot of the cap over all of them. */
    boolean isWanted() {
        return wanted || total.isWanted();
    }

    /**
     * Whether a connection has to be closed for somebody who waits; his is the slot then.
     *
     * @param self the loop that it belongs to
     * @param user whose it is
     * @param needed whether somebody waits on that loop whom it can serve as it is
     * @param nanos since when it has been open, or idle if it is not needed
     */
    boolean mustYield(Claimant self, String user, boolean needed, long nanos) {
        synchronized (total) {
            UserShare owner = shares.get(user);
            if (owner == null) {
                return false;
            }
            Holding from = new Holding(this, self, owner);
            UserShare other = poorestBesides(owner);
            if (other != null && other.isOwedBy(owner, needed, nanos)) {
                promise(other, other.next(), from);
                return true;
            }
            Claimant elsewhere = owner.owedBy(self, needed, nanos);
            if (elsewhere != null) {
                promise(owner, elsewhere, from);
                return true;
            }
            return total.mustYield(from, needed, nanos);
        }
    }

    private @Nullable UserShare poorestBesides(UserShare owner) {
        for (UserShare share : waiting) {
            if (!share.equals(owner)) {
                return share;
            }
        }
        return null;
    }

    /**
     * Whether an idle connection is to be closed for somebody who waits for this backend; its slot is his then.
     *
     * @param from the backend to which it leads, maybe this one
     * @param on the loop that it belongs to
     * @param user whose it is
     * @param nanos since when it has been idle
     */
    boolean takesIdle(BackendCapacity from, Claimant on, String user, long nanos, Need need) {
        synchronized (total) {
            UserShare share = shares.get(need.user());
            UserShare owner = from.shares.get(user);
            if (owner == null || share == null || !share.isWaitingOn(need.claimant())) {
                return false;
            }
            if (nanos < UserShare.WORTH_NANOS && !isOwed(from, on, owner, share, need.claimant())) {
                return false;
            }
            promise(share, need.claimant(), new Holding(from, on, owner));
            return true;
        }
    }

    private boolean isOwed(BackendCapacity from, Claimant on, UserShare owner, UserShare share, Claimant claimant) {
        if (owner.equals(share)) {
            return !owner.isPoorer(on, claimant);
        }
        return owner.user().equals(share.user())
                || (from == this ? owner.held() > share.held() : total.hasMore(owner.user(), share.user()));
    }

    // ---- what an operator changes ----

    /** Changes the cap. Connections beyond a lower one are closed when they are next unused. */
    void resize(int connectionsMax) {
        synchronized (total) {
            max = connectionsMax;
            surplus.set(Math.max(0, open.get() - connectionsMax));
            total.serve(this);
        }
    }

    /**
     * Whether one connection has to go because the cap was lowered, or that over all backends. Each that has to is asked for
     * once: those that are being closed still count as open.
     */
    boolean takeSurplus() {
        int left = surplus.get();
        while (left > 0 && open.get() > max) {
            if (surplus.compareAndSet(left, left - 1)) {
                return true;
            }
            left = surplus.get();
        }
        return total.takeSurplus();
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
        synchronized (total) {
            return closed && open.get() == 0 && waiting.isEmpty() && promised.isEmpty();
        }
    }

    /** What is prepared there. */
    StatementBudget statements() {
        return statements;
    }

    /** Whether it is this backend's cap that keeps new connections from being opened, not that over all of them. */
    boolean isFull() {
        return open.get() >= max;
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
