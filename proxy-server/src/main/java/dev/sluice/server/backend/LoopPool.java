package dev.sluice.server.backend;

import dev.sluice.router.session.StateVector;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.backend.BackendFailure.Kind;
import dev.sluice.server.backend.KeyPool.Waiter;
import dev.sluice.server.metrics.LoopMetrics;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The backend connections of one event loop. Confined to the session's event loop; {@link #slotFreed} and
 * {@link #yieldIdle} may be called from any thread.
 *
 * <p>A connection is idle here, leased to one session, or being reset. A hard cap per backend holds over all loops
 * ({@link BackendCapacity}); whoever finds it reached waits in a bounded queue with a deadline. A connection that comes
 * back goes to the first waiter that can use it; if only others wait, on this loop or elsewhere, it is closed and its slot
 * moves on.
 */
public final class LoopPool implements BackendCapacity.Claimant {
    private static final long SWEEP_MILLIS = 250;

    private final EventLoop loop;
    private final BackendConnector connector;
    private final BackendCapacities capacities;
    private final PoolSettings settings;
    private final Environment environment;
    private final Map<PoolKey, KeyPool> pools = new HashMap<>();
    /** Backends at whose capacity this loop is queued. */
    private final boolean[] queued = new boolean[Topology.ORDINAL_MAX + 1];

    private final ArrayDeque<Login> logins = new ArrayDeque<>();
    private int waiting;
    private boolean draining;

    /**
     * What the pool reads of the world around it.
     *
     * @param topology the newest snapshot
     * @param nanoClock a monotonic clock
     * @param metrics the loop's counters, which also know how many connections are lent
     */
    public record Environment(Supplier<Topology> topology, LongSupplier nanoClock, LoopMetrics metrics) {}

    public LoopPool(
            EventLoop loop,
            BackendConnector connector,
            BackendCapacities capacities,
            PoolSettings settings,
            Environment environment) {
        this.loop = loop;
        this.connector = connector;
        this.capacities = capacities;
        this.settings = settings;
        this.environment = environment;
        capacities.register(this);
        var unused = loop.scheduleWithFixedDelay(this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The pool of a key, made when first asked for. */
    public KeyPool pool(PoolKey key) {
        return pools.computeIfAbsent(key, KeyPool::new);
    }

    /** Whether the backend is a MariaDB server, as far as the monitor has seen it. */
    public boolean isMariaDb(int backendOrdinal) {
        BackendStatus backend = environment.topology().get().find(backendOrdinal);
        return backend != null && backend.facts() != null && backend.facts().flavor() == ServerFlavor.MARIADB;
    }

    /**
     * Leases a connection, at once when one is idle. The borrower is called back either way, possibly before this method
     * returns.
     */
    public void acquire(KeyPool pool, StateVector wanted, Borrower borrower) {
        BackendConnection connection = pool.takeNearest(wanted);
        if (connection != null) {
            lease(connection, borrower);
            return;
        }
        if (waiting >= settings.waitingMax()) {
            borrower.acquireFailed(BackendFailure.of(
                    Kind.EXHAUSTED, waiting + " statements wait for a backend connection already (pool.waiting-max)"));
            return;
        }
        BackendCapacity capacity = capacities.of(pool.key().backendOrdinal());
        if (!reserve(pool, capacity)) {
            long deadline = environment.nanoClock().getAsLong()
                    + settings.acquireTimeout().toNanos();
            pool.waiters().add(new Waiter(borrower, wanted, deadline));
            waiting++;
            queue(pool.key().backendOrdinal());
            return;
        }
        open(pool, capacity, borrower);
    }

    /** Leases this very connection if it is idle. */
    public boolean acquireExactly(BackendConnection connection, BackendConnection.Owner owner) {
        KeyPool pool = pools.get(connection.key());
        if (connection.isClosed() || pool == null || !pool.idle().remove(connection)) {
            return false;
        }
        environment.metrics().backendStarted(connection.key().backendOrdinal());
        connection.leaseTo(owner);
        return true;
    }

    private boolean reserve(KeyPool pool, BackendCapacity capacity) {
        return capacity.tryReserve() || (closeOneIdle(pool.key().backendOrdinal()) && capacity.tryReserve());
    }

    private void open(KeyPool pool, BackendCapacity capacity, Borrower borrower) {
        BackendAddress address = capacities.address(pool.key().backendOrdinal());
        connector.connect(loop, address, pool.key(), borrower.credential(), new ConnectListener() {
            @Override
            public void connected(BackendConnection connection) {
                opened(capacity, connection);
                offer(connection, borrower);
            }

            @Override
            public void failed(BackendFailure failure) {
                environment.metrics().backendConnectFailed(pool.key().backendOrdinal());
                capacity.release();
                if (borrower.isWaiting()) {
                    borrower.acquireFailed(failure);
                }
            }
        });
    }

    private void opened(BackendCapacity capacity, BackendConnection connection) {
        connection.generation(pool(connection.key()).generation());
        environment.metrics().backendOpened(connection.key().backendOrdinal());
        connection.onClose = () -> {
            KeyPool pool = pools.get(connection.key());
            boolean wasIdle = pool != null && pool.idle().remove(connection);
            if (!wasIdle) {
                environment.metrics().backendEnded(connection.key().backendOrdinal());
            }
            environment.metrics().backendClosed(connection.key().backendOrdinal());
            capacity.release();
        };
        // Until somebody takes it, the connection counts as leased: it is in nobody's list.
        environment.metrics().backendStarted(connection.key().backendOrdinal());
    }

    /**
     * Opens a connection outside the queue, to prove a credential. It counts against the cap like any other, and joins
     * the pool by {@link #release}.
     */
    public void openForLogin(PoolKey key, Credential credential, ConnectListener listener) {
        int ordinal = key.backendOrdinal();
        BackendCapacity capacity = capacities.of(ordinal);
        if (capacity.tryReserve() || (closeOneIdle(ordinal) && capacity.tryReserve())) {
            login(new Login(key, credential, listener, 0), capacity);
            return;
        }
        if (logins.size() >= settings.waitingMax()) {
            listener.failed(BackendFailure.of(
                    Kind.EXHAUSTED,
                    logins.size() + " logins wait for a backend connection already (pool.waiting-max)"));
            return;
        }
        long deadline =
                environment.nanoClock().getAsLong() + settings.acquireTimeout().toNanos();
        logins.add(new Login(key, credential, listener, deadline));
        capacities.askToYield(ordinal, this);
    }

    /** A login that waits for a slot: it needs a connection of its own, so one that comes back is closed for it. */
    private record Login(PoolKey key, Credential credential, ConnectListener listener, long deadlineNanos) {}

    /** Takes the first login that waits for a backend, or null. */
    private @Nullable Login nextLogin(int ordinal) {
        Iterator<Login> queue = logins.iterator();
        while (queue.hasNext()) {
            Login login = queue.next();
            if (login.key().backendOrdinal() == ordinal) {
                queue.remove();
                return login;
            }
        }
        return null;
    }

    /** Opens a connection for a login in the slot that has just become free on this loop. */
    private void serveLogin(int ordinal) {
        BackendCapacity capacity = capacities.of(ordinal);
        if (!logins.isEmpty() && capacity.tryReserve()) {
            Login login = nextLogin(ordinal);
            if (login == null) {
                capacity.release();
            } else {
                login(login, capacity);
            }
        }
    }

    private boolean hasLogin(int ordinal) {
        for (Login login : logins) {
            if (login.key().backendOrdinal() == ordinal) {
                return true;
            }
        }
        return false;
    }

    private void login(Login login, BackendCapacity capacity) {
        PoolKey key = login.key();
        Credential credential = login.credential();
        ConnectListener listener = login.listener();
        connector.connect(loop, capacities.address(key.backendOrdinal()), key, credential, new ConnectListener() {
            @Override
            public void connected(BackendConnection connection) {
                opened(capacity, connection);
                listener.connected(connection);
            }

            @Override
            public void failed(BackendFailure failure) {
                environment.metrics().backendConnectFailed(key.backendOrdinal());
                capacity.release();
                listener.failed(failure);
            }
        });
    }

    private void offer(BackendConnection connection, Borrower borrower) {
        if (borrower.isWaiting()) {
            connection.leaseTo(borrower.owner());
            borrower.acquired(connection);
        } else {
            release(connection);
        }
    }

    private void lease(BackendConnection connection, Borrower borrower) {
        environment.metrics().backendStarted(connection.key().backendOrdinal());
        connection.leaseTo(borrower.owner());
        borrower.acquired(connection);
    }

    /** Takes back a connection whose state is its vector and nothing more. Closes it if a response is still owed. */
    public void release(BackendConnection connection) {
        if (connection.isClosed()) {
            return;
        }
        if (!connection.isQuiet()) {
            connection.close();
            return;
        }
        long now = environment.nanoClock().getAsLong();
        connection.returned(now);
        KeyPool pool = pools.get(connection.key());
        if (pool == null || draining || isOld(connection, now) || connection.generation() != pool.generation()) {
            connection.close();
            return;
        }
        int ordinal = connection.key().backendOrdinal();
        if (!logins.isEmpty() && hasLogin(ordinal)) {
            connection.close();
            serveLogin(ordinal);
            return;
        }
        if (giveToWaiter(pool, connection)) {
            return;
        }
        if (othersWait(ordinal)) {
            connection.close();
            return;
        }
        environment.metrics().backendEnded(ordinal);
        pool.idle().add(connection);
    }

    private boolean isOld(BackendConnection connection, long now) {
        return now - connection.createdNanos() > settings.maxAge().toNanos();
    }

    private boolean giveToWaiter(KeyPool pool, BackendConnection connection) {
        Iterator<Waiter> queue = pool.waiters().iterator();
        while (queue.hasNext()) {
            Waiter waiter = queue.next();
            if (!waiter.borrower().isWaiting()) {
                queue.remove();
                waiting--;
            } else if (StatePrelude.canReach(connection, waiter.wanted())) {
                queue.remove();
                waiting--;
                environment
                        .metrics()
                        .poolWaited(waiter.waitedNanos(environment.nanoClock().getAsLong(), settings));
                connection.leaseTo(waiter.borrower().owner());
                waiter.borrower().acquired(connection);
                return true;
            }
        }
        return false;
    }

    private boolean othersWait(int ordinal) {
        return waitersFor(ordinal) != null || capacities.of(ordinal).isContended();
    }

    private @Nullable KeyPool waitersFor(int ordinal) {
        if (waiting == 0) {
            return null;
        }
        for (KeyPool pool : pools.values()) {
            if (pool.key().backendOrdinal() == ordinal && !pool.waiters().isEmpty()) {
                return pool;
            }
        }
        return null;
    }

    /**
     * Takes back a connection that has state beyond its vector: resets it, and only then lends it again. Transactions and
     * locks end at once.
     */
    public void releaseWithReset(BackendConnection connection) {
        if (connection.isClosed()) {
            return;
        }
        if (!connection.isQuiet()) {
            connection.close();
            return;
        }
        connection.leaseTo(IgnoringOwner.INSTANCE);
        environment.metrics().backendReset(connection.key().backendOrdinal());
        connection.insertIdHolder(null);
        StatePrelude.writeResetOnly(
                connection,
                isMariaDb(connection.key().backendOrdinal()),
                new ResetResponse(connection, () -> release(connection)));
        connection.flush();
    }

    @Override
    public void slotFreed(int backendOrdinal) {
        loop.execute(() -> serveWaiters(backendOrdinal));
    }

    private void queue(int ordinal) {
        if (!queued[ordinal]) {
            queued[ordinal] = true;
            capacities.await(ordinal, this);
        }
    }

    private void serveWaiters(int ordinal) {
        queued[ordinal] = false;
        BackendCapacity capacity = capacities.of(ordinal);
        KeyPool pool = waitersFor(ordinal);
        if (pool == null) {
            // Served or given up meanwhile: the free slot is for the next loop.
            capacity.passOn();
            return;
        }
        if (!capacity.tryReserve()) {
            queue(ordinal);
            return;
        }
        Waiter waiter = pool.waiters().remove();
        waiting--;
        open(pool, capacity, waiter.borrower());
        if (waitersFor(ordinal) != null) {
            queue(ordinal);
        }
    }

    @Override
    public void yieldIdle(int backendOrdinal) {
        loop.execute(() -> {
            if (waitersFor(backendOrdinal) == null) {
                closeOneIdle(backendOrdinal);
            }
        });
    }

    private boolean closeOneIdle(int ordinal) {
        for (KeyPool pool : pools.values()) {
            if (pool.key().backendOrdinal() == ordinal && !pool.idle().isEmpty()) {
                pool.idle().get(0).close();
                return true;
            }
        }
        return false;
    }

    /** Closes what is idle too long or too old, and gives up waiters whose deadline has passed. */
    private void sweep() {
        long now = environment.nanoClock().getAsLong();
        List<BackendConnection> expired = new ArrayList<>();
        for (KeyPool pool : pools.values()) {
            for (BackendConnection connection : pool.idle()) {
                boolean idleTooLong = now - connection.idleSinceNanos()
                        > settings.idleTimeout().toNanos();
                if (idleTooLong || isOld(connection, now)) {
                    expired.add(connection);
                }
            }
        }
        expired.forEach(BackendConnection::close);
        if (waiting > 0) {
            giveUp(now);
        }
        giveUpLogins(now);
        pools.values()
                .removeIf(pool ->
                        draining && pool.idle().isEmpty() && pool.waiters().isEmpty());
    }

    private void giveUpLogins(long now) {
        while (!logins.isEmpty() && logins.element().deadlineNanos() - now <= 0) {
            Login late = logins.remove();
            int ordinal = late.key().backendOrdinal();
            late.listener()
                    .failed(BackendFailure.of(
                            Kind.EXHAUSTED,
                            "all " + capacities.of(ordinal).max() + " connections to " + capacities.address(ordinal)
                                    + " stayed in use for "
                                    + settings.acquireTimeout().toMillis() + " ms (pool.acquire-timeout)"));
        }
        for (int i = logins.size(); i > 0 && !logins.isEmpty(); i--) {
            serveLogin(logins.element().key().backendOrdinal());
        }
    }

    private void giveUp(long now) {
        List<Waiter> late = new ArrayList<>();
        for (KeyPool pool : pools.values()) {
            ArrayDeque<Waiter> queue = pool.waiters();
            while (!queue.isEmpty() && queue.peek().deadlineNanos() - now <= 0) {
                late.add(queue.remove());
                waiting--;
            }
        }
        for (Waiter waiter : late) {
            environment.metrics().poolTimedOut();
            if (waiter.borrower().isWaiting()) {
                waiter.borrower()
                        .acquireFailed(BackendFailure.of(
                                Kind.EXHAUSTED,
                                "no backend connection became free within "
                                        + settings.acquireTimeout().toMillis() + " ms (pool.acquire-timeout)"));
            }
        }
    }

    /** Forgets the idle connections of a user whose account changed, so that the next one logs in anew. */
    public void closeIdle(String user) {
        List<BackendConnection> stale = new ArrayList<>();
        for (KeyPool pool : pools.values()) {
            if (pool.key().user().equals(user)) {
                stale.addAll(pool.idle());
                pool.nextGeneration();
            }
        }
        stale.forEach(BackendConnection::close);
    }

    /** Closes every idle connection now and every other when it comes back. */
    public void drain() {
        draining = true;
        List<BackendConnection> idle = new ArrayList<>();
        pools.values().forEach(pool -> idle.addAll(pool.idle()));
        idle.forEach(BackendConnection::close);
    }
}
