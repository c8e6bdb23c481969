package dev.sluice.benchmarks.macro;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** How long a warm-up takes, by what compilers do meanwhile. */
class WarmUpTest {
    private final List<Long> seconds = new ArrayList<>();

    @Test
    void whatHasNoCompilersGetsTheFixedTimeOnly() throws Exception {
        WarmUp.Outcome outcome = warmUp(7, 120).run(time -> {
            seconds.add(time.toSeconds());
            return OptionalDouble.empty();
        });

        assertThat(seconds).containsExactly(7L);
        assertThat(outcome.quietness("haproxy")).isEmpty();
        assertThat(outcome.complaint("haproxy", "connect", 8)).isEmpty();
    }

    @Test
    void twoQuietStretchesInARowEndIt() throws Exception {
        WarmUp.Outcome outcome = warmUp(7, 120).run(compilersUsing(60, 30, 1, 5, 1.9, 0.4));

        assertThat(seconds).containsExactly(7L, 5L, 5L, 5L, 5L, 5L);
        assertThat(outcome.isQuiet()).isTrue();
        assertThat(outcome.quietness("sluice"))
                .contains("the compilers of sluice are quiet after 32 s: 0.4 % of its CPU");
        assertThat(outcome.complaint("sluice", "connect", 8)).isEmpty();
    }

    @Test
    void theFixedTimeAloneDoesNotSayThatCompilersAreQuiet() throws Exception {
        WarmUp.Outcome outcome = warmUp(7, 120).run(compilersUsing(0, 0, 0));

        assertThat(seconds).containsExactly(7L, 5L, 5L);
        assertThat(outcome.isQuiet()).isTrue();
    }

    @Test
    void theBoundEndsItAndTheReportSaysSo() throws Exception {
        WarmUp.Outcome outcome = warmUp(5, 12).run(compilersUsing(60, 30, 12.34));

        assertThat(seconds).containsExactly(5L, 5L, 2L);
        assertThat(outcome.quietness("sluice")).isEmpty();
        assertThat(outcome.complaint("sluice", "read-write", 8))
                .contains(
                        "After 12 s of warm-up with read-write, 8 connections, the compilers of sluice still used 12.3 % of"
                                + " its CPU.");
    }

    @Test
    void theBoundItselfIsNotQuiet() throws Exception {
        WarmUp.Outcome outcome = warmUp(5, 20).run(compilersUsing(60, 2, 2, 2));

        assertThat(outcome.isQuiet()).isFalse();
    }

    @Test
    void oneQuietStretchAtTheBoundIsNothingToComplainOf() throws Exception {
        WarmUp.Outcome outcome = warmUp(5, 15).run(compilersUsing(60, 30, 1));

        assertThat(seconds).containsExactly(5L, 5L, 5L);
        assertThat(outcome.complaint("sluice", "read-write", 8)).isEmpty();
    }

    @Test
    void aBoundThatIsNotLargerThanTheFixedTimeHasNoEffect() throws Exception {
        WarmUp.Outcome outcome = warmUp(5, 5).run(compilersUsing(60));

        assertThat(seconds).containsExactly(5L);
        assertThat(outcome.quietness("sluice")).isEmpty();
        assertThat(outcome.complaint("sluice", "read-write", 8)).isEmpty();
        assertThat(warmUp(5, 5).description()).isEqualTo("5 s of warm-up each");
        assertThat(warmUp(5, 6).description())
                .isEqualTo("5 s of warm-up each, a JVM up to 6 s until its compilers are quiet");
    }

    @Test
    void withoutFixedTimeThereIsNoWarmUpAtAll() throws Exception {
        WarmUp.Outcome outcome = warmUp(0, 120).run(compilersUsing());

        assertThat(seconds).isEmpty();
        assertThat(outcome.time()).isZero();
        assertThat(warmUp(0, 120).description()).isEqualTo("0 s of warm-up each");
    }

    private static WarmUp warmUp(int fixed, int most) {
        return new WarmUp(Duration.ofSeconds(fixed), Duration.ofSeconds(most));
    }

    /** A process whose compilers use these percents, one stretch after the other. */
    private WarmUp.Stretch compilersUsing(double... percents) {
        return time -> {
            seconds.add(time.toSeconds());
            return OptionalDouble.of(percents[seconds.size() - 1]);
        };
    }
}
