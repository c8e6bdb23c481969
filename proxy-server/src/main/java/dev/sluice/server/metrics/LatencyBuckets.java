package dev.sluice.server.metrics;

/**
 * The fixed buckets of all latency histograms: powers of two from 16 microseconds to 34 seconds. Immutable.
 *
 * <p>Doubling keeps the relative error the same everywhere, and a bucket is found from the position of the highest bit.
 */
final class LatencyBuckets {
    private static final int LOWEST_EXPONENT = 14;
    private static final int HIGHEST_EXPONENT = 35;

    /** How many buckets there are, the one without an upper bound included. */
    static final int COUNT = HIGHEST_EXPONENT - LOWEST_EXPONENT + 2;

    private LatencyBuckets() {}

    /** The bucket of a duration; negative ones, from a clock that is none, count as zero. */
    static int indexOf(long nanos) {
        if (nanos <= 1L << LOWEST_EXPONENT) {
            return 0;
        }
        int exponent = Long.SIZE - Long.numberOfLeadingZeros(nanos - 1);
        return Math.min(exponent - LOWEST_EXPONENT, COUNT - 1);
    }

    /** Upper bounds in seconds, each included in its bucket; the last is infinite. */
    static double[] upperBoundsSeconds() {
        double[] bounds = new double[COUNT];
        for (int i = 0; i < COUNT - 1; i++) {
            bounds[i] = (1L << (LOWEST_EXPONENT + i)) / 1e9;
        }
        bounds[COUNT - 1] = Double.POSITIVE_INFINITY;
        return bounds;
    }
}
