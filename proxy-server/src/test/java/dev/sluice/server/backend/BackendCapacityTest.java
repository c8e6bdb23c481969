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

    private BackendCapacity.Claimant loop(String name) {
        return new BackendCapacity.Claimant() {
            @Override
            public void slotFreed(int backendOrdinal) {
                told.add(name + " freed " + backendOrdinal);
            }

            @Override
            public void yieldIdle(int backendOrdinal) {
                told.add(name + " yield " + backendOrdinal);
            }
        };
    }

    @Test
    void noMoreThanTheCapIsReserved() {
        BackendCapacity capacity = new BackendCapacity(0, 2);
        assertThat(capacity.tryReserve()).isTrue();
        assertThat(capacity.tryReserve()).isTrue();
        assertThat(capacity.tryReserve()).isFalse();
        assertThat(capacity.open()).isEqualTo(2);
        capacity.release();
        assertThat(capacity.tryReserve()).isTrue();
        assertThat(capacity.max()).isEqualTo(2);
    }

    @Test
    void waitingLoopsAreToldOnceEachInTheOrderOfTheirArrival() {
        BackendCapacity capacity = new BackendCapacity(3, 2);
        assertThat(capacity.tryReserve()).isTrue();
        assertThat(capacity.tryReserve()).isTrue();
        capacity.await(loop("a"));
        capacity.await(loop("b"));
        assertThat(told).isEmpty();
        assertThat(capacity.isContended()).isTrue();
        capacity.release();
        assertThat(told).containsExactly("a freed 3");
        capacity.release();
        assertThat(told).containsExactly("a freed 3", "b freed 3");
        assertThat(capacity.isContended()).isFalse();
        assertThat(capacity.tryReserve()).isTrue();
        capacity.release();
        assertThat(told).hasSize(2);
    }

    @Test
    void whoeverQueuesAfterASlotBecameFreeIsToldAtOnce() {
        new BackendCapacity(0, 1).await(loop("a"));
        assertThat(told).containsExactly("a freed 0");
    }

    @Test
    void theOtherLoopsAreAskedToCloseAnIdleConnection() {
        BackendCapacities capacities = new BackendCapacities(
                List.of(new BackendAddress("db0", 3306), new BackendAddress("db1", 3307)), List.of(1, 1));
        BackendCapacity.Claimant a = loop("a");
        capacities.register(a);
        capacities.register(loop("b"));
        assertThat(capacities.of(1).tryReserve()).isTrue();
        capacities.await(1, a);
        assertThat(told).containsExactly("b yield 1");
        assertThat(capacities.address(1).port()).isEqualTo(3307);
    }

    @Test
    void fourThreadsTogetherNeverExceedTheCap() throws Exception {
        BackendCapacity capacity = new BackendCapacity(0, 3);
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
                        if (capacity.tryReserve()) {
                            most.accumulateAndGet(open.incrementAndGet(), Math::max);
                            open.decrementAndGet();
                            capacity.release();
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
