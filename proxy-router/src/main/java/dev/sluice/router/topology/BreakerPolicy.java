package dev.sluice.router.topology;

import java.time.Duration;

/**
 * When a {@link CircuitBreaker} opens and how it closes again. Immutable.
 *
 * @param troubles so many within {@code window} open it
 * @param window how long a trouble counts
 * @param backoffMin how long it stays open the first time, before jitter
 * @param backoffMax the longest time it stays open, before jitter
 * @param slowStart how long the share of the work takes to grow to the whole; zero for at once
 */
public record BreakerPolicy(
        int troubles, Duration window, Duration backoffMin, Duration backoffMax, Duration slowStart) {
    /** Five troubles within five seconds; open for 0.5 to 30 s; ten seconds of slow start. */
    public static final BreakerPolicy DEFAULT = new BreakerPolicy(
            5, Duration.ofSeconds(5), Duration.ofMillis(500), Duration.ofSeconds(30), Duration.ofSeconds(10));

    /** Checks the ranges. */
    public BreakerPolicy {
        if (troubles < 1 || window.isNegative() || slowStart.isNegative()) {
            throw new IllegalArgumentException("troubles must be positive, window and slowStart not negative");
        }
        if (backoffMin.isNegative() || backoffMin.isZero() || backoffMax.compareTo(backoffMin) < 0) {
            throw new IllegalArgumentException("backoffMin must be positive and at most backoffMax");
        }
    }

    /** The same with another slow start. */
    public BreakerPolicy withSlowStart(Duration value) {
        return new BreakerPolicy(troubles, window, backoffMin, backoffMax, value);
    }
}
