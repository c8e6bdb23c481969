package dev.sluice.server.backend;

import dev.sluice.router.session.StateVector;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.backend.BackendFailure.Kind;
import dev.sluice.server.backend.WaitingLine.Claim;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The backend connections of one event loop. Confined to the session's event loop; {@link #slotGranted} and {@link #makeRoom}
 * may be called from any thread.
 *
 * <p>A connection is idle here, leased to one session, or being reset. A hard cap per backend holds over all loops
 * ({@link BackendCapacity}); whoever finds it reached waits in a {@link WaitingLine} with a deadline. A connection that
 * comes back goes to the first in the line that can use it; if it is of no use to those that wait, on this loop or
 * elsewhere, it is closed and its slot moves on.
 */
public final class LoopPool implements BackendCapacity.Claimant {
    private static final long SWEEP_MILLIS = 250;
    /** Who has waited this long gets a connection that a session keeps for its last statement's warnings alone. */
    private static final long STARVING_NANOS = Duration.ofMillis(250).toNanos();

    private final EventLoop loop;
    private final BackendOpener opener;
    private final BackendCapacities capacities;
    private final PoolSettings settings;
    private final PoolEnvironment environment;
    private final Map<PoolKey, KeyPool> pools = new HashMap<>();
    private final @Nullable WaitingLine[] lines = new @Nullable WaitingLine[Topology.ORDINAL_MAX + 1];
    /** Grants that this loop has asked for and not yet received, by backend. */
    private final int[] asked = new int[Topology.ORDINAL_MAX + 1];
    /** Leased for nothing but the diagnostics of the last statement, the longest kept first. */
    private final Set<BackendConnection> lingering = new LinkedHashSet<>();

    private final Set<BackendConnection> open = new HashSet<>();

    private boolean draining;

    public LoopPool(
            EventLoop loop,
            BackendOpener opener,
            BackendCapacities capacities,
            PoolSettings settings,
            PoolEnvironment environment) {
        this.loop = loop;
        this.opener = opener;
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

    /** How many may wait for a backend, in whatever queue. */
    public WaitingBudget waiting() {
        return capacities.waiting();
    }

    // ---- borrowing ----

    /**
     * Leases a connection, at once when one is idle. The borrower is called back either way, possibly before this method
     * returns.
     */
    public void acquire(KeyPool pool, StateVector wanted, Borrower borrower) {
        BackendConnection connection = pool.takeNearest(wanted);
        if (connection == null) {
            claim(pool, wanted, borrower);
            return;
        }
        environment.metrics().backendStarted(connection.key().backendOrdinal());
        connection.leaseTo(borrower.owner());
        borrower.acquired(connection);
    }

    /** Leases a connection that the borrower's own credential has opened, which proves the credential. */
    public void acquireNew(KeyPool pool, Borrower borrower) {
        claim(pool, null, borrower);
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

    /** Opens a connection in a free slot, or joins the line for one. */
    private void claim(KeyPool pool, @Nullable StateVector wanted, Borrower borrower) {
        long now = environment.nanoClock().getAsLong();
        long deadline = now + settings.acquireTimeout().toNanos();
        Claim claim = new Claim(pool, wanted, borrower, now, deadline);
        int ordinal = pool.key().backendOrdinal();
        WaitingLine line = line(ordinal);
        if (line.isEmpty() && capacities.of(ordinal).tryReserve()) {
            open(claim);
        } else if (!line.tryAdd(claim)) {
            borrower.acquireFailed(BackendFailure.of(
                    Kind.EXHAUSTED,
                    capacities.waiting().max() + " wait for a backend connection already (pool.waiting-max)"));
        } else {
            askFor(ordinal);
            if (!closeOneIdle(ordinal)) {
                capacities.askForRoom(ordinal, this, false);
            }
        }
    }

    private WaitingLine line(int ordinal) {
        WaitingLine line = lines[ordinal];
        if (line == null) {
            line = new WaitingLine(capacities.waiting());
            lines[ordinal] = line;
        }
        return line;
    }

    /** Queues for a grant if somebody waits, leaves the queue if nobody does. */
    private void askFor(int ordinal) {
        boolean wanted = !line(ordinal).isEmpty();
        if (wanted && asked[ordinal] == 0) {
            asked[ordinal]++;
            capacities.of(ordinal).await(this);
        } else if (!wanted && asked[ordinal] > 0 && capacities.of(ordinal).withdraw(this)) {
            asked[ordinal]--;
        }
    }

    @Override
    public void slotGranted(int backendOrdinal) {
        loop.execute(() -> {
            asked[backendOrdinal]--;
            Claim claim = line(backendOrdinal).poll();
            if (claim == null) {
                capacities.of(backendOrdinal).release();
            } else {
                waited(claim);
                open(claim);
                askFor(backendOrdinal);
            }
        });
    }

    private void waited(Claim claim) {
        environment.metrics().poolWaited(environment.nanoClock().getAsLong() - claim.sinceNanos());
    }

    /** Opens a connection in a reserved slot. */
    private void open(Claim claim) {
        PoolKey key = claim.pool().key();
        Borrower borrower = claim.borrower();
        BackendCapacity capacity = capacities.of(key.backendOrdinal());
        BackendAddress address = capacities.address(key.backendOrdinal());
        opener.connect(loop, address, key, borrower.credential(), new ConnectListener() {
            @Override
            public void connected(BackendConnection connection) {
                opened(claim.pool(), connection);
                if (borrower.isWaiting()) {
                    connection.leaseTo(borrower.owner());
                    borrower.acquired(connection);
                } else {
                    release(connection);
                }
            }

            @Override
            public void failed(BackendFailure failure) {
                environment.metrics().backendConnectFailed(key.backendOrdinal());
                if (borrower.isWaiting()) {
                    borrower.acquireFailed(failure);
                }
            }

            @Override
            public void gone() {
                capacity.release();
            }
        });
    }

    /** Until somebody takes it, a new connection counts as leased: it is in nobody's list. */
    private void opened(KeyPool pool, BackendConnection connection) {
        int ordinal = connection.key().backendOrdinal();
        open.add(connection);
        connection.generation(pool.generation());
        environment.metrics().backendOpened(ordinal);
        environment.metrics().backendStarted(ordinal);
        connection.onClose = () -> {
            open.remove(connection);
            lingering.remove(connection);
            if (!pool.idle().remove(connection)) {
                environment.metrics().backendEnded(ordinal);
            }
            environment.metrics().backendClosed(ordinal);
        };
    }

    // ---- giving back ----

    /** Takes back a connection whose state is its vector and nothing more. Closes it if a response is still owed. */
    public void release(BackendConnection connection) {
        if (connection.isClosed()) {
            return;
        }
        lingering.remove(connection);
        long now = environment.nanoClock().getAsLong();
        KeyPool pool = pool(connection.key());
        boolean usable = connection.isQuiet()
                && !draining
                && !isOld(connection, now)
                && connection.generation() == pool.generation();
        if (!usable) {
            connection.retire();
            return;
        }
        connection.returned(now);
        int ordinal = connection.key().backendOrdinal();
        WaitingLine line = line(ordinal);
        boolean free = line.isEmpty();
        BackendCapacity capacity = capacities.of(ordinal);
        if (free && !capacity.isWantedBesides(this)) {
            environment.metrics().backendEnded(ordinal);
            pool.idle().add(connection);
            return;
        }
        Claim claim = free || capacity.mustYield(this) ? null : line.takeFor(connection);
        if (claim == null) {
            connection.retire();
            return;
        }
        waited(claim);
        askFor(ordinal);
        connection.leaseTo(claim.borrower().owner());
        claim.borrower().acquired(connection);
    }

    private boolean isOld(BackendConnection connection, long now) {
        return now - connection.createdNanos() > settings.maxAge().toNanos();
    }

    /**
     * Takes back a connection that has state beyond its vector: resets it, and only then lends it again. Transactions and
     * locks end at once.
     */
    public void releaseWithReset(BackendConnection connection) {
        if (connection.isClosed()) {
            return;
        }
        lingering.remove(connection);
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

    /** A session keeps this connection for the diagnostics of its last statement only: it can be taken if need be. */
    public void linger(BackendConnection connection) {
        lingering.add(connection);
    }

    /** A session uses the connection again. */
    public void stopLingering(BackendConnection connection) {
        if (!lingering.isEmpty()) {
            lingering.remove(connection);
        }
    }

    // ---- making room ----

    @Override
    public void makeRoom(int backendOrdinal, boolean starving) {
        loop.execute(() -> {
            boolean ownNeed = !line(backendOrdinal).isEmpty();
            if (!ownNeed && !closeOneIdle(backendOrdinal) && starving) {
                takeLingering(backendOrdinal);
            }
        });
    }

    private boolean closeOneIdle(int ordinal) {
        for (KeyPool pool : pools.values()) {
            if (pool.key().backendOrdinal() == ordinal && !pool.idle().isEmpty()) {
                retireIdle(pool.idle().get(0));
                return true;
            }
        }
        return false;
    }

    private void retireIdle(BackendConnection connection) {
        pool(connection.key()).idle().remove(connection);
        environment.metrics().backendStarted(connection.key().backendOrdinal());
        connection.retire();
    }

    private boolean takeLingering(int ordinal) {
        for (BackendConnection connection : lingering) {
            BackendConnection.Owner owner = connection.owner();
            if (connection.key().backendOrdinal() == ordinal && owner != null) {
                lingering.remove(connection);
                owner.backendWanted(connection);
                return true;
            }
        }
        return false;
    }

    /** Closes what is idle too long or too old, and looks after those who wait. */
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
        expired.forEach(this::retireIdle);
        for (int ordinal = 0; ordinal < lines.length; ordinal++) {
            WaitingLine line = lines[ordinal];
            if (line != null) {
                lookAfter(ordinal, line, now);
            }
        }
    }

    private void lookAfter(int ordinal, WaitingLine line, long now) {
        for (Claim late : line.takeLate(now)) {
            environment.metrics().poolTimedOut();
            late.borrower().acquireFailed(timedOut(ordinal));
        }
        askFor(ordinal);
        Claim first = line.peek();
        if (first != null && now - first.sinceNanos() >= STARVING_NANOS && !takeLingering(ordinal)) {
            capacities.askForRoom(ordinal, this, true);
        }
    }

    private BackendFailure timedOut(int ordinal) {
        return BackendFailure.of(
                Kind.EXHAUSTED,
                "all " + capacities.of(ordinal).max() + " connections to " + capacities.address(ordinal)
                        + " stayed in use for " + settings.acquireTimeout().toMillis() + " ms (pool.acquire-timeout)");
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
        stale.forEach(this::retireIdle);
    }

    /** A backend has stopped answering, which may pass: reads that run there are asked elsewhere. */
    public void fellSilent(int backendOrdinal) {
        for (BackendConnection connection : List.copyOf(open)) {
            BackendConnection.Owner owner = connection.owner();
            if (owner != null && connection.key().backendOrdinal() == backendOrdinal) {
                owner.backendSilent(connection);
            }
        }
    }

    /** Ends every connection to a backend, the leased ones too: it does not answer, or is not what it was. */
    public void endAll(int backendOrdinal, String why) {
        for (BackendConnection connection : List.copyOf(open)) {
            if (connection.key().backendOrdinal() == backendOrdinal) {
                connection.fail(BackendFailure.of(Kind.BROKEN, why));
            }
        }
    }

    /** Closes every idle connection now and every other when it comes back. */
    public void drain() {
        draining = true;
        List<BackendConnection> idle = new ArrayList<>();
        pools.values().forEach(pool -> idle.addAll(pool.idle()));
        idle.forEach(BackendConnection::close);
    }
}
