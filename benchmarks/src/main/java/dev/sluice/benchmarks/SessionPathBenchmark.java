package dev.sluice.benchmarks;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a whole read cost without its system calls: command in, decision, connection borrowed, command out, response
 * in, response out, connection given back; and does it allocate?
 *
 * <p>Decides how far the proxy is from a relay of bytes: everything above {@link #baselineRelay}, which moves the same
 * buffers through the same channels without looking at them, is what Sluice adds. {@code -prof gc} has to show the same
 * allocation for both.
 *
 * <p>Thread-safe: each thread of JMH has its own instance.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 2,
        jvmArgsAppend = {LoopThreads.EXECUTOR, LoopThreads.EXECUTOR_CLASS})
public class SessionPathBenchmark {
    /** The answer. */
    @Param
    public SampleResult result = SampleResult.ONE_ROW;

    private @Nullable SessionPath path;
    private @Nullable SessionPath prepared;

    /** Opens the sessions. */
    @Setup
    public void open() {
        path = SessionPath.ofText(SampleStatement.POINT_60_B.text(), result);
        prepared = SessionPath.ofPrepared("SELECT c FROM sbtest1 WHERE id = ?", result);
    }

    /** Ends them. */
    @TearDown
    public void close() {
        Objects.requireNonNull(path).close();
        Objects.requireNonNull(prepared).close();
    }

    /** A read that is known, on a replica, as one of a session outside of a transaction. */
    @Benchmark
    public int query() {
        return Objects.requireNonNull(path).query();
    }

    /** The same read, prepared: nothing is lexed, but the statement has another number on the server. */
    @Benchmark
    public int execution() {
        return Objects.requireNonNull(prepared).query();
    }

    /** Baseline: the same buffers through the same channels. */
    @Benchmark
    public int baselineRelay() {
        return Objects.requireNonNull(path).relay();
    }
}
