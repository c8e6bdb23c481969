package dev.sluice.server.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BreakerPolicy;
import dev.sluice.router.topology.CircuitBreaker;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ElectorateTest {
    private static final long ANYBODY = TopologyControl.ANYBODY;

    private final List<WatchedBackend> backends = IntStream.range(0, 3)
            .mapToObj(ordinal -> new WatchedBackend(
                    new MonitoredBackend(
                            ordinal, new BackendAddress("db" + ordinal, 3306), OperatorState.ACTIVE, 1, null),
                    new CircuitBreaker(BreakerPolicy.DEFAULT, new SplittableRandom(1))))
            .toList();
    private final Electorate electorate = new Electorate();

    private void probed(int ordinal, long startNanos) {
        ProbeOutcome.Span span = new ProbeOutcome.Span(startNanos, startNanos + 1);
        backends.get(ordinal).probed(new ProbeOutcome(Health.ONLINE, null, null, false, span), startNanos + 1);
    }

    @Test
    void everybodyMayAtFirst() {
        assertThat(electorate.mask(backends)).isEqualTo(ANYBODY);
    }

    @Test
    void whoWasLeftOutMayAgainAfterAProbeThatBeganLater() {
        for (int ordinal = 0; ordinal < 3; ordinal++) {
            probed(ordinal, 100);
        }
        electorate.only(0b010, 200);
        assertThat(electorate.mask(backends)).isEqualTo(0b010);
        electorate.only(ANYBODY, 300);
        assertThat(electorate.mask(backends)).isEqualTo(~0b101L);
        probed(0, 300);
        assertThat(electorate.mask(backends)).isEqualTo(~0b101L);
        probed(0, 301);
        assertThat(electorate.mask(backends)).isEqualTo(~0b100L);
        probed(2, 301);
        assertThat(electorate.mask(backends)).isEqualTo(ANYBODY);
    }

    @Test
    void whoIsNotThereIsNotWaitedFor() {
        probed(0, 100);
        probed(1, 100);
        electorate.only(0b001, 200);
        backends.get(1).probed(ProbeOutcome.failed(Health.UNREACHABLE, "gone"), 250);
        electorate.only(ANYBODY, 300);
        assertThat(electorate.mask(backends)).isEqualTo(ANYBODY);
    }
}
