package dev.sluice.benchmarks.macro;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * Where values lie on a line of a picture. Immutable.
 *
 * @param from the value at the start
 * @param to the value at the end, more than that
 * @param logarithmic whether equal distances are equal ratios; then all values are positive
 */
record Axis(double from, double to, boolean logarithmic) {
    private static final int TICKS = 5;
    private static final double[] STEPS = {1, 2, 2.5, 5, 10};

    /** From 0 to a round number that is not below the largest value. */
    static Axis upTo(double largest) {
        double step = step(largest);
        return new Axis(0, step * Math.max(1, Math.ceil(largest / step)), false);
    }

    /** From the smallest to the largest value, with the distances of logarithms. */
    static Axis between(double smallest, double largest) {
        return new Axis(smallest, Math.max(largest, smallest * 2), true);
    }

    private static double step(double largest) {
        double rough = Math.max(largest, 1e-9) / TICKS;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        for (double step : STEPS) {
            if (step * power >= rough) {
                return step * power;
            }
        }
        return 10 * power;
    }

    /** How far along the line a value lies, from 0 to 1. */
    double position(double value) {
        return logarithmic ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
    }

    /** The values that are written beside a line that starts at 0. */
    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        double step = step(to);
        for (int i = 0; i * step <= to * (1 + 1e-9); i++) {
            ticks.add(i * step);
        }
        return ticks;
    }

    /** A value as it is written: without digits that say nothing. */
    static String label(double value) {
        String plain = new BigDecimal(Double.toString(Math.round(value * 1000) / 1000.0))
                .stripTrailingZeros()
                .toPlainString();
        return plain.equals("0.0") ? "0" : plain;
    }
}
