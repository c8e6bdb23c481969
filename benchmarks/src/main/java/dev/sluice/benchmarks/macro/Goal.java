package dev.sluice.benchmarks.macro;

import java.util.Locale;

/**
 * A target of the project that a run has measured. Immutable.
 *
 * @param text what is measured and compared with what
 * @param measured the ratio or figure
 * @param bound what it has to be at most, or at least
 * @param atLeast whether more is better
 */
record Goal(String text, double measured, double bound, boolean atLeast) {
    static Goal atMost(String text, double measured, double bound) {
        return new Goal(text, measured, bound, false);
    }

    static Goal atLeast(String text, double measured, double bound) {
        return new Goal(text, measured, bound, true);
    }

    boolean isMet() {
        return atLeast ? measured >= bound : measured <= bound;
    }

    /** The bound with its direction. */
    String boundText() {
        return (atLeast ? ">= " : "<= ") + number(bound);
    }

    /** The ratio or figure as it is printed. */
    String measuredText() {
        return number(measured);
    }

    String verdict() {
        return isMet() ? "met" : "MISSED";
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
