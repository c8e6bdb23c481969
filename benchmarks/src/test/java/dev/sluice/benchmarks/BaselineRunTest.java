package dev.sluice.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Measures what {@code baseline.json} promises, and nothing else, each in a JVM of its own. The best of some short
 * iterations counts: what allocates does so in all of them, and a busy machine makes some slow but hardly all. The
 * compiler does not work beside but in between, so that how far it has come depends on the number of calls only.
 */
class BaselineRunTest {
    private static final Path FILE = Path.of("baseline.json");
    private static final TimeValue ITERATION = TimeValue.milliseconds(100);
    /** Some thousand, and as many more for a small surprise. */
    private static final double BYTES_OF_AN_ITERATION = 16_384;

    private static final int WARM_UP = 5;
    /** Compilers that nobody runs beside take more than a second for all that a session consists of, slow ones three. */
    private static final int WARM_UP_OF_SESSIONS = 30;

    private static final String SESSIONS = "SessionPathBenchmark.";
    private static final int MEASURED = 4;

    @Test
    void theHotPathAllocatesNothingAndCostsNoMoreThanAllowed() throws IOException, RunnerException {
        // Another JMH on this machine is no reason to fail: only ratios count.
        System.setProperty("jmh.ignoreLock", "true");
        Baseline baseline = Baseline.read(FILE);
        Set<String> all = names(baseline);
        List<String> ofSessions =
                all.stream().filter(name -> name.startsWith(SESSIONS)).toList();
        List<String> others = new ArrayList<>(all);
        others.removeAll(ofSessions);

        List<Baseline.Measured> measured = new ArrayList<>();
        measured.addAll(run(others, WARM_UP, "THOUSAND_ROWS"));
        measured.addAll(run(ofSessions, WARM_UP_OF_SESSIONS, "ONE_ROW", "THOUSAND_ROWS"));

        assertThat(baseline.violations(measured)).as("%s", measured).isEmpty();
    }

    private static List<Baseline.Measured> run(List<String> names, int warmUp, String... results)
            throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .forks(1)
                .jvmArgs("-Xbatch", "-XX:+UseSerialGC", "-Xmx256m")
                .warmupIterations(warmUp)
                .warmupTime(ITERATION)
                .measurementIterations(MEASURED)
                .measurementTime(ITERATION)
                .addProfiler(GCProfiler.class)
                .param("replicas", "5")
                .param("kind", "WRR", "P2C")
                .param("statement", "JOIN_400_B")
                .param("result", results)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
        names.forEach(name -> options.include("\\." + name.replace(".", "\\.") + "$"));
        return new Runner(options.build())
                .run().stream().map(BaselineRunTest::measured).toList();
    }

    private static Set<String> names(Baseline baseline) {
        Set<String> names = new TreeSet<>(baseline.allocatesNothing());
        baseline.ratios().forEach(ratio -> {
            names.add(ratio.of());
            names.add(ratio.to());
        });
        return names;
    }

    private static Baseline.Measured measured(RunResult result) {
        String benchmark = result.getParams().getBenchmark();
        String type = benchmark.substring(0, benchmark.lastIndexOf('.'));
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String key : result.getParams().getParamsKeys()) {
            parameters.put(key, result.getParams().getParam(key));
        }
        double nanos = result.getPrimaryResult().getStatistics().getMin();
        Result<?> allocated =
                Objects.requireNonNull(result.getSecondaryResults().get("gc.alloc.rate.norm"));
        return new Baseline.Measured(
                benchmark.substring(type.lastIndexOf('.') + 1),
                parameters,
                nanos,
                perCall(allocated.getStatistics().getMin(), nanos));
    }

    /** Without what JMH allocates itself for an iteration. */
    private static double perCall(double bytes, double nanos) {
        double calls = ITERATION.convertTo(TimeUnit.NANOSECONDS) / nanos;
        return Math.max(0, bytes - BYTES_OF_AN_ITERATION / calls);
    }
}
