package dev.sluice.router.balance;

/** How busy each backend is, as far as the one who asks can see. Confined to the session's event loop. */
@FunctionalInterface
public interface LoadView {
    /** Statements sent to that backend whose answer is not complete. */
    int inFlight(int ordinal);

    /**
     * What a statement on that backend has taken of late, in nanoseconds; 0 if nothing is known.
     *
     * @param nowNanos the moment, because what was measured long ago counts less
     */
    default long latencyNanos(int ordinal, long nowNanos) {
        return 0;
    }
}
