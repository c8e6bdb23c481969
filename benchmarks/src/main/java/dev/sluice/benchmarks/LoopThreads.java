package dev.sluice.benchmarks;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads for JMH of the kind that event loops are: on others Netty does not use its objects again. Thread-safe, as its
 * superclass is. JMH makes it by name when {@code jmh.executor.class} says so.
 */
public final class LoopThreads extends ThreadPoolExecutor {
    /** The system properties by which JMH finds this class. */
    static final String EXECUTOR = "-Djmh.executor=CUSTOM";

    static final String EXECUTOR_CLASS = "-Djmh.executor.class=dev.sluice.benchmarks.LoopThreads";

    /** What JMH calls: so many threads, whose names begin so. */
    public LoopThreads(int threads, String prefix) {
        super(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory(prefix, true));
    }
}
