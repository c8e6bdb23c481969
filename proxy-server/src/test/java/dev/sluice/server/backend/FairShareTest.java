package dev.sluice.server.backend;

import static dev.sluice.server.backend.PoolBench.APP;
import static dev.sluice.server.backend.PoolBench.EMPTY;
import static dev.sluice.server.backend.PoolBench.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.auth.LoginName;
import dev.sluice.server.backend.PoolBench.Client;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who gets connections, and who keeps them, where one user has far more to do than another. */
class FairShareTest {
    private static final Duration LONG = Duration.ofSeconds(1);

    private final PoolBench bench = new PoolBench(4, 100);

    @AfterEach
    void close() {
        bench.close();
    }

    private Client waits(PoolKey key, String name) {
        return bench.acquire(key, EMPTY, bench.new Client(name));
    }

    private List<FakeBackend> lent(PoolKey key, int count) {
        List<FakeBackend> lent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lent.add(bench.lent(key));
        }
        return lent;
    }

    private void flood() {
        for (int i = 0; i < 20; i++) {
            waits(APP, "flood");
        }
    }

    @Test
    void whoHasNoneIsGivenOneByWhoHasAllThoughManyMoreOfThoseWait() {
        List<FakeBackend> all = lent(APP, 4);
        bench.pass(LONG);
        flood();
        waits(OTHER, "calm");
        bench.release(all.get(0));
        assertThat(all.get(0).connection().isClosed()).isTrue();
        bench.serverCloses(all.get(0));
        PoolBench.Attempt attempt = bench.nextAttempt();
        assertThat(attempt.key).isEqualTo(OTHER);
        attempt.succeeds();
        assertThat(bench.log).containsExactly("calm acquired");
    }

    @Test
    void onlyOneConnectionIsClosedForOneWhoWaits() {
        List<FakeBackend> all = lent(APP, 4);
        bench.pass(LONG);
        flood();
        waits(OTHER, "calm");
        all.forEach(bench::release);
        assertThat(all)
                .extracting(backend -> backend.connection().isClosed())
                .containsExactly(true, false, false, false);
        assertThat(bench.log).containsOnly("flood acquired").hasSize(3);
    }

    @Test
    void bothHaveEquallyManyInTheEndAndThenNothingMovesAnyMore() {
        List<FakeBackend> all = lent(APP, 4);
        bench.pass(LONG);
        flood();
        for (int i = 0; i < 4; i++) {
            waits(OTHER, "other");
        }
        all.forEach(bench::release);
        assertThat(all)
                .extracting(backend -> backend.connection().isClosed())
                .containsExactly(true, true, false, false);
        bench.serverCloses(all.get(0));
        bench.serverCloses(all.get(1));
        FakeBackend first = bench.nextAttempt().succeeds();
        FakeBackend second = bench.nextAttempt().succeeds();
        for (int i = 0; i < 2 * UserShare.OVERTAKEN_MAX; i++) {
            bench.pass(Duration.ofMillis(100));
            waits(APP, "flood");
            waits(APP, "flood");
            waits(OTHER, "other");
            waits(OTHER, "other");
            for (FakeBackend each : List.of(all.get(2), all.get(3), first, second)) {
                bench.release(each);
                assertThat(each.connection().isClosed()).isFalse();
            }
        }
    }

    @Test
    void whoHasFewerKeepsWhatHeIsAboutToUseAgainThoughOthersWait() {
        FakeBackend calm = bench.lent(OTHER);
        lent(APP, 3);
        flood();
        bench.release(calm);
        assertThat(calm.connection().isClosed()).isFalse();
        waits(OTHER, "calm");
        assertThat(bench.log).containsExactly("calm acquired");
    }

    @Test
    void nobodyWhoComesTakesItFromHimEither() {
        FakeBackend calm = bench.lent(OTHER);
        lent(APP, 3);
        bench.release(calm);
        waits(APP, "flood");
        assertThat(calm.connection().isClosed()).isFalse();
        bench.pass(LONG);
        assertThat(calm.connection().isClosed()).isTrue();
    }

    @Test
    void betweenLoopsThatHaveEquallyManyNothingMovesForAWhile() {
        LoopPool otherLoop = bench.anotherPool();
        List<FakeBackend> own = lent(APP, 2);
        List<FakeBackend> others = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            bench.acquire(otherLoop, APP, EMPTY, bench.new Client("first"));
            others.add(bench.nextAttempt().succeeds());
        }
        bench.pass(LONG);
        for (int i = 0; i < 2 * BackendCapacity.KEPT_MAX; i++) {
            waits(APP, "here");
            bench.acquire(otherLoop, APP, EMPTY, bench.new Client("there"));
            bench.release(own.get(i % 2));
            otherLoop.release(others.get(i % 2).connection());
            assertThat(own.get(i % 2).connection().isClosed()).isFalse();
            assertThat(others.get(i % 2).connection().isClosed()).isFalse();
        }
    }

    @Test
    void loginsUnderManyNamesAreOneUser() {
        List<FakeBackend> all = lent(APP, 4);
        bench.pass(LONG);
        flood();
        for (int i = 0; i < 10; i++) {
            bench.acquireNew(new PoolKey(0, LoginName.of("name" + i), 0), bench.new Client("login"));
        }
        for (int i = 0; i < 3; i++) {
            all.forEach(bench::release);
        }
        assertThat(all)
                .extracting(backend -> backend.connection().isClosed())
                .containsExactly(true, true, false, false);
    }

    @Test
    void whoHasLoggedInHasTheConnectionInHisOwnName() {
        List<FakeBackend> all = lent(APP, 3);
        bench.acquireNew(OTHER, bench.new Client("login"));
        FakeBackend proven = bench.nextAttempt().succeeds();
        bench.pass(LONG);
        flood();
        bench.release(proven);
        assertThat(proven.connection().isClosed()).isFalse();
        waits(OTHER, "calm");
        waits(OTHER, "calm");
        bench.release(all.get(0));
        assertThat(all.get(0).connection().isClosed()).isTrue();
        waits(OTHER, "calm");
        bench.release(all.get(1));
        assertThat(all.get(1).connection().isClosed()).isFalse();
    }

    @Test
    void whatNobodyHasUsedForAWhileGoesToThoseWhoWait() {
        FakeBackend calm = bench.lent(OTHER);
        lent(APP, 3);
        flood();
        bench.release(calm);
        bench.pass(Duration.ofMillis(400));
        assertThat(calm.connection().isClosed()).isFalse();
        bench.pass(Duration.ofMillis(200));
        assertThat(calm.connection().isClosed()).isTrue();
        bench.serverCloses(calm);
        assertThat(bench.nextAttempt().key).isEqualTo(APP);
    }

    @Test
    void whoHasMoreThanOneWhoWaitsGivesUpWhatHeDoesNotNeed() {
        List<FakeBackend> rich = lent(OTHER, 3);
        bench.lent(APP);
        waits(APP, "poor");
        rich.forEach(bench::release);
        assertThat(rich).extracting(backend -> backend.connection().isClosed()).containsExactly(true, false, false);
    }

    @Test
    void aConnectionThatHasJustBeenOpenedServesAFewBeforeItIsClosedForAnother() {
        List<FakeBackend> all = lent(APP, 4);
        flood();
        waits(OTHER, "calm");
        for (int i = 0; i < UserShare.OVERTAKEN_MAX; i++) {
            bench.release(all.get(0));
            assertThat(all.get(0).connection().isClosed()).isFalse();
        }
        bench.release(all.get(0));
        assertThat(all.get(0).connection().isClosed()).isTrue();
    }

    @Test
    void aSlotGoesToWhoHasFewestAndNotToWhoCameFirst() {
        List<FakeBackend> all = lent(APP, 4);
        waits(APP, "first");
        waits(OTHER, "second");
        all.get(0).connection().close();
        bench.serverCloses(all.get(0));
        assertThat(bench.nextAttempt().key).isEqualTo(OTHER);
    }

    @Test
    void whoIsOnAnotherLoopIsGivenHisShareToo() {
        List<FakeBackend> all = lent(APP, 4);
        bench.pass(LONG);
        flood();
        bench.acquire(bench.anotherPool(), OTHER, EMPTY, bench.new Client("calm"));
        bench.release(all.get(0));
        bench.serverCloses(all.get(0));
        bench.nextAttempt().succeeds();
        assertThat(bench.log).containsExactly("calm acquired");
    }

    @Test
    void whoGivesUpWaitingIsPromisedNothing() {
        List<FakeBackend> all = lent(APP, 4);
        bench.pass(LONG);
        waits(OTHER, "calm").waiting = false;
        flood();
        bench.pass(Duration.ofMillis(1));
        all.forEach(bench::release);
        assertThat(all).noneMatch(backend -> backend.connection().isClosed());
    }
}
