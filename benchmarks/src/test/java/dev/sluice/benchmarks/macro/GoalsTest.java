package dev.sluice.benchmarks.macro;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a report says about the targets of the project: what was measured and nothing else. */
class GoalsTest {
    private final List<SluiceVariant> variants = new ArrayList<>(List.of(variant("sluice", "auto", 100, false)));
    private final List<Report.Comparison> comparisons = new ArrayList<>();

    @Test
    void textAndPreparedReadsAreComparedWithHaProxy() {
        compare(LoadKind.SYSBENCH, 64, line("haproxy", Metric.CPU, 20), line("sluice", Metric.CPU, 21));
        compare(LoadKind.SYSBENCH_PREPARED, 8, line("haproxy", Metric.CPU, 20), line("sluice", Metric.CPU, 22));
        compare(LoadKind.SYSBENCH, 1, line("haproxy", Metric.CPU, 20), line("sluice", Metric.CPU, 24));
        compare(LoadKind.SYSBENCH, 16, line("haproxy", Metric.CPU, 20), line("sluice", Metric.CPU, 99));

        assertThat(goals())
                .containsExactly(
                        "sysbench, 64 connections: CPU us/q of sluice / haproxy 1.05 <= 1.05 met",
                        "sysbench-prepared, 8 connections: CPU us/q of sluice / haproxy 1.10 <= 1.05 MISSED",
                        "sysbench, 1 connections: CPU us/q of sluice / haproxy 1.20 <= 1.20 met");
    }

    @Test
    void moreThroughputIsBetter() {
        compare(LoadKind.SYSBENCH, 64, line("haproxy", Metric.THROUGHPUT, 100), line("sluice", Metric.THROUGHPUT, 96));

        assertThat(goals())
                .containsExactly("sysbench, 64 connections: queries/s of sluice / haproxy 0.96 >= 0.97 MISSED");
    }

    @Test
    void eachVariantHasTheTargetThatItWasMadeFor() {
        variants.add(variant("ring", "io_uring", 100, false));
        variants.add(variant("tls", "auto", 100, true));
        variants.add(variant("shared", "auto", 4, false));
        compare(
                LoadKind.SYSBENCH,
                64,
                line("haproxy", Metric.CPU, 20),
                line("sluice", Metric.CPU, 20),
                line("ring", Metric.CPU, 18),
                line("tls", Metric.CPU, 30));
        compare(LoadKind.POINT_SELECT, 64, line("haproxy", Metric.P99, 20), line("shared", Metric.P99, 10));

        assertThat(goals())
                .containsExactly(
                        "sysbench, 64 connections: CPU us/q of sluice / haproxy 1.00 <= 1.05 met",
                        "sysbench, 64 connections: CPU us/q of ring / haproxy 0.90 <= 0.85 MISSED",
                        "sysbench, 64 connections: CPU us/q of tls / sluice 1.50 <= 1.40 MISSED",
                        "point-select, 64 connections: p99 us of shared / haproxy 0.50 <= 1.00 met");
    }

    @Test
    void aThousandClientsAreComparedWithSixtyFourOverAsManyConnections() {
        variants.add(variant("pool32", "auto", 32, false));
        compare(LoadKind.SYSBENCH, 64, line("pool32", Metric.CPU, 20));
        compare(LoadKind.SYSBENCH, 1_000, line("pool32", Metric.CPU, 24));

        assertThat(goals())
                .containsExactly("sysbench: CPU us/q of pool32 over 64 server connections, 1000 connections / 64"
                        + " 1.20 <= 1.15 MISSED");
    }

    @Test
    void memoryStartAndConnectsHaveBoundsOfTheirOwn() {
        compare(
                LoadKind.IDLE,
                10_000,
                new Report.Line(
                        "sluice",
                        Map.of(
                                Metric.HEAP_PER_CONNECTION, Spread.of(6),
                                Metric.DIRECT_PER_CONNECTION, Spread.of(3),
                                Metric.RESIDENT_PER_CONNECTION, Spread.of(11))));
        compare(LoadKind.START, 1, line("sluice", Metric.LISTENING, 599));
        compare(LoadKind.CONNECT, 8, line("direct", Metric.THROUGHPUT, 1000), line("sluice", Metric.THROUGHPUT, 700));
        compare(LoadKind.LARGE_RESULT, 1, line("sluice", Metric.PEAK_EXTRA, 5));

        assertThat(goals())
                .containsExactly(
                        "idle, 10000 connections: heap and direct KiB/conn of sluice 9.00 <= 8.00 MISSED",
                        "idle, 10000 connections: RSS KiB/conn of sluice 11.00 <= 12.00 met",
                        "start, 1 connections: listening ms of sluice 599.00 <= 600.00 met",
                        "connect, 8 connections: connections/s of sluice / direct 0.70 >= 0.70 met",
                        "large-result, 1 connections: peak +MiB of sluice 5.00 <= 4.00 MISSED");
    }

    @Test
    void readsAfterWritesAreComparedWithAVariantThatDoesNotWait() {
        variants.add(new SluiceVariant(
                "any", 1, "auto", 100, false, Path.of("/jdk"), List.of(), Map.of("routing.consistency", "none")));
        compare(
                LoadKind.READ_AFTER_WRITE,
                8,
                new Report.Line("sluice", Map.of(Metric.CPU, Spread.of(22), Metric.ON_REPLICAS, Spread.of(79.9))),
                line("any", Metric.CPU, 20));

        assertThat(goals())
                .containsExactly(
                        "read-after-write, 8 connections: replicas % of sluice 79.90 >= 80.00 MISSED",
                        "read-after-write, 8 connections: CPU us/q of sluice / any 1.10 <= 1.05 MISSED");
    }

    @Test
    void whatWasNotMeasuredIsNoTarget() {
        compare(LoadKind.SYSBENCH, 8, line("sluice", Metric.THROUGHPUT, 20));

        assertThat(goals()).isEmpty();
    }

    private void compare(LoadKind load, int connections, Report.Line... lines) {
        comparisons.add(new Report.Comparison(load, connections, List.of(lines)));
    }

    private List<String> goals() {
        return Goals.of(new Report(Map.of(), 2, variants, comparisons)).stream()
                .map(goal ->
                        "%s %s %s %s".formatted(goal.text(), goal.measuredText(), goal.boundText(), goal.verdict()))
                .toList();
    }

    private static Report.Line line(String target, Metric metric, double value) {
        return new Report.Line(target, Map.of(metric, Spread.of(value)));
    }

    private static SluiceVariant variant(String name, String transport, int pool, boolean tls) {
        return new SluiceVariant(name, 1, transport, pool, tls, Path.of("/jdk"), List.of(), Map.of());
    }
}
