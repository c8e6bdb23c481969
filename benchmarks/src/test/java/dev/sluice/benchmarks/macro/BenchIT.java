package dev.sluice.benchmarks.macro;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import picocli.CommandLine;

/** The macro benchmark as a user runs it, for seconds, on real servers. Its figures mean nothing here. */
@Timeout(240)
class BenchIT {
    @TempDir
    Path directory;

    @Test
    void everyTargetIsMeasuredUnderEveryLoadAndNothingIsLeftBehind() throws IOException {
        Path file = directory.resolve("report.json");
        StringWriter err = new StringWriter();

        int exitCode = new CommandLine(new BenchCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setErr(new PrintWriter(err, true))
                .execute(
                        "--seconds=2",
                        "--rounds=1",
                        "--warm-up=1",
                        "--warm-up-max=3",
                        "--connections=4",
                        "--replicas=1",
                        "--rows=1000",
                        "--netty-relay=auto",
                        "--load=point-select,point-select-prepared,read-write",
                        "--output=json",
                        "--out=" + file);

        assertThat(exitCode).as(err.toString()).isZero();
        Map<?, ?> report = object(new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file)));
        assertThat(object(report.get("environment")).keySet().toString()).contains("machine", "JDK", "servers", "work");
        List<?> comparisons = list(report.get("comparisons"));
        assertThat(comparisons).hasSize(3);
        assertThat(comparisons).allSatisfy(comparison -> {
            Map<?, ?> sluice = target(comparison, "sluice");
            assertThat(median(sluice, Metric.THROUGHPUT)).isGreaterThan(100);
            assertThat(median(sluice, Metric.CPU)).isPositive();
            assertThat(median(sluice, Metric.CPU_USER)).isLessThanOrEqualTo(median(sluice, Metric.CPU));
            assertThat(median(sluice, Metric.COMPILERS)).isBetween(0.0, 100.0);
            assertThat(target(comparison, "direct").get(Metric.COMPILERS.key(Unit.QUERY)))
                    .isNull();
            assertThat(median(sluice, Metric.P50)).isLessThanOrEqualTo(median(sluice, Metric.P99));
            assertThat(median(target(comparison, "direct"), Metric.THROUGHPUT)).isGreaterThan(100);
            assertThat(median(target(comparison, "netty-auto"), Metric.THROUGHPUT))
                    .isGreaterThan(100);
            assertThat(median(target(comparison, "netty-auto"), Metric.CPU)).isPositive();
        });
        assertThat(median(target(comparisons.get(0), "sluice"), Metric.ON_REPLICAS))
                .isGreaterThan(90);
        assertThat(median(target(comparisons.get(1), "sluice"), Metric.ON_REPLICAS))
                .isGreaterThan(90);
        assertThat(median(target(comparisons.get(2), "sluice"), Metric.ON_REPLICAS))
                .isLessThan(10);
        await().atMost(20, SECONDS)
                .untilAsserted(() -> assertThat(descendants()).isEmpty());
    }

    private static List<String> descendants() {
        try (Stream<ProcessHandle> children = ProcessHandle.current().descendants()) {
            return children.map(child -> child.info().commandLine().orElse("?")).toList();
        }
    }

    private static Map<?, ?> target(Object comparison, String name) {
        return list(object(comparison).get("targets")).stream()
                .<Map<?, ?>>map(BenchIT::object)
                .filter(target -> name.equals(target.get("name")))
                .findFirst()
                .orElseThrow();
    }

    private static double median(Map<?, ?> target, Metric metric) {
        Object value = object(target.get(metric.key(Unit.QUERY))).get("median");
        assertThat(value).isInstanceOf(Number.class);
        return value instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    private static Map<?, ?> object(@Nullable Object value) {
        assertThat(value).isInstanceOf(Map.class);
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static List<?> list(@Nullable Object value) {
        assertThat(value).isInstanceOf(List.class);
        return value instanceof List<?> list ? list : List.of();
    }
}
