package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.BackendAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BackendCapacityTest {
    private final List<String> told = new ArrayList<>();

    private static final BackendCapacity.Claimant SOME = new BackendCapacity.Claimant() {
        @Override
        public void slotGranted(int backendOrdinal, String user) {
            throw new AssertionError("it has not asked");
        }

        @Override
        public void makeRoom(BackendCapacity.Need need, boolean starving) {
            throw new AssertionError("it was not registered");
        }
    };

    private BackendCapacity.Claimant loop(String name) {
        return new BackendCapacity.Claimant() {
            @Override
            public void slotGranted(int backendOrdinal, String user) {
                told.add(name + " granted " + backendOrdinal);
            }

            @Override
            public void makeRoom(BackendCapacity.Need need, boolean starving) {
                told.add(name + " makes room on " + need.backendOrdinal());
            }
        };
    }

    @Test
    void noMoreThanTheCapIsReserved() {
        BackendCapacity capacity = new BackendCapacity(0, 2, new TotalCapacity(0));
        assertThat(capacity.tryReserve(SOME, "app")).isTrue();
        assertThat(capacity.tryReserve(SOME, "app")).isTrue();
        assertThat(capacity.tryReserve(SOME, "app")).isFalse();
        assertThat(capacity.open()).isEqualTo(2);
        capacity.release(SOME, "app");
        assertThat(capacity.tryReserve(SOME, "app")).isTrue();
        assertThat(capacity.max()).isEqualTo(2);
    }

    @Test
    void aFreeSlotIsReservedForTheLoopThatWaitedLongest() {
        BackendCapacity capacity = new BackendCapacity(3, 2, new TotalCapacity(0));
        assertThat(capacity.tryReserve(SOME, "app")).isTrue();
        assertThat(capacity.tryReserve(SOME, "app")).isTrue();
        capacity.await(loop("a"), "app");
        capacity.await(loop("b"), "app");
        assertThat(told).isEmpty();
        capacity.release(SOME, "app");
        assertThat(told).containsExactly("a granted 3");
        assertThat(capacity.open()).isEqualTo(2);
        capacity.release(SOME, "app");
        assertThat(told).containsExactly("a granted 3", "b granted 3");
        capacity.release(SOME, "app");
        assertThat(told).hasSize(2);
        assertThat(capacity.open()).isEqualTo(1);
    }

    @Test
    void whoeverComesLaterCannotSnatchTheSlot() {
        BackendCapacity capacity = new BackendCapacity(0, 1, new TotalCapacity(0));
        assertThat(capacity.tryReserve(SOME, "app")).isTrue();
        BackendCapacity.Claimant a = loop("a");
        capacity.await(a, "app");
        assertThat(capacity.isWanted()).isTrue();
        assertThat(capacity.mustYield(a, "app", true, 0)).isFalse();
        assertThat(capacity.mustYield(SOME, "app", false, 0)).isTrue();
        capacity.release(SOME, "app");
        assertThat(capacity.tryReserve(SOME, "app")).isFalse();
        capacity.release(SOME, "app");
        assertThat(capacity.tryReserve(SOME, "app")).isTrue();
    }

    @Test
    void whoeverQueuesAfterASlotBecameFreeIsGrantedItAtOnce() {
        new BackendCapacity(0, 1, new TotalCapacity(0)).await(loop("a"), "app");
        assertThat(told).containsExactly("a granted 0");
    }

    @Test
    void aLoopThatLeftTheQueueIsGrantedNothing() {
        BackendCapacity capacity = new BackendCapacity(0, 1, new TotalCapacity(0));
        assertThat(capacity.tryReserve(SOME, "app")).isTrue();
        BackendCapacity.Claimant a = loop("a");
        capacity.await(a, "app");
        assertThat(capacity.withdraw(a, "app")).isTrue();
        assertThat(capacity.withdraw(a, "app")).isFalse();
        capacity.release(SOME, "app");
        assertThat(told).isEmpty();
    }

    @Test
    void theOtherLoopsAreAskedToMakeRoom() {
        BackendCapacities capacities = new BackendCapacities(
                List.of(new BackendAddress("db0", 3306), new BackendAddress("db1", 3307)),
                List.of(1, 1),
                0,
                new WaitingBudget(1, 1_000));
        BackendCapacity.Claimant a = loop("a");
        capacities.register(a);
        capacities.register(loop("b"));
        capacities.askForRoom(new BackendCapacity.Need(1, a, "app"), false);
        assertThat(told).containsExactly("b makes room on 1");
        assertThat(capacities.address(1).port()).isEqualTo(3307);
    }

    @Test
    void fourThreadsTogetherNeverExceedTheCap() throws Exception {
        BackendCapacity capacity = new BackendCapacity(0, 3, new TotalCapacity(0));
        AtomicInteger open = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch start = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(threads.submit(() -> {
                    start.await();
                    for (int j = 0; j < 20_000; j++) {
                        if (capacity.tryReserve(SOME, "app")) {
                            most.accumulateAndGet(open.incrementAndGet(), Math::max);
                            open.decrementAndGet();
                            capacity.release(SOME, "app");
                        }
                    }
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(most.get()).isBetween(1, 3);
        assertThat(capacity.open()).isZero();
    }
}
