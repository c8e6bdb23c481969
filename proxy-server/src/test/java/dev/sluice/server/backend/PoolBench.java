package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.LoginName;
import dev.sluice.server.metrics.MetricsRegistry;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Pools without servers: the test answers each attempt to open a connection, says when a server has closed its side, and
 * moves the clock. Confined to one test.
 */
final class PoolBench implements BackendOpener {
    static final StateVector EMPTY = StateVector.empty();
    static final PoolKey APP = new PoolKey(0, LoginName.of("app"), 0);
    static final PoolKey OTHER = new PoolKey(0, LoginName.of("other"), 0);
    static final Duration ACQUIRE_TIMEOUT = Duration.ofSeconds(5);

    final EmbeddedChannel loop = new EmbeddedChannel();
    final List<String> log = new ArrayList<>();
    final BackendCapacities capacities;
    final LoopPool pool;
    /** Attempts that the test has not answered. */
    final Queue<Attempt> attempts = new ArrayDeque<>();

    private final List<FakeBackend> backends = new ArrayList<>();
    long nowNanos;

    PoolBench(int cap, int waitingMax) {
        this(List.of(cap), 0, waitingMax);
    }

    /** @param totalMax connections to all backends together; 0 for no bound of their own */
    PoolBench(List<Integer> caps, int totalMax, int waitingMax) {
        capacities = new BackendCapacities(
                IntStream.range(0, caps.size())
                        .mapToObj(i -> new BackendAddress("db" + i, 3306 + i))
                        .toList(),
                caps,
                totalMax,
                new WaitingBudget(waitingMax, 1_000));
        loop.freezeTime();
        pool = anotherPool();
    }

    /** One more pool under the same caps, as another event loop has it. */
    LoopPool anotherPool() {
        return new LoopPool(
                loop.eventLoop(),
                this,
                capacities,
                new PoolSettings(Duration.ofSeconds(60), Duration.ofSeconds(600), ACQUIRE_TIMEOUT),
                new PoolEnvironment(
                        () -> Topology.EMPTY,
                        () -> nowNanos,
                        new MetricsRegistry(() -> Topology.EMPTY, List.of()).newLoop()));
    }

    void close() {
        backends.forEach(FakeBackend::close);
        loop.finishAndReleaseAll();
    }

    /** One attempt to open a connection. */
    final class Attempt {
        final PoolKey key;
        private final ConnectListener listener;

        Attempt(PoolKey key, ConnectListener listener) {
            this.key = key;
            this.listener = listener;
        }

        FakeBackend succeeds() {
            FakeBackend backend = new FakeBackend(key, nowNanos);
            backends.add(backend);
            backend.channel().closeFuture().addListener(closed -> listener.gone());
            listener.connected(backend.connection());
            return backend;
        }

        void isRefused() {
            listener.failed(new BackendFailure(
                    BackendFailure.Kind.REFUSED, "refused", new ErrPacket(1045, "28000", "Access denied")));
            listener.gone();
            serverForgets();
        }
    }

    @Override
    public void connect(
            EventLoop on, BackendAddress address, PoolKey key, Credential credential, ConnectListener listener) {
        attempts.add(new Attempt(key, listener));
    }

    Attempt nextAttempt() {
        runTasks();
        Attempt next = attempts.poll();
        assertThat(next).as("an attempt to open a connection").isNotNull();
        return next;
    }

    /** A connection that a client has leased and whose lease the test ends. */
    FakeBackend lent(PoolKey key) {
        acquire(key, EMPTY, new Client("first of " + key.user()));
        FakeBackend backend = nextAttempt().succeeds();
        log.clear();
        return backend;
    }

    Client acquire(PoolKey key, StateVector wanted, Client client) {
        return acquire(pool, key, wanted, client);
    }

    Client acquire(LoopPool from, PoolKey key, StateVector wanted, Client client) {
        from.acquire(from.pool(key), wanted, client);
        runTasks();
        return client;
    }

    Client acquireNew(PoolKey key, Client client) {
        pool.acquireNew(pool.pool(key), client);
        runTasks();
        return client;
    }

    void release(FakeBackend backend) {
        pool.release(backend.connection());
        runTasks();
    }

    /** The server closes its side of a connection that the pool has said goodbye to. */
    void serverCloses(FakeBackend backend) {
        backend.channel().close().syncUninterruptibly();
        serverForgets();
    }

    private void serverForgets() {
        loop.advanceTimeBy(LoopPool.FORGETTING_MILLIS, TimeUnit.MILLISECONDS);
        loop.runScheduledPendingTasks();
        runTasks();
    }

    void runTasks() {
        loop.runPendingTasks();
    }

    void pass(Duration time) {
        nowNanos += time.toNanos();
        loop.advanceTimeBy(250, TimeUnit.MILLISECONDS);
        loop.runScheduledPendingTasks();
        runTasks();
    }

    /** A borrower that writes down what it is told. Confined to one test. */
    final class Client implements Borrower, BackendConnection.Owner {
        final String name;
        boolean waiting = true;
        private int bytes;

        @Nullable
        BackendConnection acquired;

        Client(String name) {
            this.name = name;
        }

        Client holding(int held) {
            bytes = held;
            return this;
        }

        @Override
        public int retainedBytes() {
            return bytes;
        }

        @Override
        public void acquired(BackendConnection connection) {
            waiting = false;
            acquired = connection;
            log.add(name + " acquired");
        }

        @Override
        public void acquireFailed(BackendFailure failure) {
            waiting = false;
            log.add(name + " " + failure.kind() + ": " + failure.message());
        }

        @Override
        public BackendConnection.Owner owner() {
            return this;
        }

        @Override
        public Credential credential() {
            return Credential.ofPassword(LoginName.of("app"), new byte[] {'p'});
        }

        @Override
        public boolean isWaiting() {
            return waiting;
        }

        @Override
        public void backendReadComplete() {
            log.add(name + " read complete");
        }

        @Override
        public void backendWritabilityChanged(BackendConnection connection) {
            log.add(name + " writability");
        }

        @Override
        public void backendWanted(BackendConnection connection) {
            log.add(name + " gave its connection up");
            pool.release(connection);
        }

        @Override
        public void backendSilent(BackendConnection connection) {
            log.add(name + " hears nothing");
        }

        @Override
        public void backendClosed(BackendConnection connection, BackendFailure failure) {
            log.add(name + " lost its connection");
        }
    }
}
