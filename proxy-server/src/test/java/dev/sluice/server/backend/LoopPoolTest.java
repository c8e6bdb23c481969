package dev.sluice.server.backend;

import static dev.sluice.server.backend.PoolBench.APP;
import static dev.sluice.server.backend.PoolBench.EMPTY;
import static dev.sluice.server.backend.PoolBench.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.testing.ResponseBytes;
import dev.sluice.server.auth.LoginName;
import dev.sluice.server.backend.PoolBench.Client;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is lent, kept and closed. Who waits for what is in {@link LoopPoolWaitingTest}. */
class LoopPoolTest {
    private static final InetAddress ADDRESS = NetUtil.createInetAddressFromIpAddressString("10.1.2.3");
    private static final InetAddress OTHER_ADDRESS = NetUtil.createInetAddressFromIpAddressString("fd00::3");

    private final PoolBench bench = new PoolBench(2, 2);

    @AfterEach
    void close() {
        bench.close();
    }

    private Client client(String name) {
        return bench.new Client(name);
    }

    @Test
    void aConnectionIsOpenedWhenNoneIsIdle() {
        Client client = bench.acquire(APP, EMPTY, client("a"));
        FakeBackend backend = bench.nextAttempt().succeeds();
        assertThat(client.acquired).isSameAs(backend.connection());
        assertThat(bench.capacities.of(0).open()).isEqualTo(1);
    }

    @Test
    void aConnectionWhoseBorrowerHasGoneMeanwhileIsKeptForTheNext() {
        Client gone = bench.acquire(APP, EMPTY, client("gone"));
        gone.waiting = false;
        FakeBackend backend = bench.nextAttempt().succeeds();
        assertThat(bench.log).isEmpty();
        assertThat(bench.acquire(APP, EMPTY, client("b")).acquired).isSameAs(backend.connection());
    }

    @Test
    void aRefusedLoginIsReportedAndItsSlotIsFree() {
        bench.acquire(APP, EMPTY, client("a"));
        bench.nextAttempt().isRefused();
        assertThat(bench.log).containsExactly("a REFUSED: refused");
        assertThat(bench.capacities.of(0).open()).isZero();
    }

    @Test
    void aConnectionThatWasOpenedForAnotherAddressIsNotLent() {
        PoolKey one = new PoolKey(0, new LoginName("app", ADDRESS), 0);
        PoolKey other = new PoolKey(0, new LoginName("app", OTHER_ADDRESS), 0);
        bench.release(bench.lent(one));
        for (PoolKey key : List.of(other, APP)) {
            Client client = bench.acquire(key, EMPTY, client("a"));
            assertThat(client.acquired).isNull();
            PoolBench.Attempt attempt = bench.nextAttempt();
            assertThat(attempt.key).isEqualTo(key);
            attempt.isRefused();
        }
    }

    @Test
    void idleConnectionsOfOtherAddressesMakeRoom() {
        FakeBackend one = bench.lent(new PoolKey(0, new LoginName("app", ADDRESS), 0));
        bench.release(one);
        bench.release(bench.lent(APP));
        PoolKey other = new PoolKey(0, new LoginName("app", OTHER_ADDRESS), 0);
        Client client = bench.acquire(other, EMPTY, client("a"));
        assertThat(bench.attempts).isEmpty();
        bench.serverCloses(one);
        FakeBackend opened = bench.nextAttempt().succeeds();
        assertThat(client.acquired).isSameAs(opened.connection());
        assertThat(bench.capacities.of(0).open()).isEqualTo(2);
    }

    @Test
    void whoWasRefusedIsForgotten() {
        for (int i = 0; i < 100; i++) {
            bench.acquireNew(new PoolKey(0, LoginName.of("guess" + i), 0), client("a"));
            bench.nextAttempt().isRefused();
        }
        bench.pass(Duration.ofMillis(250));
        assertThat(bench.pool.kinds()).isZero();
    }

    @Test
    void whoHasAConnectionIsNotForgotten() {
        KeyPool pool = bench.pool.pool(APP);
        FakeBackend lent = bench.lent(APP);
        FakeBackend idle = bench.lent(OTHER);
        bench.release(idle);
        bench.pass(Duration.ofMillis(250));
        assertThat(bench.pool.kinds()).isEqualTo(2);
        assertThat(bench.pool.pool(APP)).isSameAs(pool);
        lent.connection().abandon();
        bench.serverCloses(lent);
        bench.pass(Duration.ofMillis(250));
        assertThat(pool.isForgotten()).isTrue();
        assertThat(bench.pool.pool(APP)).isNotSameAs(pool);
        assertThat(bench.acquire(OTHER, EMPTY, client("b")).acquired).isSameAs(idle.connection());
    }

    @Test
    void aReleasedConnectionIsLentAgainWithoutAReset() {
        FakeBackend backend = bench.lent(APP);
        bench.release(backend);
        Client client = bench.acquire(APP, EMPTY.withSchema("test"), client("a"));
        assertThat(client.acquired).isSameAs(backend.connection());
        backend.connection().flush();
        assertThat(backend.commands()).isEmpty();
    }

    @Test
    void theNearestStateIsLent() {
        FakeBackend near = bench.lent(APP);
        near.connection().vector(EMPTY.with("a", "1"));
        FakeBackend far = bench.lent(APP);
        far.connection().vector(EMPTY.with("b", "2"));
        bench.release(near);
        bench.release(far);
        Client client = bench.acquire(APP, EMPTY.with("a", "2"), client("a"));
        assertThat(client.acquired).isSameAs(near.connection());
    }

    @Test
    void aConnectionThatIsIdleTooLongIsClosed() {
        FakeBackend backend = bench.lent(APP);
        bench.release(backend);
        bench.pass(Duration.ofSeconds(60));
        assertThat(backend.connection().isClosed()).isFalse();
        bench.pass(Duration.ofSeconds(1));
        assertThat(backend.connection().isClosed()).isTrue();
    }

    @Test
    void aConnectionThatIsTooOldIsClosedWhenItComesBack() {
        FakeBackend backend = bench.lent(APP);
        bench.nowNanos += Duration.ofSeconds(601).toNanos();
        assertThat(backend.connection().isClosed()).isFalse();
        bench.release(backend);
        assertThat(backend.connection().isClosed()).isTrue();
    }

    @Test
    void aConnectionThatIsTooOldIsClosedWhileIdle() {
        FakeBackend backend = bench.lent(APP);
        bench.nowNanos += Duration.ofSeconds(599).toNanos();
        bench.release(backend);
        bench.pass(Duration.ofSeconds(2));
        assertThat(backend.connection().isClosed()).isTrue();
    }

    @Test
    void aConnectionThatOwesAnotherSessionAnAnswerGoesBackWhenThatIsHere() {
        FakeBackend backend = bench.lent(APP);
        backend.connection().expect(new Receiver("another", bench.log).forAnother());
        bench.release(backend);
        assertThat(bench.pool.pool(APP).idle()).isEmpty();
        backend.receive(new ResponseBytes(true).ok(0, 0).bytes());
        assertThat(bench.log).contains("another completed");
        assertThat(bench.acquire(APP, EMPTY, client("next")).acquired).isSameAs(backend.connection());
    }

    @Test
    void aConnectionThatIsGivenUpEndsWhenItOwesNoOtherSessionAnAnswer() {
        FakeBackend backend = bench.lent(APP);
        backend.connection().expect(new Receiver("another", bench.log).forAnother());
        backend.connection().expect(new Receiver("own", bench.log));
        backend.connection().abandon();
        assertThat(backend.connection().isClosed()).isFalse();
        backend.receive(new ResponseBytes(true).ok(0, 0).bytes());
        assertThat(bench.log).contains("another completed", "own failed: closed by the pool");
        assertThat(backend.connection().isClosed()).isTrue();
    }

    @Test
    void aServerThatNeverAnswersTheOtherSessionKeepsNoSlot() {
        FakeBackend backend = bench.lent(APP);
        backend.channel().freezeTime();
        backend.connection().expect(new Receiver("another", bench.log).forAnother());
        backend.connection().abandon();
        backend.channel().advanceTimeBy(LingeringClose.BUSY_MAX.toMillis() - 1, TimeUnit.MILLISECONDS);
        backend.channel().runScheduledPendingTasks();
        assertThat(backend.connection().isClosed()).isFalse();
        backend.channel().advanceTimeBy(1, TimeUnit.MILLISECONDS);
        backend.channel().runScheduledPendingTasks();
        assertThat(bench.log).contains("another failed: closed by the pool");
        assertThat(backend.connection().isClosed()).isTrue();
    }

    @Test
    void aConnectionThatOwesAResponseIsClosedInsteadOfPooled() {
        FakeBackend backend = bench.lent(APP);
        backend.connection().expect(new Receiver("one", bench.log));
        bench.release(backend);
        assertThat(bench.log).contains("one failed: closed by the pool");
        assertThat(bench.pool.pool(APP).idle()).isEmpty();
    }

    @Test
    void aConnectionIsLentOnlyAfterItsResetWasAnswered() {
        FakeBackend backend = bench.lent(APP);
        backend.connection().vector(EMPTY.withSchema("test").with("a", "1"));
        bench.pool.releaseWithReset(backend.connection());
        assertThat(backend.commands()).hasSize(2).first().isEqualTo("1f ");
        assertThat(bench.pool.pool(APP).idle()).isEmpty();
        backend.receive(new ResponseBytes(true).ok(0, 2).bytes());
        assertThat(bench.pool.pool(APP).idle()).isEmpty();
        backend.receive(new ResponseBytes(true).ok(0, 2).bytes());
        assertThat(bench.pool.pool(APP).idle()).containsExactly(backend.connection());
        assertThat(backend.connection().vector()).isEqualTo(EMPTY.withSchema("test"));
    }

    @Test
    void aConnectionWhoseResetIsRefusedIsClosed() {
        FakeBackend backend = bench.lent(APP);
        bench.pool.releaseWithReset(backend.connection());
        backend.receive(new ResponseBytes(true).err(1047, "no").bytes());
        assertThat(backend.connection().isClosed()).isTrue();
        bench.serverCloses(backend);
        assertThat(bench.capacities.of(0).open()).isZero();
    }

    @Test
    void theVeryConnectionIsLentIfItIsIdle() {
        FakeBackend backend = bench.lent(APP);
        assertThat(bench.pool.acquireExactly(backend.connection(), client("a"))).isFalse();
        bench.release(backend);
        assertThat(bench.pool.acquireExactly(backend.connection(), client("a"))).isTrue();
        assertThat(bench.pool.pool(APP).idle()).isEmpty();
    }

    @Test
    void drainingClosesWhatIsIdleAndWhatComesBack() {
        FakeBackend idle = bench.lent(APP);
        FakeBackend lent = bench.lent(APP);
        bench.release(idle);
        bench.pool.drain();
        assertThat(idle.connection().isClosed()).isTrue();
        assertThat(lent.connection().isClosed()).isFalse();
        bench.release(lent);
        assertThat(lent.connection().isClosed()).isTrue();
    }

    @Test
    void theIdleConnectionsOfOneUserAreForgotten() {
        FakeBackend app = bench.lent(APP);
        FakeBackend other = bench.lent(OTHER);
        bench.release(app);
        bench.release(other);
        bench.pool.closeIdle("app");
        assertThat(app.connection().isClosed()).isTrue();
        assertThat(other.connection().isClosed()).isFalse();
    }

    @Test
    void aConnectionThatWasLentWhenItsUserWasForgottenIsClosedWhenItComesBack() {
        FakeBackend backend = bench.lent(APP);
        bench.pool.closeIdle("app");
        bench.release(backend);
        assertThat(backend.connection().isClosed()).isTrue();
    }

    @Test
    void aClosedConnectionKeepsItsSlotUntilTheServerHasClosedItsSide() {
        FakeBackend backend = bench.lent(APP);
        backend.connection().close();
        assertThat(backend.commands()).containsExactly("01 ");
        assertThat(bench.capacities.of(0).open()).isEqualTo(1);
        bench.serverCloses(backend);
        assertThat(bench.capacities.of(0).open()).isZero();
    }
}
