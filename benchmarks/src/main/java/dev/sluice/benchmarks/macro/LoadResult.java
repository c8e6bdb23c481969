package dev.sluice.benchmarks.macro;

/**
 * What one load did in its measured time. Immutable.
 *
 * @param units how many of what the load does again and again, see {@link LoadKind#unit()}
 * @param seconds how long that took
 * @param latency of a transaction where the load consists of transactions, of a whole result where it consists of results,
 *     else of a query or a connection
 */
record LoadResult(double units, double seconds, Latency latency) {}
