package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * How long a target is under load before it is measured: for a fixed time, and a JVM from then on until its compilers are
 * quiet. Immutable.
 *
 * @param fixed what every target gets; nothing at all is done if it is zero
 * @param most when the warm-up of a JVM ends even if its compilers are at work, the fixed time included; it means nothing
 *     if it is not longer than that
 */
record WarmUp(Duration fixed, Duration most) {
    /** For a process that uses a tenth of a processor or more, {@link #QUIET_PERCENT} of it are above the resolution of 10 ms. */
    private static final Duration STRETCH = Duration.ofSeconds(5);
    /** Compilers that use less of the CPU of their process than this are quiet. */
    private static final double QUIET_PERCENT = 2;
    /** The compilers may pause for a while: code is compiled once more when it has been called often enough. */
    private static final int QUIET_STRETCHES = 2;

    /** Runs a load against a target, and returns when that is warm. */
    Outcome run(Load load, Target target, int connections, ProcFileSystem proc)
            throws CommandFailure, InterruptedException {
        return run(time -> {
            UsageWindow window = new UsageWindow(proc, target.pid());
            LoadResult unused = load.run(target, connections, Duration.ZERO, time, window);
            @Nullable ProcessUsage used = window.used();
            return used == null ? OptionalDouble.empty() : used.compilerPercent();
        });
    }

    /** Decides how many stretches there are. */
    Outcome run(Stretch stretch) throws CommandFailure, InterruptedException {
        if (fixed.isZero()) {
            return new Outcome(Duration.ZERO, OptionalDouble.empty());
        }
        boolean compiles = stretch.run(fixed).isPresent();
        Outcome outcome = new Outcome(fixed, OptionalDouble.empty());
        int quiet = 0;
        while (compiles && quiet < QUIET_STRETCHES && outcome.time().compareTo(most) < 0) {
            Duration left = most.minus(outcome.time());
            Duration next = left.compareTo(STRETCH) < 0 ? left : STRETCH;
            outcome = new Outcome(outcome.time().plus(next), stretch.run(next));
            quiet = outcome.isQuiet() ? quiet + 1 : 0;
        }
        return outcome;
    }

    /** In words, for the report. */
    String description() {
        String each = "%d s of warm-up each".formatted(fixed.toSeconds());
        return fixed.isZero() || most.compareTo(fixed) <= 0
                ? each
                : each + ", a JVM up to %d s until its compilers are quiet".formatted(most.toSeconds());
    }

    /** A part of the warm-up. */
    interface Stretch {
        /** Returns which part of the process's CPU time compilers used, in percent; empty if there are none. */
        OptionalDouble run(Duration time) throws CommandFailure, InterruptedException;
    }

    /**
     * How a warm-up ended. Immutable.
     *
     * @param time the sum of the times that were asked for; a load that ends with a whole result takes longer
     * @param compilerPercent what compilers used of the process's CPU time in the last stretch after the fixed time; empty if
     *     there was none
     */
    record Outcome(Duration time, OptionalDouble compilerPercent) {
        /** Whether there are compilers that were seen to be quiet in the end. */
        boolean isQuiet() {
            return compilerPercent.isPresent() && compilerPercent.getAsDouble() < QUIET_PERCENT;
        }

        /** A sentence for who waits, if the warm-up was longer than the fixed time. */
        Optional<String> quietness(String target) {
            return isQuiet()
                    ? Optional.of(String.format(
                            Locale.ROOT,
                            "the compilers of %s are quiet after %d s: %.1f %% of its CPU",
                            target,
                            time.toSeconds(),
                            compilerPercent.getAsDouble()))
                    : Optional.empty();
        }

        /** A sentence for who reads the figures, if it ended although the compilers were at work. */
        Optional<String> complaint(String target, String load, int connections) {
            return compilerPercent.isPresent() && !isQuiet()
                    ? Optional.of(String.format(
                            Locale.ROOT,
                            "After %d s of warm-up with %s, %d connections, the compilers of %s still used %.1f %% of its"
                                    + " CPU.",
                            time.toSeconds(),
                            load,
                            connections,
                            target,
                            compilerPercent.getAsDouble()))
                    : Optional.empty();
        }
    }
}
