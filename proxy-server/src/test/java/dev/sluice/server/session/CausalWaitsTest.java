package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CausalWaitsTest {
    private static final long MILLI = 1_000_000;
    private static final int REPLICA = 1;
    private static final long BIT = 1L << REPLICA;

    private Duration limit = Duration.ofMillis(10);
    private final CausalWaits waits = new CausalWaits(() -> limit);

    private boolean isWorthIt(long millis) {
        return (waits.waitable(millis * MILLI) & BIT) != 0;
    }

    private void missed(long millis) {
        waits.missed(REPLICA, millis * MILLI);
    }

    @Test
    void aMissNowAndThenChangesNothing() {
        for (int i = 0; i < 100; i++) {
            missed(100L * i);
            missed(100L * i + 50);
            assertThat(isWorthIt(100L * i + 50)).isTrue();
            waits.reached(REPLICA);
        }
    }

    @Test
    void missesInARowPauseTheReplicaLongerEachTimeUpToASecond() {
        missed(0);
        missed(10);
        assertThat(isWorthIt(10)).isTrue();
        missed(20);
        assertThat(isWorthIt(69)).isFalse();
        assertThat(waits.waitable(69 * MILLI)).as("the others").isEqualTo(~BIT);
        assertThat(isWorthIt(70)).isTrue();
        long now = 80;
        for (long pause : new long[] {100, 200, 400, 800, 1000, 1000}) {
            missed(now);
            assertThat(isWorthIt(now + pause - 1)).isFalse();
            assertThat(isWorthIt(now + pause)).isTrue();
            now += pause + 10;
        }
        waits.reached(REPLICA);
        missed(now);
        assertThat(isWorthIt(now)).isTrue();
    }

    @Test
    void manyThatWaitedAtTheSameTimeAreOneMiss() {
        for (int i = 0; i < 1000; i++) {
            waits.missed(REPLICA, 5 * MILLI + i);
        }
        assertThat(isWorthIt(6)).isTrue();
    }

    @Test
    void withoutALimitNothingIsWaitedFor() {
        limit = Duration.ZERO;
        assertThat(waits.waitable(0)).isZero();
    }
}
