package dev.sluice.server.backend;

import static dev.sluice.server.backend.PoolBench.APP;
import static dev.sluice.server.backend.PoolBench.EMPTY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.backend.PoolBench.Client;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an operator does to a backend while its pool is in use. */
class ChangedBackendTest {
    private final PoolBench bench = new PoolBench(2, 2);

    @AfterEach
    void close() {
        bench.close();
    }

    private Client acquire(String name) {
        return bench.acquire(APP, EMPTY, bench.new Client(name));
    }

    private void closeBackend() {
        bench.capacities.closed(0, true);
        bench.pool.backendChanged(0);
    }

    @Test
    void aClosedBackendLosesItsIdleConnectionsAtOnceAndTheOthersWhenTheyComeBack() {
        FakeBackend used = bench.lent(APP);
        FakeBackend idle = bench.lent(APP);
        bench.release(idle);
        closeBackend();
        assertThat(idle.connection().isClosed()).isTrue();
        assertThat(used.connection().isClosed()).isFalse();
        bench.release(used);
        assertThat(used.connection().isClosed()).isTrue();
    }

    @Test
    void whoAsksForAClosedBackendIsTurnedAway() {
        closeBackend();
        acquire("a");
        assertThat(bench.log).containsExactly("a NO_BACKEND: db0:3306 takes no new work");
        assertThat(bench.attempts).isEmpty();
    }

    @Test
    void whoWaitsForABackendThatIsClosedIsTurnedAwayAndTheWaitingBudgetIsFree() {
        bench.lent(APP);
        bench.lent(APP);
        acquire("a");
        acquire("b");
        assertThat(bench.pool.waitingFor(0)).isEqualTo(2);
        closeBackend();
        assertThat(bench.log)
                .containsExactly(
                        "a NO_BACKEND: db0:3306 takes no new work", "b NO_BACKEND: db0:3306 takes no new work");
        assertThat(bench.pool.waitingFor(0)).isZero();
        bench.capacities.closed(0, false);
        acquire("c");
        assertThat(bench.pool.waitingFor(0)).isEqualTo(1);
    }

    @Test
    void aConnectionThatWasBeingOpenedServesItsBorrowerOnce() {
        Client client = acquire("a");
        closeBackend();
        FakeBackend late = bench.nextAttempt().succeeds();
        assertThat(client.acquired).isSameAs(late.connection());
        bench.release(late);
        assertThat(late.connection().isClosed()).isTrue();
    }

    @Test
    void aReopenedBackendLendsAgain() {
        closeBackend();
        bench.capacities.closed(0, false);
        Client client = acquire("a");
        FakeBackend backend = bench.nextAttempt().succeeds();
        bench.release(backend);
        assertThat(client.acquired).isSameAs(backend.connection());
        assertThat(backend.connection().isClosed()).isFalse();
    }

    @Test
    void aLowerCapClosesWhatIsIdleAndWhatComesBackBeyondIt() {
        bench.capacities.resize(0, 4);
        List<FakeBackend> four = List.of(bench.lent(APP), bench.lent(APP), bench.lent(APP), bench.lent(APP));
        bench.release(four.get(0));
        bench.capacities.resize(0, 2);
        bench.pool.backendChanged(0);
        four.subList(1, 4).forEach(bench::release);
        assertThat(four)
                .extracting(backend -> backend.connection().isClosed())
                .containsExactly(true, true, false, false);
    }

    @Test
    void aHigherCapLetsThoseInWhoWait() {
        bench.lent(APP);
        bench.lent(APP);
        acquire("a");
        assertThat(bench.attempts).isEmpty();
        bench.capacities.resize(0, 3);
        bench.pass(Duration.ofMillis(1));
        assertThat(bench.attempts).hasSize(1);
    }

    @Test
    void aConnectionThatIsToRetireIsNotLentAgain() {
        FakeBackend backend = bench.lent(APP);
        backend.connection().retireAfterUse();
        bench.release(backend);
        assertThat(backend.connection().isClosed()).isTrue();
    }

    @Test
    void anOrdinalIsNotUsedAgainWhileAConnectionOfItsFormerBackendIsOpen() {
        BackendCapacities capacities = bench.capacities;
        FakeBackend used = bench.lent(APP);
        closeBackend();
        capacities.remove(0);
        for (int i = 1; i <= 63; i++) {
            assertThat(capacities.add(new BackendAddress("db" + i, 3306), 1)).isEqualTo(i);
        }
        assertThat(capacities.free()).isZero();
        assertThatIllegalStateException().isThrownBy(() -> capacities.add(new BackendAddress("late", 3306), 1));
        bench.release(used);
        bench.serverCloses(used);
        assertThat(capacities.free()).isEqualTo(1);
        assertThat(capacities.add(new BackendAddress("late", 3306), 1)).isZero();
        assertThat(capacities.address(0)).hasToString("late:3306");
        assertThat(capacities.of(0).isClosed()).isFalse();
    }

    @Test
    void ordinalsAreGivenOutInTurn() {
        BackendCapacities capacities = new BackendCapacities(
                List.of(new BackendAddress("a", 1), new BackendAddress("b", 1)),
                List.of(1, 1),
                0,
                new WaitingBudget(1, 1_000));
        capacities.closed(0, true);
        capacities.remove(0);
        assertThat(capacities.add(new BackendAddress("c", 1), 1)).isEqualTo(2);
        assertThatIllegalStateException().isThrownBy(() -> capacities.remove(2));
    }
}
