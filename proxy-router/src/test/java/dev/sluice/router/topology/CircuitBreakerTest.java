package dev.sluice.router.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CircuitBreakerTest {
    private static final BreakerPolicy POLICY = new BreakerPolicy(
            3, Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(8), Duration.ofSeconds(10));

    /** The middle of the jitter, which is none. */
    private static final RandomGenerator NO_JITTER = new RandomGenerator() {
        @Override
        public long nextLong() {
            return 0;
        }

        @Override
        public double nextDouble(double origin, double bound) {
            return (origin + bound) / 2;
        }
    };

    private CircuitBreaker breaker = new CircuitBreaker(POLICY, NO_JITTER);
    private long now = 1_000_000_000_000L;

    private void pass(long millis) {
        now += Duration.ofMillis(millis).toNanos();
    }

    private Admission.State state() {
        return breaker.admission(now).state();
    }

    private int share() {
        return breaker.admission(now).share();
    }

    private void trouble(int times) {
        for (int i = 0; i < times; i++) {
            breaker.trouble(now);
            pass(150);
        }
    }

    @Test
    void withoutTroubleEverythingFlows() {
        assertThat(breaker.admission(now)).isEqualTo(Admission.FULL);
        breaker.probed(true, now);
        pass(3_600_000);
        assertThat(breaker.admission(now)).isEqualTo(Admission.FULL);
    }

    @Test
    void troubleThatLastsOpensItAndSingleTroubleDoesNot() {
        trouble(2);
        assertThat(state()).isEqualTo(Admission.State.CLOSED);
        trouble(1);
        assertThat(state()).isEqualTo(Admission.State.OPEN);
    }

    @Test
    void athousandConnectionsLostInOneMomentAreOneTrouble() {
        for (int i = 0; i < 1000; i++) {
            breaker.trouble(now);
        }
        assertThat(state()).isEqualTo(Admission.State.CLOSED);
    }

    @Test
    void troubleOutsideTheWindowIsForgotten() {
        trouble(2);
        pass(5_000);
        trouble(1);
        assertThat(state()).isEqualTo(Admission.State.CLOSED);
        trouble(2);
        assertThat(state()).isEqualTo(Admission.State.OPEN);
    }

    @Test
    void aLostServerOpensItAtOnceAndKeepsItOpenUntilItAnswers() {
        breaker.probed(false, now);
        assertThat(state()).isEqualTo(Admission.State.OPEN);
        pass(60_000);
        breaker.probed(false, now);
        assertThat(state()).isEqualTo(Admission.State.OPEN);
        breaker.probed(true, now);
        assertThat(state()).isEqualTo(Admission.State.HALF_OPEN);
    }

    @Test
    void anAnswerBeforeTheBackoffIsOverDoesNotEndIt() {
        breaker.probed(false, now);
        pass(500);
        breaker.probed(true, now);
        assertThat(state()).isEqualTo(Admission.State.OPEN);
        pass(499);
        assertThat(state()).isEqualTo(Admission.State.OPEN);
        pass(1);
        assertThat(state()).isEqualTo(Admission.State.HALF_OPEN);
    }

    @Test
    void theTrialGetsATenthAndThenTheShareGrowsToTheWhole() {
        trouble(3);
        pass(1_000);
        assertThat(breaker.admission(now)).isEqualTo(new Admission(Admission.State.HALF_OPEN, 1));
        pass(1_000);
        assertThat(breaker.admission(now)).isEqualTo(new Admission(Admission.State.CLOSED, 1));
        List<Integer> shares = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            pass(1_000);
            shares.add(share());
        }
        assertThat(shares).containsExactly(2, 3, 4, 5, 6, 7, 8, 9, 10);
        assertThat(breaker.admission(now)).isEqualTo(Admission.FULL);
    }

    @Test
    void withoutSlowStartTheShareIsWholeAfterTheTrial() {
        breaker = new CircuitBreaker(POLICY.withSlowStart(Duration.ZERO), NO_JITTER);
        trouble(3);
        pass(1_000);
        assertThat(share()).isEqualTo(1);
        pass(1_000);
        assertThat(breaker.admission(now)).isEqualTo(Admission.FULL);
    }

    @Test
    void oneTroubleDuringTheTrialOpensItForTwiceAsLong() {
        trouble(3);
        pass(1_000);
        assertThat(state()).isEqualTo(Admission.State.HALF_OPEN);
        breaker.trouble(now);
        pass(1_999);
        assertThat(state()).isEqualTo(Admission.State.OPEN);
        pass(1);
        assertThat(state()).isEqualTo(Admission.State.HALF_OPEN);
    }

    @Test
    void theBackoffHasALongestAndIsForgottenAfterAHealthyTime() {
        for (int relapse = 0; relapse < 10; relapse++) {
            breaker.probed(false, now);
            breaker.probed(true, now);
            assertThat(state()).isEqualTo(Admission.State.OPEN);
            pass(8_000);
            assertThat(state()).isEqualTo(Admission.State.HALF_OPEN);
        }
        pass(60_000);
        assertThat(breaker.admission(now)).isEqualTo(Admission.FULL);
        breaker.probed(false, now);
        breaker.probed(true, now);
        pass(1_000);
        assertThat(state()).isEqualTo(Admission.State.HALF_OPEN);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void jitterSpreadsReturnsWithinAQuarter(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long shortest = Long.MAX_VALUE;
        long longest = 0;
        for (int i = 0; i < 100; i++) {
            breaker = new CircuitBreaker(POLICY, random);
            trouble(3);
            long opened = now - Duration.ofMillis(150).toNanos();
            while (state() == Admission.State.OPEN) {
                pass(10);
            }
            shortest = Math.min(shortest, now - opened);
            longest = Math.max(longest, now - opened);
        }
        assertThat(Duration.ofNanos(shortest)).isBetween(Duration.ofMillis(750), Duration.ofMillis(850));
        assertThat(Duration.ofNanos(longest)).isBetween(Duration.ofMillis(1150), Duration.ofMillis(1260));
    }
}
