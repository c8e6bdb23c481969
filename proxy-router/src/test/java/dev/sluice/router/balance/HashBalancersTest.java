package dev.sluice.router.balance;

import static dev.sluice.router.balance.Replicas.IDLE;
import static dev.sluice.router.balance.Replicas.weights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The balancers that hash: sh and dh. */
class HashBalancersTest {
    private static final int KEYS = 100_000;

    private final BalanceKeys keys = new BalanceKeys();

    private int[] owners(Topology topology, long eligible) {
        Balancer balancer = new StatementHash();
        int[] owners = new int[KEYS];
        for (int i = 0; i < KEYS; i++) {
            owners[i] = balancer.choose(topology, eligible, IDLE, keys.set(1, i + 1, 0));
        }
        return owners;
    }

    private static int moved(int[] before, int[] after) {
        int moved = 0;
        for (int i = 0; i < KEYS; i++) {
            moved += before[i] == after[i] ? 0 : 1;
        }
        return moved;
    }

    @Test
    void sourceHashLooksAtTheClientOnly() {
        Balancer balancer = new SourceHash();
        Topology topology = weights(1, 1, 1, 1);
        int home = balancer.choose(topology, 0b1111, IDLE, keys.set(42, 1, 0));
        boolean[] seen = new boolean[4];
        for (int i = 1; i < 100; i++) {
            assertThat(balancer.choose(topology, 0b1111, IDLE, keys.set(42, i, i)))
                    .isEqualTo(home);
            seen[balancer.choose(topology, 0b1111, IDLE, keys.set(i, 1, 0))] = true;
        }
        assertThat(seen).containsOnly(true);
    }

    @Test
    void statementHashLooksAtTheStatementOnly() {
        Balancer balancer = new StatementHash();
        Topology topology = weights(1, 1, 1, 1);
        int home = balancer.choose(topology, 0b1111, IDLE, keys.set(1, 42, 0));
        boolean[] seen = new boolean[4];
        for (int i = 1; i < 100; i++) {
            assertThat(balancer.choose(topology, 0b1111, IDLE, keys.set(i, 42, i)))
                    .isEqualTo(home);
            seen[balancer.choose(topology, 0b1111, IDLE, keys.set(1, i, 0))] = true;
        }
        assertThat(seen).containsOnly(true);
    }

    @Test
    void aBackendThatLeavesMovesItsOwnKeysAndNoOthers() {
        Topology topology = weights(1, 1, 1, 1, 1);
        int[] before = owners(topology, 0b11111);
        int[] after = owners(topology, 0b11011);
        int orphans = 0;
        int[] heirs = new int[5];
        for (int i = 0; i < KEYS; i++) {
            if (before[i] == 2) {
                orphans++;
                heirs[after[i]]++;
            } else {
                assertThat(after[i]).isEqualTo(before[i]);
            }
        }
        assertThat(orphans).isCloseTo(KEYS / 5, within(KEYS / 100));
        assertThat(moved(before, after)).isEqualTo(orphans);
        assertThat(heirs[0]).isCloseTo(orphans / 4, within(orphans / 20));
        assertThat(heirs[4]).isCloseTo(orphans / 4, within(orphans / 20));
        assertThat(moved(before, owners(topology, 0b11111))).isZero();
    }

    @Test
    void aBackendThatGainsWeightTakesKeysAndGivesNoneAway() {
        int[] before = owners(weights(1, 1, 1), 0b111);
        int[] after = owners(weights(1, 2, 1), 0b111);
        for (int i = 0; i < KEYS; i++) {
            assertThat(after[i]).isIn(before[i], 1);
        }
        // From a third to a half.
        assertThat(moved(before, after)).isCloseTo(KEYS / 6, within(KEYS / 100));
    }

    @Test
    void theOwnerDependsOnTheAddressAndNotOnTheOrderOfTheConfiguration() {
        Topology topology = weights(1, 1, 1);
        List<BackendStatus> reversed = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            BackendStatus other = topology.backend(2 - i);
            reversed.add(new BackendStatus(
                    i,
                    other.address(),
                    other.role(),
                    other.health(),
                    other.operatorState(),
                    other.weight(),
                    null,
                    other.lag(),
                    other.executed(),
                    null,
                    null));
        }
        int[] before = owners(topology, 0b111);
        int[] after = owners(Topology.of(1, reversed, -1, TopologyPolicy.DEFAULT), 0b111);
        for (int i = 0; i < KEYS; i++) {
            assertThat(after[i]).isEqualTo(2 - before[i]);
        }
    }

    @Test
    void statementsWithoutAKeyAreShared() {
        int[] chosen = new int[3];
        Balancer source = new SourceHash();
        Balancer statement = new StatementHash();
        for (int i = 0; i < 70; i++) {
            chosen[source.choose(weights(5, 1, 1), 0b111, IDLE, keys.set(BalanceKeys.NONE, 7, 0))]++;
            chosen[statement.choose(weights(5, 1, 1), 0b111, IDLE, keys.set(7, BalanceKeys.NONE, 0))]++;
        }
        assertThat(chosen).containsExactly(100, 20, 20);
    }
}
