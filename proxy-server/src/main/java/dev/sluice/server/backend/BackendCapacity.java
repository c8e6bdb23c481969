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

    private final int backendOrdinal;
    private final TotalCapacity total;
    private final Map<String, UserShare> shares = new HashMap<>();
    /** The users who wait and have been promised nothing, who has fewest connections first. */
    private final TreeSet<UserShare> waiting = new TreeSet<>();
    /** Those for whom a connection is being closed. */
    private final ArrayDeque<Promise> promised = new ArrayDeque<>();

    private volatile int max;
    private volatile int open;
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
    boolean tryReserve(String user) {
        synchronized (total) {
            if (!waiting.isEmpty() || !promised.isEmpty() || open >= max || !total.tryTake(user)) {
                return false;
            }
            open++;
            share(user).opened();
            return true;
        }
    }

    /** Gives a slot back, to whoever it is promised to, or else to whoever waits. */
    void release(String user) {
        synchronized (total) {
            open--;
            total.giveBack(user);
            change(share(user), UserShare::gone);
            total.serve(this);
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
            change(share, changed -> {
                boolean unused = changed.withdraw(claimant);
            });
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
        return open < max && !(waiting.isEmpty() && promised.isEmpty());
    }

    /** Reserves a slot for the next, and returns his user. */
    String grant() {
        open++;
        Promise first = promised.poll();
        if (first != null) {
            first.claimant().slotGranted(backendOrdinal, first.share().user());
            return first.share().user();
        }
        UserShare next = waiting.first();
        Claimant claimant = next.next();
        long now = total.nextTurn();
        change(next, share -> {
            share.take(claimant, now);
            share.opened();
        });
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
    void promise(UserShare share, Claimant claimant, BackendCapacity from, UserShare owner) {
        long now = total.nextTurn();
        change(share, changed -> {
            changed.take(claimant, now);
            changed.opened();
        });
        promised.add(new Promise(share, claimant));
        from.change(owner, UserShare::leaves);
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
     * @param longEnough whether it has been in use for so long that closing it is not a waste, or idle for so long that
     *     it had better serve somebody
     */
    boolean mustYield(Claimant self, String user, boolean needed, boolean longEnough) {
        synchronized (total) {
            UserShare owner = shares.get(user);
            if (owner == null) {
                return false;
            }
            UserShare other = poorestBesides(owner);
            if (other != null && other.isOwedBy(owner, needed, longEnough)) {
                promise(other, other.next(), this, owner);
                return true;
            }
            Claimant elsewhere = owner.besides(self);
            if (elsewhere != null && (!needed || owner.isKeptTooOften())) {
                promise(owner, elsewhere, this, owner);
                return true;
            }
            if (!needed && owner.isWaitingOn(self)) {
                promise(owner, self, this, owner);
                return true;
            }
            return total.mustYield(this, owner, needed, longEnough);
        }
    }

    private @Nullable UserShare poorestBesides(UserShare owner) {
        for (UserShare share : waiting) {
            if (share != owner) {
                return share;
            }
        }
        return null;
    }

    /**
     * Whether an idle connection is to be closed for somebody who waits for this backend; its slot is his then.
     *
     * @param from the backend to which it leads, maybe this one
     * @param user whose it is
     * @param longEnough whether it has been idle for so long that it had better serve somebody
     */
    boolean takesIdle(BackendCapacity from, String user, boolean longEnough, Need need) {
        synchronized (total) {
            UserShare share = shares.get(need.user());
            UserShare owner = from.shares.get(user);
            if (owner == null || share == null || !share.isWaitingOn(need.claimant())) {
                return false;
            }
            boolean richer = from == this ? owner.held() > share.held() : total.hasMore(user, need.user());
            if (!longEnough && !richer && !user.equals(need.user())) {
                return false;
            }
            promise(share, need.claimant(), from, owner);
            return true;
        }
    }

    // ---- what an operator changes ----

    /** Changes the cap. Connections beyond a lower one are closed when they are next unused. */
    void resize(int connectionsMax) {
        synchronized (total) {
            max = connectionsMax;
            surplus.set(Math.max(0, open - connectionsMax));
            total.serve(this);
        }
    }

    /**
     * Whether one connection has to go because the cap was lowered, or that over all backends. Each that has to is asked for
     * once: those that are being closed still count as open.
     */
    boolean takeSurplus() {
        int left = surplus.get();
        while (left > 0 && open > max) {
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
            return closed && open == 0 && waiting.isEmpty() && promised.isEmpty();
        }
    }

    /** What is prepared there. */
    StatementBudget statements() {
        return statements;
    }

    /** Whether it is this backend's cap that keeps new connections from being opened, not that over all of them. */
    boolean isFull() {
        return open >= max;
    }

    /** Connections open, being opened or being closed. */
    public int open() {
        return open;
    }

    /** The cap. */
    public int max() {
        return max;
    }
}
