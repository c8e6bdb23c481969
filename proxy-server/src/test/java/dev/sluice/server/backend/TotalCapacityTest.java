package dev.sluice.server.backend;

import static dev.sluice.server.backend.PoolBench.EMPTY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.auth.LoginName;
import dev.sluice.server.backend.PoolBench.Client;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The cap over all backends together: who gets a connection where one backend has room and all together have none. */
class TotalCapacityTest {
    private static final PoolKey READS = new PoolKey(1, LoginName.of("app"), 0);
    private static final PoolKey WRITES = new PoolKey(0, LoginName.of("app"), 0);
    private static final PoolKey OTHERS_WRITES = new PoolKey(0, LoginName.of("other"), 0);

    private final PoolBench bench = new PoolBench(List.of(3, 3), 3, 100);

    @AfterEach
    void close() {
        bench.close();
    }

    private Client waits(PoolKey key, String name) {
        return bench.acquire(key, EMPTY, bench.new Client(name));
    }

    private List<FakeBackend> readers() {
        return new ArrayList<>(List.of(bench.lent(READS), bench.lent(READS), bench.lent(READS)));
    }

    @Test
    void asManyAreOpenedAsMayAndTheNextWaits() {
        bench.lent(READS);
        bench.lent(WRITES);
        bench.lent(READS);
        waits(WRITES, "fourth");
        assertThat(bench.attempts).isEmpty();
        assertThat(bench.log).isEmpty();
        assertThat(bench.pool.waitingFor(0)).isEqualTo(1);
    }

    @Test
    void whatIsIdleElsewhereMakesRoom() {
        List<FakeBackend> readers = readers();
        bench.release(readers.get(1));
        waits(WRITES, "write");
        assertThat(readers.get(1).connection().isClosed()).isTrue();
        assertThat(bench.attempts).isEmpty();
        bench.serverCloses(readers.get(1));
        bench.nextAttempt().succeeds();
        assertThat(bench.log).containsExactly("write acquired");
    }

    @Test
    void whatIsIdleOnAnotherLoopMakesRoom() {
        List<FakeBackend> readers = readers();
        bench.release(readers.get(1));
        bench.acquire(bench.anotherPool(), WRITES, EMPTY, bench.new Client("write"));
        assertThat(readers.get(1).connection().isClosed()).isTrue();
        bench.serverCloses(readers.get(1));
        bench.nextAttempt().succeeds();
        assertThat(bench.log).containsExactly("write acquired");
    }

    @Test
    void whatComesBackElsewhereMakesRoomAndNothingMoreThanThat() {
        List<FakeBackend> readers = readers();
        waits(WRITES, "write");
        bench.release(readers.get(0));
        bench.release(readers.get(1));
        assertThat(readers)
                .extracting(backend -> backend.connection().isClosed())
                .containsExactly(true, false, false);
    }

    @Test
    void aWriteIsServedThoughReadsNeverStopWaiting() {
        FakeBackend reader = readers().get(0);
        waits(WRITES, "write");
        int kept = 0;
        while (!reader.connection().isClosed()) {
            assertThat(kept).isLessThanOrEqualTo(BackendCapacity.KEPT_MAX);
            waits(READS, "read");
            bench.release(reader);
            kept++;
        }
        bench.serverCloses(reader);
        PoolBench.Attempt attempt = bench.nextAttempt();
        assertThat(attempt.key).isEqualTo(WRITES);
        attempt.succeeds();
        assertThat(bench.log).last().isEqualTo("write acquired");
    }

    @Test
    void anotherUsersWriteIsServedBeforeThat() {
        FakeBackend reader = readers().get(0);
        bench.pass(Duration.ofSeconds(1));
        waits(OTHERS_WRITES, "write");
        waits(READS, "read");
        bench.release(reader);
        assertThat(reader.connection().isClosed()).isTrue();
    }

    @Test
    void whoWaitsInVainIsToldWhichBoundItIs() {
        readers();
        waits(WRITES, "write");
        bench.pass(PoolBench.ACQUIRE_TIMEOUT);
        assertThat(bench.log)
                .containsExactly("write EXHAUSTED: all 3 connections to all servers together (pool.max-connections)"
                        + " stayed in use for 5000 ms (pool.acquire-timeout)");
    }

    @Test
    void itIsSaidWhenWaitingCouldBeForOneselfAndNothingElse() {
        KeyPool writes = bench.pool.pool(WRITES);
        bench.lent(READS);
        bench.lent(READS);
        assertThat(bench.pool.isHeldUpByTotal(writes)).isFalse();
        bench.release(bench.lent(WRITES));
        assertThat(bench.pool.isHeldUpByTotal(writes)).isFalse();
        assertThat(bench.pool.isHeldUpByTotal(bench.pool.pool(READS))).isTrue();
    }

    @Test
    void aLowerCapClosesWhatIsIdleAndWhatComesBackBeyondIt() {
        List<FakeBackend> readers = readers();
        bench.release(readers.get(0));
        bench.capacities.resizeTotal(1);
        bench.pool.totalChanged();
        bench.release(readers.get(1));
        bench.release(readers.get(2));
        assertThat(readers)
                .extracting(backend -> backend.connection().isClosed())
                .containsExactly(true, true, false);
    }

    @Test
    void aHigherCapLetsThoseInWhoWait() {
        readers();
        waits(WRITES, "write");
        bench.capacities.resizeTotal(4);
        bench.nextAttempt().succeeds();
        assertThat(bench.log).containsExactly("write acquired");
        bench.capacities.resizeTotal(0);
        bench.lent(WRITES);
        bench.lent(WRITES);
        assertThat(bench.attempts).isEmpty();
    }

    /** Who is granted a slot uses it and gives it back, whatever others do meanwhile: nothing is lost, nothing is beyond. */
    @Test
    void fourThreadsOnThreeBackendsNeverExceedTheCapAndEverybodyIsServed() throws Exception {
        TotalCapacity total = new TotalCapacity(4);
        List<BackendCapacity> backends = List.of(
                new BackendCapacity(0, 3, total), new BackendCapacity(1, 3, total), new BackendCapacity(2, 3, total));
        AtomicInteger open = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int seed = i;
                all.add(threads.submit(() -> {
                    SplittableRandom random = new SplittableRandom(seed);
                    int served = 0;
                    for (int j = 0; j < 5_000; j++) {
                        BackendCapacity backend = backends.get(random.nextInt(3));
                        String user = "user" + random.nextInt(3);
                        CountDownLatch granted = new CountDownLatch(1);
                        Granted loop = new Granted(granted);
                        if (!backend.tryReserve(loop, user)) {
                            backend.await(loop, user);
                            granted.await();
                        }
                        most.accumulateAndGet(open.incrementAndGet(), Math::max);
                        open.decrementAndGet();
                        backend.release(loop, user);
                        served++;
                    }
                    return served;
                }));
            }
            for (Future<Integer> one : all) {
                assertThat(one.get(20, java.util.concurrent.TimeUnit.SECONDS)).isEqualTo(5_000);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(most.get()).isBetween(1, 4);
        assertThat(total.open()).isZero();
        assertThat(backends).allMatch(backend -> backend.open() == 0 && !backend.isWanted());
    }

    /** One that waits for one grant. Thread-safe: immutable. */
    private record Granted(CountDownLatch latch) implements BackendCapacity.Claimant {
        @Override
        public void slotGranted(int backendOrdinal, String user) {
            latch.countDown();
        }

        @Override
        public void makeRoom(BackendCapacity.Need need, boolean starving) {
            throw new AssertionError("nobody asks");
        }
    }
}
