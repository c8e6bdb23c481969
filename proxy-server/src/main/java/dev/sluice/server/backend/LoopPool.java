package dev.sluice.server.backend;

import dev.sluice.router.session.StateVector;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.server.backend.BackendCapacity.Need;
import dev.sluice.server.backend.BackendFailure.Kind;
import dev.sluice.server.backend.WaitingLine.Claim;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The backend connections of one event loop. Confined to the session's event loop; {@link #slotGranted}, {@link #makeRoom},
 * {@link #giveUpShare} and {@link #giveUpStatements} may be called from any thread.
 *
 * <p>A connection is idle here, leased to one session, or being reset. A hard cap per backend holds over all loops
 * ({@link BackendCapacity}); whoever finds it reached waits in a {@link WaitingLine} with a deadline. A connection that
 * comes back goes to the first in the line that can use it; if it is of no use to those that wait, on this loop or
 * elsewhere, it is closed and its slot moves on.
 */
public final class LoopPool implements BackendCapacity.Claimant {
    private static final Logger LOGGER = LoggerFactory.getLogger(LoopPool.class);

    private static final long SWEEP_MILLIS = 250;
    /** How long a server may list a connection after it has closed its side, on a busy machine. */
    static final long FORGETTING_MILLIS = 100;
    /** How soon a server is asked again that has let a user have no more connections, and for how long it is. */
    private static final long SHARE_FIRST_MILLIS = 25;

    private static final long SHARE_MILLIS = 500;
    /** Who has waited this long gets a connection that a session would rather keep for the sake of its last statement. */
    private static final long STARVING_NANOS = Duration.ofMillis(250).toNanos();

    /** Others wait for no more than one part in so many of {@code pool.acquire-timeout} for what is idle. */
    private static final int IDLE_SHARE = 4;

    private final EventLoop loop;
    private final BackendOpener opener;
    private final BackendCapacities capacities;
    private PoolSettings settings;
    private final PoolEnvironment environment;
    private final KeyPools pools = new KeyPools();
    private final WaitingLines lines;
    private final StatementRoom statements;
    private final LingeringLeases lingering = new LingeringLeases();

    private final Set<BackendConnection> open = new HashSet<>();

    private IntConsumer whenIdleLost = ordinal -> {};
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
        this.lines = new WaitingLines(capacities.waiting(), this::stopsWaiting);
        this.statements = new StatementRoom(pools, capacities, this, environment.topology());
        capacities.register(this);
        var unused = loop.scheduleWithFixedDelay(this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The pool of a key, made when first asked for. */
    public KeyPool pool(PoolKey key) {
        return pools.of(key);
    }

    /** Whether the backend is a MariaDB server, as far as the monitor has seen it. */
    public boolean isMariaDb(int backendOrdinal) {
        BackendStatus backend = environment.topology().get().find(backendOrdinal);
        return backend != null && backend.facts() != null && backend.facts().flavor() == ServerFlavor.MARIADB;
    }

    /** Where statements are prepared, and closed for others. */
    public StatementRoom statements() {
        return statements;
    }

    /** Names who is told of the backend whose server has ended an idle connection. */
    public void whenIdleLost(IntConsumer listener) {
        whenIdleLost = listener;
    }

    /**
     * Whether a connection would have to be waited for, because of the cap over all backends and of nothing else. Who holds a
     * connection already had better not: two such could wait for each other.
     */
    public boolean isHeldUpByTotal(KeyPool pool) {
        return pool.idle().isEmpty()
                && !capacities.of(pool.key().backendOrdinal()).isFull()
                && capacities.total().isFull();
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
        lend(connection, borrower);
    }

    private void lend(BackendConnection connection, Borrower borrower) {
        connection.leaseTo(borrower.owner());
        environment.metrics().backendLent(connection.key().backendOrdinal());
        borrower.acquired(connection);
    }

    /** Leases a connection that the borrower's own credential has opened, which proves the credential. */
    public void acquireNew(KeyPool pool, Borrower borrower) {
        claim(pool, null, borrower);
    }

    /** Leases this very connection if it is idle. */
    public boolean acquireExactly(BackendConnection connection, BackendConnection.Owner owner) {
        KeyPool pool = pools.find(connection.key());
        if (connection.isClosed() || pool == null || !pool.idle().remove(connection)) {
            return false;
        }
        environment.metrics().backendStarted(connection.key().backendOrdinal());
        environment.metrics().backendLent(connection.key().backendOrdinal());
        connection.leaseTo(owner);
        return true;
    }

    /** Opens a connection in a free slot, or joins the line for one. */
    private void claim(KeyPool pool, @Nullable StateVector wanted, Borrower borrower) {
        long now = environment.nanoClock().getAsLong();
        long deadline = now + settings.acquireTimeout().toNanos();
        claim(new Claim(pool, wanted, borrower, now, deadline, borrower.retainedBytes()));
    }

    private void claim(Claim claim) {
        Borrower borrower = claim.borrower();
        int ordinal = claim.pool().key().backendOrdinal();
        BackendCapacity capacity = capacities.of(ordinal);
        WaitingLine line = lines.of(ordinal);
        if (capacity.isClosed()) {
            borrower.acquireFailed(takenAway(ordinal));
        } else if (line.isEmpty() && capacity.tryReserve(this, claim.user())) {
            open(claim);
        } else if (!line.tryAdd(claim)) {
            borrower.acquireFailed(BackendFailure.of(
                    Kind.EXHAUSTED,
                    "no connection to " + capacities.address(ordinal) + " is free, and "
                            + capacities.waiting().full(claim.user())));
        } else {
            capacity.await(this, claim.user());
            Need need = new Need(ordinal, this, claim.user());
            if (!closeOneIdle(need) && !lingering.takeOne(givingUp(ordinal), false)) {
                capacities.askForRoom(need, false);
            }
        }
    }

    /** Where connections can be given up for one to a backend: there, or anywhere if it is not that backend's cap. */
    private int givingUp(int ordinal) {
        return capacities.of(ordinal).isFull() ? ordinal : LingeringLeases.ANY;
    }

    /** Somebody has left a line without a new connection. */
    private void stopsWaiting(String user, int ordinal) {
        boolean unused = capacities.of(ordinal).withdraw(this, user);
    }

    @Override
    public void slotGranted(int backendOrdinal, String user) {
        loop.execute(() -> {
            Claim claim = lines.of(backendOrdinal).poll(user);
            if (claim == null) {
                capacities.of(backendOrdinal).release(this, user);
            } else {
                waited(claim);
                open(claim);
            }
        });
    }

    private void waited(Claim claim) {
        environment.metrics().poolWaited(environment.nanoClock().getAsLong() - claim.sinceNanos());
    }

    /** Opens a connection in a reserved slot. */
    private void open(Claim claim) {
        PoolKey key = claim.pool().key();
        KeyPool pool = pool(key);
        pool.opening();
        Borrower borrower = claim.borrower();
        BackendCapacity capacity = capacities.of(key.backendOrdinal());
        BackendAddress address = capacities.address(key.backendOrdinal());
        borrower.connecting();
        opener.connect(loop, address, key, borrower.credential(), new ConnectListener() {
            private String owner = claim.user();

            @Override
            public void connected(BackendConnection connection) {
                if (!owner.equals(key.user())) {
                    capacity.transfer(LoopPool.this, owner, key.user());
                    owner = key.user();
                }
                opened(pool, connection);
                if (borrower.isWaiting()) {
                    lend(connection, borrower);
                } else {
                    release(connection);
                }
            }

            @Override
            public void failed(BackendFailure failure) {
                environment.metrics().backendConnectFailed(key.backendOrdinal());
                if (borrower.isWaiting() && !opensAgain(claim, failure)) {
                    borrower.acquireFailed(failure);
                }
            }

            @Override
            public void gone() {
                pool.ended();
                free(capacity, owner);
            }
        });
    }

    /**
     * A server lets a user have so many connections only, and idle ones of this pool may be among them: those go, and it is
     * asked again, a few times within less than a second.
     */
    private boolean opensAgain(Claim claim, BackendFailure failure) {
        long waited = TimeUnit.NANOSECONDS.toMillis(environment.nanoClock().getAsLong() - claim.sinceNanos());
        if (!failure.isUsersShare() || waited >= SHARE_MILLIS) {
            return false;
        }
        PoolKey key = claim.pool().key();
        capacities.askForShare(key.backendOrdinal(), key.user());
        Runnable again = () -> {
            if (claim.borrower().isWaiting()) {
                claim(claim);
            }
        };
        var unused = loop.schedule(again, Math.max(SHARE_FIRST_MILLIS, waited), TimeUnit.MILLISECONDS);
        return true;
    }

    /** Frees a slot when the server, too, has forgotten the connection: it hangs up first, and tidies up behind that. */
    private void free(BackendCapacity capacity, String user) {
        if (loop.isShuttingDown()) {
            capacity.release(this, user);
        } else {
            var unused = loop.schedule(() -> capacity.release(this, user), FORGETTING_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Until somebody takes it, a new connection counts as leased: it is in nobody's list. */
    private void opened(KeyPool pool, BackendConnection connection) {
        int ordinal = connection.key().backendOrdinal();
        open.add(connection);
        connection.generation(pool.generation());
        connection.statements().budget(capacities.of(ordinal).statements());
        environment.metrics().backendOpened(ordinal);
        environment.metrics().backendStarted(ordinal);
        connection.onClose = () -> {
            open.remove(connection);
            lingering.remove(connection);
            if (!pool.idle().remove(connection)) {
                environment.metrics().backendEnded(ordinal);
            } else if (!connection.isClosedByUs()) {
                whenIdleLost.accept(ordinal);
            }
            environment.metrics().backendClosed(ordinal);
        };
    }

    // ---- giving back ----

    /** Takes back a connection whose state is its vector and nothing more. Closes it if a response is still owed. */
    public void release(BackendConnection connection) {
        release(connection, environment.nanoClock().getAsLong());
    }

    /** The same for whoever knows what time it is. */
    public void release(BackendConnection connection, long now) {
        if (connection.isClosed()) {
            return;
        }
        lingering.remove(connection);
        if (connection.isAsked()) {
            connection.whenUnasked(() -> release(connection));
            return;
        }
        KeyPool pool = pool(connection.key());
        BackendCapacity capacity = capacities.of(connection.key().backendOrdinal());
        boolean usable = connection.isQuiet()
                && !draining
                && !capacity.isClosed()
                && !capacity.takeSurplus()
                && !isOld(connection, now)
                && connection.generation() == pool.generation();
        if (!usable) {
            connection.retire();
            return;
        }
        connection.returned(now);
        if (lines.of(pool.key().backendOrdinal()).isEmpty() && !capacity.isWanted()) {
            keep(pool, connection);
        } else {
            giveOn(pool, connection, now);
        }
    }

    private void keep(KeyPool pool, BackendConnection connection) {
        environment.metrics().backendEnded(pool.key().backendOrdinal());
        pool.idle().add(connection);
    }

    /** Somebody waits, here or elsewhere: the connection serves who can use it, or makes room, or is left to its user. */
    private void giveOn(KeyPool pool, BackendConnection connection, long now) {
        int ordinal = pool.key().backendOrdinal();
        WaitingLine line = lines.of(ordinal);
        Claim claim = line.findFor(connection);
        long nanos = claim == null ? 0 : now - connection.createdNanos();
        if (capacities.of(ordinal).mustYield(this, pool.key().user(), claim != null, nanos)) {
            connection.retire();
        } else if (claim == null) {
            keep(pool, connection);
        } else {
            line.take(claim);
            waited(claim);
            lend(connection, claim.borrower());
        }
    }

    private boolean isOld(BackendConnection connection, long now) {
        return now - connection.createdNanos() > settings.maxAge().toNanos();
    }

    /**
     * Takes back a connection that has state beyond its vector: resets it, and only then lends it again. Transactions and
     * locks end at once, but a LAST_INSERT_ID() that lives there is asked for first. A server that says nothing to that
     * within half of {@code pool.acquire-timeout} loses the connection, so that whoever waits for its place can still have it.
     */
    public void releaseWithReset(BackendConnection connection) {
        if (connection.isClosed()) {
            return;
        }
        lingering.remove(connection);
        if (!connection.isQuiet()) {
            connection.abandon();
            return;
        }
        if (takesNothingNew(connection.key().backendOrdinal())) {
            connection.retire();
            return;
        }
        connection.leaseTo(IgnoringOwner.INSTANCE);
        environment.metrics().backendReset(connection.key().backendOrdinal());
        connection.captureInsertId();
        long patience = settings.acquireTimeout().toNanos() / 2;
        ScheduledFuture<?> limit = loop.schedule(connection::abandon, patience, TimeUnit.NANOSECONDS);
        StatePrelude.writeResetOnly(
                connection,
                isMariaDb(connection.key().backendOrdinal()),
                new ResetResponse(connection, () -> limit.cancel(false), () -> release(connection)));
        connection.flush();
    }

    /**
     * A session keeps this connection for its last statement only: it can be taken if need be.
     *
     * @param untilStarving whether the session loses something by it: then it is left to it for a while
     */
    public void linger(BackendConnection connection, boolean untilStarving) {
        lingering.add(connection, untilStarving);
        int ordinal = connection.key().backendOrdinal();
        if (!untilStarving && isWanted(ordinal)) {
            // Those that wait have asked when they came, and would not look again for long.
            loop.execute(() -> {
                if (isWanted(ordinal)) {
                    boolean unused = lingering.takeOne(ordinal, false);
                }
            });
        }
    }

    private boolean isWanted(int ordinal) {
        return !lines.of(ordinal).isEmpty() || capacities.of(ordinal).isWanted();
    }

    /** A session uses the connection again. */
    public void stopLingering(BackendConnection connection) {
        lingering.remove(connection);
    }

    // ---- making room ----

    @Override
    public void makeRoom(Need need, boolean starving) {
        loop.execute(() -> {
            if (!closeOneIdle(need) && lines.of(need.backendOrdinal()).isEmpty()) {
                boolean unused = lingering.takeOne(givingUp(need.backendOrdinal()), starving);
            }
        });
    }

    @Override
    public void giveUpShare(int backendOrdinal, String user) {
        loop.execute(() -> pools.idle(connection -> connection.key().backendOrdinal() == backendOrdinal
                        && connection.key().user().equals(user))
                .forEach(this::retireIdle));
    }

    @Override
    public void giveUpStatements(int backendOrdinal) {
        loop.execute(() -> statements.trimIdle(backendOrdinal));
    }

    /** Closes an idle connection for somebody who waits, unless it is none that its user should give up for that. */
    private boolean closeOneIdle(Need need) {
        long now = environment.nanoClock().getAsLong();
        int where = givingUp(need.backendOrdinal());
        BackendCapacity wanted = capacities.of(need.backendOrdinal());
        BackendConnection idle = pools.anyIdle(connection -> {
            PoolKey key = connection.key();
            return (where == LingeringLeases.ANY || where == key.backendOrdinal())
                    && wanted.takesIdle(
                            capacities.of(key.backendOrdinal()), this, key.user(), idleNanos(connection, now), need);
        });
        if (idle != null) {
            retireIdle(idle);
        }
        return idle != null;
    }

    /** How long it has been idle; where nobody waits for long, a shorter time is long enough to be given up. */
    private long idleNanos(BackendConnection connection, long now) {
        long idle = now - connection.idleSinceNanos();
        boolean enough = idle >= settings.acquireTimeout().toNanos() / IDLE_SHARE;
        return enough ? Math.max(idle, UserShare.WORTH_NANOS) : idle;
    }

    /** Whether somebody waits to whom a connection goes that has been idle for long. */
    private boolean isToMakeRoom(BackendConnection connection, long now) {
        BackendCapacity capacity = capacities.of(connection.key().backendOrdinal());
        long idle = idleNanos(connection, now);
        return capacity.isWanted()
                && idle >= UserShare.WORTH_NANOS
                && capacity.mustYield(this, connection.key().user(), false, idle);
    }

    private void retireIdle(BackendConnection connection) {
        pool(connection.key()).idle().remove(connection);
        environment.metrics().backendStarted(connection.key().backendOrdinal());
        connection.retire();
    }

    /** Closes what is idle too long or too old, and looks after those who wait. */
    private void sweep() {
        try {
            lookAfterAll();
        } catch (RuntimeException | Error e) {
            // Nobody who waits would be told that it was too long if this ended here.
            LOGGER.atError().setCause(e).log("a pool could not be looked after; it will be in a moment");
        }
    }

    private void lookAfterAll() {
        long now = environment.nanoClock().getAsLong();
        long idleMax = settings.idleTimeout().toNanos();
        pools.idle(connection -> now - connection.idleSinceNanos() > idleMax
                        || isOld(connection, now)
                        || isToMakeRoom(connection, now))
                .forEach(this::retireIdle);
        lines.forEach((line, ordinal) -> lookAfter(ordinal, line, now));
        pools.forgetEmpty();
    }

    private void lookAfter(int ordinal, WaitingLine line, long now) {
        for (Claim late : line.takeLate(now)) {
            environment.metrics().poolTimedOut();
            late.borrower().acquireFailed(timedOut(ordinal));
        }
        Claim first = line.oldest();
        if (first != null && now - first.sinceNanos() >= STARVING_NANOS) {
            Need need = new Need(ordinal, this, first.user());
            if (!closeOneIdle(need) && !lingering.takeOne(givingUp(ordinal), true)) {
                capacities.askForRoom(need, true);
            }
        }
    }

    private BackendFailure timedOut(int ordinal) {
        BackendCapacity capacity = capacities.of(ordinal);
        boolean ofAll = !capacity.isFull() && capacities.total().isFull();
        String which = ofAll
                ? "all " + capacities.total().max() + " connections to all servers together (pool.max-connections)"
                : "all " + capacity.max() + " connections to " + capacities.address(ordinal);
        return BackendFailure.of(
                Kind.EXHAUSTED,
                which + " stayed in use for " + settings.acquireTimeout().toMillis() + " ms (pool.acquire-timeout)");
    }

    /** Forgets the idle connections of a user whose account changed, so that the next one logs in anew. */
    public void closeIdle(String user) {
        pools.ofUser(user).forEach(KeyPool::nextGeneration);
        pools.idle(connection -> connection.key().user().equals(user)).forEach(this::retireIdle);
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
        pools.idle(connection -> true).forEach(BackendConnection::close);
    }

    // ---- what an operator changes ----

    /**
     * The backend has been closed to new work, or its cap been lowered: those that wait for a closed one look elsewhere, and
     * idle connections go. Those in use go when they come back.
     */
    public void backendChanged(int ordinal) {
        BackendCapacity capacity = capacities.of(ordinal);
        if (capacity.isClosed()) {
            for (Claim claim : lines.of(ordinal).takeAll()) {
                claim.borrower().acquireFailed(takenAway(ordinal));
            }
        }
        pools.idle(connection -> connection.key().backendOrdinal() == ordinal).stream()
                .filter(connection -> capacity.isClosed() || capacity.takeSurplus())
                .forEach(this::retireIdle);
    }

    /** The cap over all backends is lower than before: idle connections beyond it go. Those in use go when they come back. */
    public void totalChanged() {
        pools.idle(connection ->
                        capacities.of(connection.key().backendOrdinal()).takeSurplus())
                .forEach(this::retireIdle);
    }

    /** Whether a backend has been closed to new work. */
    public boolean takesNothingNew(int ordinal) {
        return capacities.of(ordinal).isClosed();
    }

    private BackendFailure takenAway(int ordinal) {
        return BackendFailure.of(Kind.NO_BACKEND, capacities.address(ordinal) + " takes no new work");
    }

    /** Changes how connections are treated from now on. */
    public void settings(PoolSettings changed) {
        settings = changed;
    }

    /** How many connections of each kind are idle, if any. */
    public Map<PoolKey, Integer> idle() {
        return pools.sizes();
    }

    /** How many kinds of connections are known. */
    int kinds() {
        return pools.count();
    }

    /** How many wait for a connection to a backend. */
    public int waitingFor(int ordinal) {
        return lines.of(ordinal).size();
    }
}
