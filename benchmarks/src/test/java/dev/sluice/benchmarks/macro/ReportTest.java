package dev.sluice.benchmarks.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** From the figures of the rounds to what is printed. */
class ReportTest {
    private static final Latency LATENCY = new Latency(100, 90, 200, 300);
    private static final ProcessUsage USAGE =
            new ProcessUsage(1_000, 9_000, 500, 50_000_000, 3 << 20, CompilerTimes.NONE);
    private static final ProcessUsage USAGE_OF_JVM =
            new ProcessUsage(1_000, 9_000, 500, 50_000_000, 3 << 20, new CompilerTimes(Map.of("21", 150L)));
    private static final String NOTE = "After 120 s of warm-up the compilers of sluice were at work.";

    @Test
    void theMedianIsTheMiddleOrTheMeanOfTheTwoMiddleOnes() {
        assertThat(Spread.of(3, 1, 2)).isEqualTo(new Spread(2, 1, 3));
        assertThat(Spread.of(10, 4, 2, 3)).isEqualTo(new Spread(3.5, 2, 10));
        assertThat(Spread.of(7)).isEqualTo(new Spread(7, 7, 7));
        assertThatThrownBy(Spread::of).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatAProcessUsedIsDividedByQueries() {
        Round round = of(new LoadResult(1_000, 0.5, LATENCY), USAGE, 99);

        assertThat(round.values())
                .containsEntry(Metric.THROUGHPUT, 2_000.0)
                .containsEntry(Metric.CPU, 10.0)
                .containsEntry(Metric.CPU_USER, 1.0)
                .containsEntry(Metric.CPU_SYSTEM, 9.0)
                .containsEntry(Metric.CONTEXT_SWITCHES, 0.5)
                .containsEntry(Metric.RESIDENT, 50.0)
                .containsEntry(Metric.ON_REPLICAS, 99.0)
                .doesNotContainKey(Metric.COMPILERS);
    }

    @Test
    void ofAJvmTheShareOfItsCompilersIsGiven() {
        Round round = of(new LoadResult(1_000, 0.5, LATENCY), USAGE_OF_JVM, 99);

        assertThat(round.values()).containsEntry(Metric.CPU, 10.0).containsEntry(Metric.COMPILERS, 1.5);
    }

    @Test
    void withoutAProcessThereIsNoCpu() {
        Round round = of(new LoadResult(1_000, 0.5, LATENCY), null, 0);

        assertThat(round.values())
                .containsKey(Metric.P99)
                .doesNotContainKeys(Metric.CPU, Metric.COMPILERS, Metric.RESIDENT);
    }

    @Test
    void percentilesAreThoseOfTheHistogramInMicroseconds() {
        Histogram histogram = new Histogram(3);
        for (int i = 1; i <= 100; i++) {
            histogram.recordValue(i * 1_000L);
        }

        Latency latency = Latency.ofNanos(histogram);

        assertThat(latency.average()).isCloseTo(50.5, within(0.1));
        assertThat(latency.p50()).isCloseTo(50, within(0.1));
        assertThat(latency.p95()).isCloseTo(95, within(0.1));
        assertThat(latency.p99()).isCloseTo(99, within(0.1));
    }

    @Test
    void ofALargeResultMegabytesCountAndThePeakOfMemory() {
        Round round =
                Round.of(LoadKind.LARGE_RESULT, new LoadResult(200, 2, LATENCY), USAGE, new ServerCounters(0, 1, 0));

        assertThat(round.values())
                .containsEntry(Metric.THROUGHPUT, 100.0)
                .containsEntry(Metric.CPU, 50.0)
                .containsEntry(Metric.PEAK_EXTRA, 3.0);
        assertThat(Metric.CPU.title(Unit.MEGABYTE)).isEqualTo("CPU us/MB");
        assertThat(Metric.THROUGHPUT.key(Unit.MEGABYTE)).isEqualTo("megabytes_per_second");
        assertThat(round.summary(LoadKind.LARGE_RESULT)).isEqualTo("megabytes/s 100.0, CPU us/MB 50.0");
    }

    @Test
    void ofConnectsItIsCountedHowManyReachedTheServers() {
        Round round = Round.of(LoadKind.CONNECT, new LoadResult(200, 2, LATENCY), null, new ServerCounters(0, 1, 10));

        assertThat(round.values())
                .containsEntry(Metric.SERVER_CONNECTIONS, 0.05)
                .doesNotContainKey(Metric.PEAK_EXTRA);
        assertThat(Metric.THROUGHPUT.title(Unit.CONNECTION)).isEqualTo("connections/s");
    }

    @Test
    void theTextHasEnvironmentTableRatiosAndTargets() {
        assertThat(TextReport.of(report())).isEqualTo("""
                machine:  a box
                sluice:   event-loops 1, transport auto, max-connections-per-backend 100, TLS off, /jdk -Da=b
                Medians over the rounds, with [lowest highest] where it matters.

                point-select, 8 connections
                                queries/s  avg us  p50 us  p95 us         p99 us          CPU us/q  user   sys  compilers %  ctx/q  RSS MB  replicas %
                direct   4000 [4000 4000]     100      90     200  300 [300 300]                 -     -     -            -      -       -           0
                haproxy  2000 [2000 2000]     100      90     200  300 [300 300]  10.0 [10.0 10.0]   1.0   9.0            -   0.50      50           0
                sluice   1500 [1000 2000]     100      90     200  300 [300 300]  15.0 [10.0 20.0]   1.5  13.5          1.5   0.75      50         100
                sluice / haproxy: CPU us/q 1.50, queries/s 0.75, p99 us 1.00
                After 120 s of warm-up the compilers of sluice were at work.

                Targets
                point-select, 8 connections: CPU us/q of sluice / haproxy  1.50  <= 1.05  MISSED
                point-select, 8 connections: p99 us of sluice / haproxy    1.00  <= 1.15     met
                point-select, 8 connections: user CPU us/q of sluice       1.50  <= 3.00     met
                """);
    }

    @Test
    void theJsonHasTheSameFigures() {
        Object json = new Load(LoadSettings.builder().build()).loadFromString(JsonReport.of(report()));

        assertThat(json).isInstanceOfSatisfying(Map.class, object -> {
            assertThat(object.get("environment")).isEqualTo(Map.of("machine", "a box"));
            assertThat(String.valueOf(object.get("comparisons")))
                    .startsWith("[{load=point-select, connections=8, targets=[{name=direct, queries_per_second={")
                    .contains("{name=sluice, queries_per_second={median=1500.0, min=1000.0, max=2000.0}")
                    .containsOnlyOnce("compilers_percent={median=1.5, min=1.5, max=1.5}")
                    .endsWith("}], notes=[" + NOTE + "]}]");
            assertThat(String.valueOf(object.get("goals")))
                    .contains("CPU us/q of sluice / haproxy, measured=1.5, at_most=1.05, met=false}");
        });
        assertThat(JsonReport.of(report())).endsWith("}\n").containsOnlyOnce("\n");
    }

    @Test
    void theMarkdownHasTablesTargetsAndPicturesThatAreThere() {
        MarkdownReport markdown = MarkdownReport.of(report(), "bench");

        assertThat(markdown.text())
                .contains("| machine | a box |")
                .contains("| point-select, 8 connections: CPU us/q of sluice / haproxy | 1.50 | <= 1.05 | MISSED |")
                .contains("| | queries/s | avg us |", "| user | sys | compilers % | ctx/q |", "| 1.5 [1.5 1.5] |")
                .contains("\n\n" + NOTE + "\n\n")
                .contains("| sluice | 1500 [1000 2000] | 100 [100 100] |")
                .contains("![point-select, 8 connections: CPU us/q](bench-point-select-8-cpu_us_per_query.svg)");
        assertThat(markdown.pictures())
                .containsOnlyKeys(
                        "bench-point-select-8-cpu_us_per_query.svg",
                        "bench-point-select-8-queries_per_second.svg",
                        "bench-point-select-8-latency_p99_us.svg");
        assertThat(markdown.pictures().values()).allSatisfy(ChartTest::requireXml);
    }

    @Test
    void severalNumbersOfConnectionsAreDrawnAsACurve() {
        Report one = report();
        Report.Comparison eight = one.comparisons().get(0);
        Report both = new Report(
                one.environment(),
                2,
                one.variants(),
                List.of(eight, new Report.Comparison(LoadKind.POINT_SELECT, 64, eight.lines())));

        MarkdownReport markdown = MarkdownReport.of(both, "bench");

        assertThat(markdown.text()).contains("### point-select by connections");
        assertThat(markdown.pictures()).containsKey("bench-point-select-connections-cpu_us_per_query.svg");
    }

    private static Round of(LoadResult load, @Nullable ProcessUsage used, int replicaPercent) {
        return Round.of(LoadKind.POINT_SELECT, load, used, new ServerCounters(100 - replicaPercent, replicaPercent, 0));
    }

    private static Report report() {
        Round direct = of(new LoadResult(4_000, 1, LATENCY), null, 0);
        Round fast = of(new LoadResult(1_000, 0.5, LATENCY), USAGE, 0);
        Round fastOnReplicas = of(new LoadResult(1_000, 0.5, LATENCY), USAGE_OF_JVM, 100);
        Round slow = of(new LoadResult(500, 0.5, LATENCY), USAGE_OF_JVM, 100);
        return new Report(
                Map.of("machine", "a box"),
                2,
                List.of(new SluiceVariant(
                        "sluice", 1, "auto", 100, false, Path.of("/jdk"), List.of("-Da=b"), Map.of())),
                List.of(new Report.Comparison(
                        LoadKind.POINT_SELECT,
                        8,
                        List.of(
                                Report.Line.of("direct", List.of(direct)),
                                Report.Line.of("haproxy", List.of(fast, fast)),
                                Report.Line.of("sluice", List.of(fastOnReplicas, slow))),
                        List.of(NOTE))));
    }
}
