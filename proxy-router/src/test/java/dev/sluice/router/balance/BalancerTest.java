package dev.sluice.router.balance;

import static dev.sluice.router.balance.Replicas.IDLE;
import static dev.sluice.router.balance.Replicas.choose;
import static dev.sluice.router.balance.Replicas.key;
import static dev.sluice.router.balance.Replicas.weights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.router.topology.Topology;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What every balancer must do, whatever it balances by. */
class BalancerTest {
    private static Balancer create(BalancerKind kind) {
        return kind == BalancerKind.P2C ? new TwoChoices(new SplittableRandom(11)) : kind.create();
    }

    @ParameterizedTest
    @EnumSource(
            mode = Mode.EXCLUDE,
            names = {"RR", "LC", "SED"})
    void anIdleClusterIsSharedByWeightWithinTwoPercent(BalancerKind kind) {
        int[] chosen = choose(create(kind), weights(5, 3, 1, 0, 7), 0b11111, 640_000);
        assertThat(chosen[0]).isCloseTo(200_000, within(4000));
        assertThat(chosen[1]).isCloseTo(120_000, within(2400));
        assertThat(chosen[2]).isCloseTo(40_000, within(800));
        assertThat(chosen[3]).isZero();
        assertThat(chosen[4]).isCloseTo(280_000, within(5600));
    }

    @ParameterizedTest
    @EnumSource(names = {"RR", "LC"})
    void balancersWithoutWeightsShareAnIdleClusterEquallyExceptForWeightZero(BalancerKind kind) {
        assertThat(choose(create(kind), weights(5, 3, 1, 0, 7), 0b11111, 400)).startsWith(100, 100, 100, 0, 100);
    }

    @ParameterizedTest
    @EnumSource(BalancerKind.class)
    void onlyEligibleAndKnownBackendsAreChosen(BalancerKind kind) {
        Balancer balancer = create(kind);
        Topology topology = weights(1, 1, 1);
        assertThat(balancer.choose(topology, 0, IDLE, key(1))).isEqualTo(-1);
        assertThat(balancer.choose(topology, 0b1000, IDLE, key(1))).isEqualTo(-1);
        assertThat(balancer.choose(Topology.EMPTY, -1L, IDLE, key(1))).isEqualTo(-1);
        assertThat(choose(balancer, topology, 0b010, 100)).startsWith(0, 100, 0);
        assertThat(choose(balancer, topology, 0b1000_0000_0010, 100)).startsWith(0, 100, 0);
        int[] two = choose(balancer, topology, 0b1000_0000_0101, 10_000);
        assertThat(two[0]).isCloseTo(5000, within(250));
        assertThat(two[0] + two[2]).isEqualTo(10_000);
    }

    @ParameterizedTest
    @EnumSource(BalancerKind.class)
    void theHighestOrdinalIsABackendLikeAnyOther(BalancerKind kind) {
        int[] ones = new int[64];
        Arrays.fill(ones, 1);
        int[] chosen = choose(create(kind), weights(ones), 1L << 63 | 1L, 10_000);
        assertThat(chosen[63]).isCloseTo(5000, within(250));
        assertThat(chosen[0] + chosen[63]).isEqualTo(10_000);
    }

    @ParameterizedTest
    @EnumSource(
            mode = Mode.EXCLUDE,
            names = {"RR", "LC", "SED"})
    void aChangedWeightActsOnTheNextStatements(BalancerKind kind) {
        Balancer balancer = create(kind);
        choose(balancer, weights(10_000, 1), 0b11, 777);
        int[] chosen = choose(balancer, weights(1, 1), 0b11, 1000);
        assertThat(chosen[0]).isCloseTo(500, within(60));
        assertThat(chosen[0] + chosen[1]).isEqualTo(1000);
    }

    @ParameterizedTest
    @EnumSource(BalancerKind.class)
    void aWeightOfZeroActsOnTheNextStatement(BalancerKind kind) {
        Balancer balancer = create(kind);
        choose(balancer, weights(5, 1, 1), 0b111, 777);
        assertThat(choose(balancer, weights(0, 1, 1), 0b111, 1000)[0]).isZero();
        assertThat(choose(balancer, weights(5, 1, 1), 0b111, 1000)[0]).isPositive();
    }

    @ParameterizedTest
    @EnumSource(BalancerKind.class)
    void aBackendOfWeightZeroServesWhenNobodyElseCan(BalancerKind kind) {
        Balancer balancer = create(kind);
        assertThat(choose(balancer, weights(0, 5), 0b01, 100)).startsWith(100, 0);
        int[] both = choose(balancer, weights(0, 0), 0b11, 10_000);
        assertThat(both[0]).isCloseTo(5000, within(250));
        assertThat(both[0] + both[1]).isEqualTo(10_000);
    }

    @Test
    void roundRobinTakesTurnsAndSkipsThoseThatMayNot() {
        Balancer balancer = new RoundRobin();
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            long eligible = i < 5 ? 0b111 : 0b101;
            order.append((char) ('a' + balancer.choose(weights(5, 1, 1), eligible, IDLE, key(1))));
        }
        assertThat(order).hasToString("abcabcac");
    }

    @Test
    void weightedRoundRobinSpreadsTheShareOfTheHeavyOne() {
        Balancer balancer = new WeightedRoundRobin();
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < 7; i++) {
            order.append((char) ('a' + balancer.choose(weights(5, 1, 1), 0b111, IDLE, key(1))));
        }
        assertThat(order).hasToString("aabacaa");
    }

    @Test
    void weightedRoundRobinIsExact() {
        assertThat(choose(new WeightedRoundRobin(), weights(5, 3, 1, 0, 7), 0b11111, 160_000))
                .startsWith(50_000, 30_000, 10_000, 0, 70_000);
        Balancer balancer = new WeightedRoundRobin();
        choose(balancer, weights(10_000, 1), 0b11, 777);
        assertThat(choose(balancer, weights(1, 1), 0b11, 10)).startsWith(5, 5);
    }
}
