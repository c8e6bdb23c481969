package dev.sluice.router.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ProgressTrailTest {
    private final ProgressTrail<Integer> trail = new ProgressTrail<>();

    private static long at(long millis) {
        return Duration.ofMillis(millis).toNanos();
    }

    private Duration behind(int replica, long millis) {
        return Objects.requireNonNull(trail.behind(mark -> mark <= replica, at(millis)));
    }

    @Test
    void withoutMarksNothingIsKnown() {
        assertThat(trail.behind(mark -> true, 0)).isNull();
        assertThat(trail.first()).isNull();
        assertThat(trail.isFresh(0, Duration.ofDays(1))).isFalse();
    }

    @Test
    void aReplicaIsBehindByTheAgeOfTheFirstMarkItLacks() {
        trail.seen(10, at(1_000));
        trail.seen(20, at(2_000));
        trail.seen(30, at(3_000));
        assertThat(behind(30, 3_500)).isZero();
        assertThat(behind(29, 3_500)).isEqualTo(Duration.ofMillis(500));
        assertThat(behind(15, 3_500)).isEqualTo(Duration.ofMillis(1_500));
        assertThat(behind(9, 3_500)).isEqualTo(Duration.ofMillis(2_500));
    }

    @Test
    void anIdlePrimaryLeavesNobodyBehind() {
        trail.seen(10, at(0));
        trail.seen(10, at(60_000));
        assertThat(behind(10, 60_000)).isZero();
        assertThat(trail.isFresh(at(60_000), Duration.ofSeconds(59))).isFalse();
        assertThat(trail.isFresh(at(60_000), Duration.ofSeconds(60))).isTrue();
    }

    @Test
    void aMarkMadeAfterTheReplicaWasReadSaysNothingAboutIt() {
        trail.seen(10, at(0));
        trail.seen(20, at(1_000));
        assertThat(behind(10, 900)).isZero();
    }

    @Test
    void thereIsABoundAndOldAgesOnlyGetCoarser() {
        for (int mark = 0; mark <= 100_000; mark++) {
            trail.seen(mark, at(mark * 100L));
        }
        assertThat(trail.first()).isZero();
        assertThat(behind(100_000, 10_000_000)).isZero();
        assertThat(behind(99_990, 10_000_000)).isEqualTo(Duration.ofMillis(900));
        assertThat(behind(-1, 10_000_000)).isEqualTo(Duration.ofSeconds(10_000));
        assertThat(behind(50_000, 10_000_000)).isBetween(Duration.ofSeconds(4_700), Duration.ofSeconds(5_000));
    }

    @Test
    void anotherHistoryStartsAgain() {
        trail.seen(10, at(0));
        trail.clear();
        assertThat(trail.first()).isNull();
    }
}
