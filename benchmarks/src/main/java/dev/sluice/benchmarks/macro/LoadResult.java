package dev.sluice.benchmarks.macro;

/**
 * What one load did in its measured time. Immutable.
 *
 * @param queries statements that were answered
 * @param seconds how long that took
 * @param latency of a transaction where the load consists of transactions, else of a query
 */
record LoadResult(long queries, double seconds, Latency latency) {}
