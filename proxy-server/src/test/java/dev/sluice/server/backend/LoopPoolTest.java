package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.testing.ResponseBytes;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.metrics.MetricsRegistry;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The pool without a server: connections come into it by being released, and an attempt to open one fails at once, because the
 * test's event loop takes no channels of a transport.
 */
class LoopPoolTest {
    private static final StateVector EMPTY = StateVector.empty();
    private static final PoolKey APP = new PoolKey(0, "app", 0);
    private static final PoolKey OTHER = new PoolKey(0, "other", 0);

    private final EmbeddedChannel loop = new EmbeddedChannel();
    private final List<FakeBackend> backends = new ArrayList<>();
    private final List<String> log = new ArrayList<>();
    private long nowNanos;
    private BackendCapacities capacities = capacities(1);
    private LoopPool pool = pool(2);

    @AfterEach
    void close() {
        backends.forEach(FakeBackend::close);
        loop.finishAndReleaseAll();
    }

    private static BackendCapacities capacities(int max) {
        return new BackendCapacities(List.of(new BackendAddress("db0", 3306)), List.of(max));
    }

    private LoopPool pool(int waitingMax) {
        loop.freezeTime();
        return new LoopPool(
                loop.eventLoop(),
                new BackendConnector(
                        new BackendConnector.Sockets(LocalChannel.class, WriteBufferWaterMark.DEFAULT),
                        new BackendTransportSecurity(null, false),
                        Duration.ofSeconds(1),
                        () -> nowNanos),
                capacities,
                new PoolSettings(Duration.ofSeconds(60), Duration.ofSeconds(600), Duration.ofSeconds(5), waitingMax),
                new LoopPool.Environment(
                        () -> Topology.EMPTY,
                        () -> nowNanos,
                        new MetricsRegistry(() -> Topology.EMPTY, List.of()).newLoop()));
    }

    /** A connection as if it had been opened for a session: it holds a slot of the cap. */
    private FakeBackend opened(PoolKey key) {
        FakeBackend backend = new FakeBackend(key, nowNanos);
        backends.add(backend);
        assertThat(capacities.of(0).tryReserve()).isTrue();
        KeyPool keyPool = keyPool(key);
        backend.connection().onClose = () -> {
            keyPool.idle().remove(backend.connection());
            capacities.of(0).release();
        };
        return backend;
    }

    private KeyPool keyPool(PoolKey key) {
        return pool.pool(key);
    }

    private void acquire(PoolKey key, StateVector wanted, Client client) {
        pool.acquire(keyPool(key), wanted, client);
        loop.runPendingTasks();
    }

    private void pass(Duration time) {
        nowNanos += time.toNanos();
        loop.advanceTimeBy(250, TimeUnit.MILLISECONDS);
        loop.runScheduledPendingTasks();
    }

    /** A borrower that writes down what it is told. Confined to one test. */
    private final class Client implements Borrower, BackendConnection.Owner {
        final String name;
        boolean waiting = true;

        @Nullable
        BackendConnection acquired;

        Client(String name) {
            this.name = name;
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
            return Credential.ofPassword("app", new byte[] {'p'});
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
        public void backendClosed(BackendConnection connection, BackendFailure failure) {
            log.add(name + " lost its connection");
        }
    }

    @Test
    void aReleasedConnectionIsLentAgainWithoutAReset() {
        FakeBackend backend = opened(APP);
        pool.release(backend.connection());
        Client client = new Client("a");
        acquire(APP, EMPTY.withSchema("test"), client);
        assertThat(client.acquired).isSameAs(backend.connection());
        backend.connection().flush();
        assertThat(backend.commands()).isEmpty();
    }

    @Test
    void theNearestStateIsLent() {
        capacities = capacities(2);
        pool = pool(2);
        FakeBackend near = opened(APP);
        near.connection().vector(EMPTY.with("a", "1"));
        FakeBackend far = opened(APP);
        far.connection().vector(EMPTY.with("b", "2"));
        pool.release(near.connection());
        pool.release(far.connection());
        Client client = new Client("a");
        acquire(APP, EMPTY.with("a", "2"), client);
        assertThat(client.acquired).isSameAs(near.connection());
    }

    @Test
    void whoeverFindsTheCapReachedGetsTheNextConnectionThatComesBack() {
        FakeBackend backend = opened(APP);
        acquire(APP, EMPTY, new Client("a"));
        acquire(APP, EMPTY, new Client("b"));
        assertThat(log).isEmpty();
        pool.release(backend.connection());
        assertThat(log).containsExactly("a acquired");
        pool.release(backend.connection());
        assertThat(log).containsExactly("a acquired", "b acquired");
    }

    @Test
    void aWaiterThatIsGoneIsPassedOver() {
        FakeBackend backend = opened(APP);
        Client gone = new Client("gone");
        acquire(APP, EMPTY, gone);
        acquire(APP, EMPTY, new Client("b"));
        gone.waiting = false;
        pool.release(backend.connection());
        assertThat(log).containsExactly("b acquired");
    }

    @Test
    void aWaiterThatCannotUseTheConnectionIsPassedOver() {
        FakeBackend backend = opened(APP);
        backend.connection().vector(EMPTY.withSchema("test"));
        acquire(APP, EMPTY, new Client("without schema"));
        acquire(APP, EMPTY.withSchema("other"), new Client("b"));
        pool.release(backend.connection());
        assertThat(log).containsExactly("b acquired");
    }

    @Test
    void noMoreBorrowersWaitThanTheBoundAllows() {
        opened(APP);
        acquire(APP, EMPTY, new Client("a"));
        acquire(APP, EMPTY, new Client("b"));
        acquire(APP, EMPTY, new Client("c"));
        assertThat(log)
                .containsExactly("c EXHAUSTED: 2 statements wait for a backend connection already (pool.waiting-max)");
    }

    @Test
    void aWaiterGivesUpAtItsDeadlineAndMakesRoomInTheQueue() {
        opened(APP);
        acquire(APP, EMPTY, new Client("a"));
        pass(Duration.ofSeconds(4));
        acquire(APP, EMPTY, new Client("b"));
        assertThat(log).isEmpty();
        pass(Duration.ofSeconds(1));
        assertThat(log)
                .containsExactly(
                        "a EXHAUSTED: no backend connection became free within 5000 ms (pool.acquire-timeout)");
        acquire(APP, EMPTY, new Client("c"));
        assertThat(log).hasSize(1);
    }

    @Test
    void aWaiterThatIsGoneIsNotToldOfItsDeadline() {
        opened(APP);
        Client gone = new Client("gone");
        acquire(APP, EMPTY, gone);
        gone.waiting = false;
        pass(Duration.ofSeconds(6));
        assertThat(log).isEmpty();
    }

    @Test
    void anIdleConnectionOfAnotherUserMakesRoom() {
        FakeBackend idle = opened(OTHER);
        pool.release(idle.connection());
        acquire(APP, EMPTY, new Client("a"));
        assertThat(idle.connection().isClosed()).isTrue();
        assertThat(log).hasSize(1);
        assertThat(log.get(0)).startsWith("a UNREACHABLE: cannot connect to db0:3306: ");
        assertThat(capacities.of(0).open()).isZero();
    }

    @Test
    void aConnectionThatComesBackWhileAnotherUserWaitsIsClosedForIt() {
        FakeBackend lent = opened(OTHER);
        acquire(APP, EMPTY, new Client("a"));
        assertThat(log).isEmpty();
        pool.release(lent.connection());
        loop.runPendingTasks();
        assertThat(lent.connection().isClosed()).isTrue();
        assertThat(log).hasSize(1);
        assertThat(log.get(0)).startsWith("a UNREACHABLE");
    }

    @Test
    void aConnectionThatIsIdleTooLongIsClosed() {
        FakeBackend backend = opened(APP);
        pool.release(backend.connection());
        pass(Duration.ofSeconds(60));
        assertThat(backend.connection().isClosed()).isFalse();
        pass(Duration.ofSeconds(1));
        assertThat(backend.connection().isClosed()).isTrue();
        assertThat(capacities.of(0).open()).isZero();
    }

    @Test
    void aConnectionThatIsTooOldIsClosedWhenItComesBack() {
        FakeBackend backend = opened(APP);
        nowNanos += Duration.ofSeconds(601).toNanos();
        assertThat(backend.connection().isClosed()).isFalse();
        pool.release(backend.connection());
        assertThat(backend.connection().isClosed()).isTrue();
    }

    @Test
    void aConnectionThatIsTooOldIsClosedWhileIdle() {
        FakeBackend backend = opened(APP);
        nowNanos += Duration.ofSeconds(599).toNanos();
        pool.release(backend.connection());
        pass(Duration.ofSeconds(2));
        assertThat(backend.connection().isClosed()).isTrue();
    }

    @Test
    void aConnectionThatOwesAResponseIsClosedInsteadOfPooled() {
        FakeBackend backend = opened(APP);
        backend.connection().expect(new Receiver("one", log));
        pool.release(backend.connection());
        assertThat(log).containsExactly("one failed: closed by the pool");
        assertThat(keyPool(APP).idle()).isEmpty();
    }

    @Test
    void aConnectionIsLentOnlyAfterItsResetWasAnswered() {
        FakeBackend backend = opened(APP);
        backend.connection().vector(EMPTY.withSchema("test").with("a", "1"));
        pool.releaseWithReset(backend.connection());
        assertThat(backend.commands()).hasSize(2).first().isEqualTo("1f ");
        assertThat(keyPool(APP).idle()).isEmpty();
        backend.receive(new ResponseBytes(true).ok(0, 2).bytes());
        assertThat(keyPool(APP).idle()).isEmpty();
        backend.receive(new ResponseBytes(true).ok(0, 2).bytes());
        assertThat(keyPool(APP).idle()).containsExactly(backend.connection());
        assertThat(backend.connection().vector()).isEqualTo(EMPTY.withSchema("test"));
    }

    @Test
    void aConnectionWhoseResetIsRefusedIsClosed() {
        FakeBackend backend = opened(APP);
        pool.releaseWithReset(backend.connection());
        backend.receive(new ResponseBytes(true).err(1047, "no").bytes());
        assertThat(backend.connection().isClosed()).isTrue();
        assertThat(capacities.of(0).open()).isZero();
    }

    @Test
    void theVeryConnectionIsLentIfItIsIdle() {
        FakeBackend backend = opened(APP);
        assertThat(pool.acquireExactly(backend.connection(), new Client("a"))).isFalse();
        pool.release(backend.connection());
        assertThat(pool.acquireExactly(backend.connection(), new Client("a"))).isTrue();
        assertThat(keyPool(APP).idle()).isEmpty();
    }

    @Test
    void drainingClosesWhatIsIdleAndWhatComesBack() {
        capacities = capacities(2);
        pool = pool(2);
        FakeBackend idle = opened(APP);
        FakeBackend lent = opened(APP);
        pool.release(idle.connection());
        pool.drain();
        assertThat(idle.connection().isClosed()).isTrue();
        assertThat(lent.connection().isClosed()).isFalse();
        pool.release(lent.connection());
        assertThat(lent.connection().isClosed()).isTrue();
    }

    @Test
    void theIdleConnectionsOfOneUserAreForgotten() {
        capacities = capacities(2);
        pool = pool(2);
        FakeBackend app = opened(APP);
        FakeBackend other = opened(OTHER);
        pool.release(app.connection());
        pool.release(other.connection());
        pool.closeIdle("app");
        assertThat(app.connection().isClosed()).isTrue();
        assertThat(other.connection().isClosed()).isFalse();
    }

    @Test
    void aConnectionThatWasLentWhenItsUserWasForgottenIsClosedWhenItComesBack() {
        FakeBackend backend = opened(APP);
        pool.closeIdle("app");
        pool.release(backend.connection());
        assertThat(backend.connection().isClosed()).isTrue();
    }

    @Test
    void aLoopThatIsAskedToYieldClosesOneIdleConnectionUnlessItWaitsItself() {
        FakeBackend idle = opened(OTHER);
        pool.release(idle.connection());
        pool.yieldIdle(0);
        loop.runPendingTasks();
        assertThat(idle.connection().isClosed()).isTrue();
    }
}
