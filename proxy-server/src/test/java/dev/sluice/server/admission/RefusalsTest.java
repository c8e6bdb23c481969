package dev.sluice.server.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RefusalsTest {
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final Refusals refusals = new Refusals(now::get);

    @Test
    void everyRefusalCountsAtItsLimit() {
        for (int i = 0; i < 3; i++) {
            boolean unused = refusals.add(Limit.WAITING, "10.0.0.1:5", "full");
        }
        boolean unused = refusals.add(Limit.ACCESS, "10.0.0.1:5", "not allowed");

        assertThat(refusals.count(Limit.WAITING)).isEqualTo(3);
        assertThat(refusals.count(Limit.ACCESS)).isEqualTo(1);
        assertThat(refusals.count(Limit.IDLE_TIMEOUT)).isZero();
    }

    @Test
    void whoeverIsRefusedAgainAndAgainMakesOneLineInTenSeconds() {
        assertThat(refusals.add(Limit.ACCESS, "a", "1")).isTrue();
        now.addAndGet(TimeUnit.SECONDS.toNanos(10) - 1);
        assertThat(refusals.add(Limit.ACCESS, "b", "2")).isFalse();
        now.addAndGet(1);
        assertThat(refusals.add(Limit.ACCESS, "c", "3")).isTrue();
        assertThat(refusals.add(Limit.ACCESS, "d", "4")).isFalse();
    }

    @Test
    void limitsDoNotSilenceEachOther() {
        assertThat(refusals.add(Limit.ACCESS, "a", "1")).isTrue();
        assertThat(refusals.add(Limit.MAX_CONNECTIONS, "a", "2")).isTrue();
    }
}
