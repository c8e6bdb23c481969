package dev.sluice.router.topology;

/**
 * How much new work a backend is given after trouble; the outcome of its {@link CircuitBreaker}. Immutable.
 *
 * @param state of the breaker
 * @param share of its configured weight that it gets, in tenths
 */
public record Admission(State state, int share) {
    /** All of the weight. */
    public static final int SHARE_MAX = 10;

    /** No trouble. */
    public static final Admission FULL = new Admission(State.CLOSED, SHARE_MAX);

    /** State of a circuit breaker. Immutable. */
    public enum State {
        /** Work flows. */
        CLOSED,
        /** A small share of the work shows whether the trouble is over. */
        HALF_OPEN,
        /** No new work while there is another backend for it. */
        OPEN
    }

    /** Checks the range. */
    public Admission {
        if (share < 1 || share > SHARE_MAX) {
            throw new IllegalArgumentException("share must be 1 to " + SHARE_MAX + ", not " + share);
        }
    }
}
