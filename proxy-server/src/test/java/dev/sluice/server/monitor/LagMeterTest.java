package dev.sluice.server.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.MeasuredLag;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LagMeterTest {
    private static final String UUID = "00000000-0000-0000-0000-000000000001";
    private static final ServerFacts FACTS =
            new ServerFacts("8.0.31", ServerFlavor.MYSQL, 1, UUID, 255, "", true, 16_382);

    private final LagMeter meter = new LagMeter(Duration.ofSeconds(4));

    private static ProbeOutcome read(long millis, String executed, @Nullable Long beat) {
        long nanos = Duration.ofMillis(millis).toNanos();
        GtidPosition position = executed.isEmpty()
                ? GtidPosition.UNKNOWN
                : GtidPosition.parse(ServerFlavor.MYSQL, UUID + ":" + executed);
        ProbeReading.Others others = new ProbeReading.Others(null, List.of(), beat);
        ProbeReading reading = new ProbeReading(true, List.of(), position, position, FACTS, null, others);
        return new ProbeOutcome(Health.ONLINE, reading, null, false, new ProbeOutcome.Span(nanos, nanos));
    }

    private static MeasuredLag lag(@Nullable Long byPositionMillis, @Nullable Long byHeartbeatMillis) {
        return new MeasuredLag(
                byPositionMillis == null ? null : Duration.ofMillis(byPositionMillis),
                byHeartbeatMillis == null ? null : Duration.ofMillis(byHeartbeatMillis));
    }

    @Test
    void withoutThePrimaryNothingIsMeasured() {
        assertThat(meter.measure(read(0, "1-5", 5L))).isEqualTo(MeasuredLag.UNKNOWN);
        assertThat(meter.measure(ProbeOutcome.UNPROBED)).isEqualTo(MeasuredLag.UNKNOWN);
    }

    @Test
    void positionsBecomeTimeByWhenThePrimaryHadThem() {
        meter.primaryRead(0, read(1_000, "1-10", null));
        meter.primaryRead(0, read(2_000, "1-20", null));
        meter.primaryRead(0, read(3_000, "1-30", null));
        assertThat(meter.measure(read(3_500, "1-30", null))).isEqualTo(lag(0L, null));
        assertThat(meter.measure(read(3_500, "1-25", null))).isEqualTo(lag(500L, null));
        assertThat(meter.measure(read(3_500, "1-15", null))).isEqualTo(lag(1_500L, null));
        assertThat(meter.measure(read(3_500, "", null))).isEqualTo(lag(null, null));
    }

    @Test
    void whatThePrimaryHadBeforeItWasLookedAtIsNotCounted() {
        meter.primaryRead(0, read(1_000, "1-10", null));
        meter.primaryRead(0, read(9_000, "1-20", null));
        assertThat(meter.measure(read(9_500, "5-20", null))).isEqualTo(lag(0L, null));
        assertThat(meter.measure(read(9_500, "5-15", null))).isEqualTo(lag(500L, null));
    }

    @Test
    void anotherPrimaryOrAnotherHistoryStartsAgain() {
        meter.primaryRead(0, read(1_000, "1-10", null));
        meter.primaryRead(0, read(2_000, "1-20", null));
        meter.primaryRead(1, read(5_000, "1-15", null));
        assertThat(meter.measure(read(6_000, "1-15", null))).isEqualTo(lag(0L, null));
        meter.primaryRead(1, read(7_000, "1-16", null));
        assertThat(meter.measure(read(8_000, "1-15", null))).isEqualTo(lag(1_000L, null));
        meter.primaryRead(1, read(9_000, "1-3", null));
        assertThat(meter.measure(read(9_500, "1-3", null))).isEqualTo(lag(0L, null));
    }

    @Test
    void theHeartbeatIsTheAgeOfTheFirstBeatThatIsMissing() {
        meter.primaryRead(0, read(1_000, "", 500_100L));
        meter.primaryRead(0, read(2_000, "", 501_100L));
        assertThat(meter.measure(read(2_040, "", 501_100L))).isEqualTo(lag(null, 0L));
        assertThat(meter.measure(read(2_040, "", 500_100L))).isEqualTo(lag(null, 40L));
        assertThat(meter.measure(read(2_040, "", 499_100L))).isEqualTo(lag(null, 2_040L));
        assertThat(meter.measure(read(2_040, "", null))).isEqualTo(lag(null, null));
    }

    @Test
    void aHeartbeatThatStandsStillSaysNothing() {
        meter.primaryRead(0, read(1_000, "", 500_100L));
        meter.primaryRead(0, read(60_000, "", 500_100L));
        assertThat(meter.measure(read(60_000, "", 500_100L))).isEqualTo(lag(null, null));
    }
}
