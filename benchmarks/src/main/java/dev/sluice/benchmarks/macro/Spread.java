package dev.sluice.benchmarks.macro;

import java.util.Arrays;

/** The middle and the ends of several measurements of one thing. Immutable. */
record Spread(double median, double min, double max) {
    /** That of at least one value. */
    static Spread of(double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("a spread needs at least one value");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }
}
