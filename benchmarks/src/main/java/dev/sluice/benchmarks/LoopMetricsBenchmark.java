package dev.sluice.benchmarks;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.metrics.LoopMetrics;
import dev.sluice.server.metrics.MetricsRegistry;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to count a statement: where it went, how it ended, how long it took, and how many bytes that were?
 *
 * <p>Decides whether everything may be counted always. A whole statement costs some 10,000 ns, so some 10 ns are nothing;
 * objects would be something, because garbage is all that a collector has to do here. The baseline adds to a plain array.
 *
 * <p>Thread-safe: each thread of JMH has its own instance.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class LoopMetricsBenchmark {
    private static final int REPLICA = 1;
    private static final int DIFFERENT = 1_024;

    private final LoopMetrics metrics = new MetricsRegistry(() -> Topology.EMPTY, List.of("none")).newLoop();
    private final long[] plain = new long[DIFFERENT];
    private int count;

    /** All that is counted of a read on a replica. */
    @Benchmark
    public int statement() {
        count++;
        long nanos = 50_000L + count % DIFFERENT * 1_000L;
        metrics.frontendBytesIn(64);
        metrics.routed(RouteReason.READ, Target.REPLICA);
        metrics.backendLent(REPLICA);
        metrics.backendStarted(REPLICA);
        metrics.backendAnswered(REPLICA, nanos, count * 100_000L);
        metrics.backendEnded(REPLICA);
        metrics.statement(RouteReason.READ, false, nanos);
        metrics.frontendBytesOut(200);
        return metrics.inFlight(REPLICA);
    }

    /** Baseline: one number in an array. */
    @Benchmark
    public long baselineAdd() {
        count++;
        return plain[count & (DIFFERENT - 1)]++;
    }
}
