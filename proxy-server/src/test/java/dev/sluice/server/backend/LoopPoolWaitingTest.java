package dev.sluice.server.backend;

import static dev.sluice.server.backend.PoolBench.APP;
import static dev.sluice.server.backend.PoolBench.EMPTY;
import static dev.sluice.server.backend.PoolBench.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.backend.PoolBench.Client;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who gets a connection, and when, once the cap of one connection is reached. */
class LoopPoolWaitingTest {
    private final PoolBench bench = new PoolBench(1, 3);
    private final FakeBackend lent = bench.lent(APP);

    @AfterEach
    void close() {
        bench.close();
    }

    private Client client(String name) {
        return bench.new Client(name);
    }

    private Client waits(PoolKey key, String name) {
        return bench.acquire(key, EMPTY, client(name));
    }

    @Test
    void theFirstInTheLineGetsTheConnectionThatComesBack() {
        waits(APP, "a");
        waits(APP, "b");
        assertThat(bench.log).isEmpty();
        bench.release(lent);
        assertThat(bench.log).containsExactly("a acquired");
        bench.release(lent);
        assertThat(bench.log).containsExactly("a acquired", "b acquired");
    }

    @Test
    void whoeverIsGoneIsPassedOver() {
        waits(APP, "gone").waiting = false;
        waits(APP, "b");
        bench.release(lent);
        assertThat(bench.log).containsExactly("b acquired");
    }

    @Test
    void whoeverCannotUseTheConnectionIsOvertaken() {
        lent.connection().vector(EMPTY.withSchema("test"));
        waits(APP, "without schema");
        bench.acquire(APP, EMPTY.withSchema("other"), client("b"));
        bench.release(lent);
        assertThat(bench.log).containsExactly("b acquired");
    }

    @Test
    void whoeverWasOvertakenOftenEnoughGetsAConnectionOfItsOwn() {
        waits(OTHER, "first");
        for (int i = 0; i < WaitingLine.OVERTAKEN_MAX; i++) {
            waits(APP, "overtakes");
            bench.release(lent);
            assertThat(lent.connection().isClosed()).isFalse();
        }
        waits(APP, "has to wait");
        bench.release(lent);
        assertThat(bench.log).hasSize(WaitingLine.OVERTAKEN_MAX).containsOnly("overtakes acquired");
        bench.serverCloses(lent);
        PoolBench.Attempt attempt = bench.nextAttempt();
        assertThat(attempt.key).isEqualTo(OTHER);
        attempt.succeeds();
        assertThat(bench.log).last().isEqualTo("first acquired");
    }

    @Test
    void noMoreThanTheBoundWait() {
        waits(APP, "a");
        waits(OTHER, "b");
        bench.acquireNew(APP, client("login"));
        waits(APP, "c");
        assertThat(bench.log)
                .containsExactly(
                        "c EXHAUSTED: no connection to db0:3306 is free, and the queue of waiting statements is"
                                + " full: 3 wait with 0 bytes, and the bounds are 3 statements (pool.waiting-max) and 1000"
                                + " bytes (pool.waiting-bytes-max)");
    }

    @Test
    void noMoreBytesThanTheBoundWait() {
        bench.acquire(APP, EMPTY, client("a").holding(600));
        bench.acquire(APP, EMPTY, client("b").holding(401));
        assertThat(bench.log)
                .hasSize(1)
                .first()
                .asString()
                .startsWith("b EXHAUSTED")
                .contains("1 wait with 600 bytes");
        bench.acquire(APP, EMPTY, client("c").holding(400));
        assertThat(bench.log).hasSize(1);
        bench.release(lent);
        bench.acquire(APP, EMPTY, client("d").holding(600));
        assertThat(bench.log).hasSize(2).last().isEqualTo("a acquired");
    }

    @Test
    void whoeverWaitsGivesUpAtTheDeadlineAndMakesRoomInTheLine() {
        waits(APP, "a");
        bench.pass(Duration.ofSeconds(4));
        waits(APP, "b");
        assertThat(bench.log).isEmpty();
        bench.pass(Duration.ofSeconds(1));
        assertThat(bench.log)
                .containsExactly(
                        "a EXHAUSTED: all 1 connections to db0:3306 stayed in use for 5000 ms (pool.acquire-timeout)");
        waits(APP, "c");
        waits(APP, "d");
        assertThat(bench.log).hasSize(1);
    }

    @Test
    void whoeverIsGoneIsNotToldOfTheDeadline() {
        waits(APP, "gone").waiting = false;
        bench.pass(Duration.ofSeconds(6));
        assertThat(bench.log).isEmpty();
    }

    @Test
    void anIdleConnectionOfAnotherUserMakesRoom() {
        bench.release(lent);
        waits(OTHER, "a");
        assertThat(lent.connection().isClosed()).isTrue();
        assertThat(bench.attempts).isEmpty();
        bench.serverCloses(lent);
        bench.nextAttempt().succeeds();
        assertThat(bench.log).containsExactly("a acquired");
    }

    @Test
    void aConnectionThatIsOfNoUseToThoseWhoWaitMakesRoomForThem() {
        waits(OTHER, "a");
        bench.release(lent);
        assertThat(lent.connection().isClosed()).isTrue();
        bench.serverCloses(lent);
        bench.nextAttempt().succeeds();
        assertThat(bench.log).containsExactly("a acquired");
    }

    @Test
    void aLoginWaitsForANewConnectionOfItsOwn() {
        bench.acquireNew(APP, client("login"));
        bench.release(lent);
        assertThat(bench.log).isEmpty();
        assertThat(lent.connection().isClosed()).isTrue();
        bench.serverCloses(lent);
        bench.nextAttempt().isRefused();
        assertThat(bench.log).containsExactly("login REFUSED: refused");
    }

    @Test
    void aServerThatDoesNotCloseItsSideHoldsNobodyUpForLong() {
        bench.acquireNew(APP, client("login"));
        bench.release(lent);
        lent.channel().advanceTimeBy(LingeringClose.QUIET_MAX.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
        lent.channel().runScheduledPendingTasks();
        bench.serverCloses(lent);
        bench.nextAttempt().succeeds();
        assertThat(bench.log).containsExactly("login acquired");
    }

    @Test
    void nothingIsClosedForSomebodyWhoHasBeenServed() {
        waits(APP, "a");
        bench.release(lent);
        bench.release(lent);
        assertThat(lent.connection().isClosed()).isFalse();
        assertThat(bench.pool.pool(APP).idle()).containsExactly(lent.connection());
    }

    @Test
    void anotherLoopGetsTheSlotOfAnIdleConnection() {
        bench.release(lent);
        LoopPool other = bench.anotherPool();
        bench.acquire(other, APP, EMPTY, client("other loop"));
        assertThat(lent.connection().isClosed()).isTrue();
        bench.serverCloses(lent);
        bench.nextAttempt().succeeds();
        assertThat(bench.log).containsExactly("other loop acquired");
    }

    @Test
    void anotherLoopGetsASlotThoughThisOneAlwaysHasSomebodyWaiting() {
        LoopPool other = bench.anotherPool();
        bench.acquire(other, APP, EMPTY, client("other loop"));
        int kept = 0;
        while (!lent.connection().isClosed()) {
            assertThat(kept).isLessThanOrEqualTo(BackendCapacity.KEPT_MAX);
            waits(APP, "own");
            bench.release(lent);
            kept++;
        }
        assertThat(kept).isEqualTo(BackendCapacity.KEPT_MAX + 1);
        bench.serverCloses(lent);
        bench.nextAttempt().succeeds();
        assertThat(bench.log).last().isEqualTo("other loop acquired");
    }

    @Test
    void aConnectionKeptForWarningsGoesToWhoeverHasWaitedForLong() {
        bench.pool.linger(lent.connection(), true);
        waits(APP, "a");
        bench.pass(Duration.ofMillis(100));
        assertThat(bench.log).isEmpty();
        bench.pass(Duration.ofMillis(200));
        assertThat(bench.log).containsExactly("first of app gave its connection up", "a acquired");
    }

    @Test
    void aConnectionWhoseSessionLosesNothingGoesToWhoeverNeedsOne() {
        bench.pool.linger(lent.connection(), false);
        waits(APP, "a");
        assertThat(bench.log).containsExactly("first of app gave its connection up", "a acquired");
    }

    @Test
    void aConnectionThatBeginsToBeKeptWhileOthersWaitGoesToThemAtOnce() {
        waits(APP, "a");
        bench.pool.linger(lent.connection(), false);
        bench.pass(Duration.ofMillis(1));
        assertThat(bench.log).containsExactly("first of app gave its connection up", "a acquired");
    }

    @Test
    void aConnectionKeptForWarningsGoesToAnotherLoopThatHasWaitedForLong() {
        bench.pool.linger(lent.connection(), true);
        LoopPool other = bench.anotherPool();
        bench.acquire(other, APP, EMPTY, client("other loop"));
        bench.pass(Duration.ofMillis(300));
        assertThat(bench.log).containsExactly("first of app gave its connection up");
        bench.serverCloses(lent);
        bench.nextAttempt().succeeds();
        assertThat(bench.log).last().isEqualTo("other loop acquired");
    }

    @Test
    void aConnectionThatItsSessionUsesAgainIsNotTaken() {
        bench.pool.linger(lent.connection(), true);
        bench.pool.stopLingering(lent.connection());
        waits(APP, "a");
        bench.pass(Duration.ofMillis(300));
        assertThat(bench.log).isEmpty();
    }
}
