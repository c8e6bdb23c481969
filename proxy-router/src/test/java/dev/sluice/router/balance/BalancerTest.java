package dev.sluice.router.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BalancerTest {
    private static final LoadView IDLE = ordinal -> 0;

    private static Topology weights(int... weights) {
        return zones(new String[weights.length], weights);
    }

    private static Topology zones(@Nullable String[] zones, int... weights) {
        List<BackendStatus> backends = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            backends.add(new BackendStatus(
                    i,
                    new BackendAddress("db" + i, 3306),
                    Role.REPLICA,
                    Health.ONLINE,
                    OperatorState.ACTIVE,
                    weights[i],
                    zones[i],
                    Duration.ZERO,
                    GtidPosition.UNKNOWN,
                    null,
                    null));
        }
        return Topology.of(1, backends, -1, TopologyPolicy.DEFAULT);
    }

    private static int[] choose(Balancer balancer, Topology topology, long eligible, int times) {
        int[] chosen = new int[64];
        for (int i = 0; i < times; i++) {
            chosen[balancer.choose(topology, eligible, IDLE, i)]++;
        }
        return chosen;
    }

    @ParameterizedTest
    @EnumSource(BalancerKind.class)
    void anIdleClusterIsSharedByWeightWithinTwoPercent(BalancerKind kind) {
        int[] chosen = choose(kind.create(null), weights(5, 3, 1, 0, 7), 0b11111, 160_000);
        if (kind == BalancerKind.WEIGHTED_ROUND_ROBIN) {
            assertThat(chosen).startsWith(50_000, 30_000, 10_000, 0, 70_000);
        }
        assertThat(chosen[0]).isCloseTo(50_000, within(1000));
        assertThat(chosen[1]).isCloseTo(30_000, within(600));
        assertThat(chosen[2]).isCloseTo(10_000, within(200));
        assertThat(chosen[4]).isCloseTo(70_000, within(1400));
    }

    @ParameterizedTest
    @EnumSource(BalancerKind.class)
    void onlyEligibleAndKnownBackendsAreChosen(BalancerKind kind) {
        Balancer balancer = kind.create(null);
        Topology topology = weights(1, 1, 1);
        assertThat(balancer.choose(topology, 0, IDLE, 0)).isEqualTo(-1);
        assertThat(balancer.choose(topology, 0b1000, IDLE, 0)).isEqualTo(-1);
        assertThat(choose(balancer, topology, 0b1000_0000_0101, 1000)).startsWith(500, 0, 500);
    }

    @ParameterizedTest
    @EnumSource(BalancerKind.class)
    void aChangedWeightActsOnTheNextStatements(BalancerKind kind) {
        Balancer balancer = kind.create(null);
        choose(balancer, weights(10_000, 1), 0b11, 777);
        assertThat(choose(balancer, weights(1, 1), 0b11, 10)).startsWith(5, 5);
    }

    @ParameterizedTest
    @EnumSource(BalancerKind.class)
    void backendsThatAllWeighNothingShareEqually(BalancerKind kind) {
        assertThat(choose(kind.create(null), weights(0, 0), 0b11, 100)).startsWith(50, 50);
    }

    @Test
    void weightedRoundRobinSpreadsTheShareOfTheHeavyOne() {
        Balancer balancer = new WeightedRoundRobin();
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < 7; i++) {
            order.append((char) ('a' + balancer.choose(weights(5, 1, 1), 0b111, IDLE, 0)));
        }
        assertThat(order).hasToString("aabacaa");
    }

    @Test
    void leastConnectionsFollowsLoadPerWeight() {
        int[] inFlight = {4, 9, 1};
        Balancer balancer = new LeastConnections();
        assertThat(balancer.choose(weights(1, 1, 1), 0b111, ordinal -> inFlight[ordinal], 0))
                .isEqualTo(2);
        assertThat(balancer.choose(weights(1, 1, 1), 0b011, ordinal -> inFlight[ordinal], 0))
                .isZero();
        assertThat(balancer.choose(weights(1, 3, 1), 0b011, ordinal -> inFlight[ordinal], 0))
                .isEqualTo(1);
    }

    @Test
    void leastConnectionsUnderLoadKeepsBackendsBusyInProportionToTheirWeights() {
        Topology topology = weights(4, 2, 1);
        int[] inFlight = new int[3];
        long[] sum = new long[3];
        ArrayDeque<Integer> running = new ArrayDeque<>();
        SplittableRandom random = new SplittableRandom(7);
        Balancer balancer = new LeastConnections();
        for (int i = 0; i < 100_000; i++) {
            int chosen = balancer.choose(topology, 0b111, ordinal -> inFlight[ordinal], 0);
            inFlight[chosen]++;
            running.add(chosen);
            while (running.size() > 70 + random.nextInt(5)) {
                inFlight[running.remove()]--;
            }
            for (int b = 0; b < 3; b++) {
                sum[b] += inFlight[b];
            }
        }
        double total = sum[0] + sum[1] + sum[2];
        assertThat(sum[0] / total).isCloseTo(4 / 7.0, within(0.02));
        assertThat(sum[1] / total).isCloseTo(2 / 7.0, within(0.02));
    }

    @Test
    void theOwnZoneIsPreferredWhileItHasAnEligibleBackend() {
        Topology topology = zones(new String[] {"a", "b", "b", null}, 1, 1, 1, 1);
        Balancer balancer = BalancerKind.WEIGHTED_ROUND_ROBIN.create("b");
        assertThat(choose(balancer, topology, 0b1111, 100)).startsWith(0, 50, 50, 0);
        assertThat(choose(balancer, topology, 0b1011, 100)).startsWith(0, 100, 0, 0);
        int[] elsewhere = choose(balancer, topology, 0b1001, 100);
        assertThat(elsewhere[0]).isEqualTo(100 - elsewhere[3]).isCloseTo(50, within(1));
        Topology moved = zones(new String[] {"b", "a", "a", null}, 1, 1, 1, 1);
        assertThat(choose(balancer, moved, 0b1111, 10)).startsWith(10, 0, 0, 0);
    }
}
