package dev.sluice.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs every benchmark for a moment, so that none of them rots between two measurements. The times mean nothing. */
class BenchmarksRunTest {
    private static final TimeValue MOMENT = TimeValue.milliseconds(50);

    @Test
    void everyBenchmarkRunsAndGivesATime() throws RunnerException {
        // Another JMH on this machine is no reason to fail: nothing is measured here.
        System.setProperty("jmh.ignoreLock", "true");
        Options options = new OptionsBuilder()
                .include("^dev\\.sluice\\.benchmarks\\.")
                .forks(0)
                .warmupIterations(1)
                .warmupTime(MOMENT)
                .measurementIterations(1)
                .measurementTime(MOMENT)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();

        Collection<RunResult> results = new Runner(options).run();

        assertThat(results)
                .allSatisfy(result -> assertThat(result.getPrimaryResult().getScore())
                        .isPositive()
                        .isFinite());
        Set<String> classes = results.stream()
                .map(result -> result.getParams().getBenchmark())
                .map(name -> name.substring(0, name.lastIndexOf('.')))
                .collect(Collectors.toSet());
        assertThat(classes)
                .containsExactlyInAnyOrderElementsOf(Stream.of(
                                LexerBenchmark.class,
                                CausalityBenchmark.class,
                                ClassifierBenchmark.class,
                                ResponseScannerBenchmark.class,
                                BalancerBenchmark.class,
                                LoopMetricsBenchmark.class,
                                SessionPathBenchmark.class)
                        .map(Class::getName)
                        .toList());
    }

    @Test
    void theSampleStatementsHaveTheSizesTheyAreNamedAfter() {
        assertThat(SampleStatement.POINT_60_B.bytes()).hasSizeBetween(58, 62);
        assertThat(SampleStatement.JOIN_400_B.bytes()).hasSizeBetween(380, 520);
        assertThat(SampleStatement.IN_LIST_20_KB.bytes()).hasSizeBetween(19_500, 20_500);
    }
}
