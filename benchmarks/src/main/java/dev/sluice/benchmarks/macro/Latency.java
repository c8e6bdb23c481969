package dev.sluice.benchmarks.macro;

import org.HdrHistogram.AbstractHistogram;

/** The times that queries or transactions took, all in microseconds. Immutable. */
record Latency(double average, double p50, double p95, double p99) {
    private static final double NANOS_PER_MICRO = 1_000;

    /** From a histogram of nanoseconds. */
    static Latency ofNanos(AbstractHistogram histogram) {
        return new Latency(
                histogram.getMean() / NANOS_PER_MICRO,
                histogram.getValueAtPercentile(50) / NANOS_PER_MICRO,
                histogram.getValueAtPercentile(95) / NANOS_PER_MICRO,
                histogram.getValueAtPercentile(99) / NANOS_PER_MICRO);
    }
}
