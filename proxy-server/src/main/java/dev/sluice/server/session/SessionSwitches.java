package dev.sluice.server.session;

/**
 * What an operator switches while sessions run. Each takes effect with the next statement of every session. Thread-safe: one
 * volatile field each.
 */
public final class SessionSwitches {
    private volatile boolean readSplitting = true;
    private volatile boolean multiplexing = true;
    private volatile boolean causalReads = true;
    private volatile boolean retry = true;

    /** Whether proven reads go to replicas. */
    public boolean readSplitting() {
        return readSplitting;
    }

    /** Switches read splitting. */
    public void readSplitting(boolean on) {
        readSplitting = on;
    }

    /** Whether a session gives its backend connection back after each statement that leaves nothing there. */
    public boolean multiplexing() {
        return multiplexing;
    }

    /** Switches multiplexing. */
    public void multiplexing(boolean on) {
        multiplexing = on;
    }

    /** Whether reads on replicas must find what {@code routing.consistency} says, rather than whatever is there. */
    public boolean causalReads() {
        return causalReads;
    }

    /** Switches causal reads. */
    public void causalReads(boolean on) {
        causalReads = on;
    }

    /**
     * Whether Sluice looks for another server for a statement that one server could not serve: its connection broke, it
     * refused the connection or the session's state, it is going away, or it is a replica and the statement a write.
     */
    public boolean retry() {
        return retry;
    }

    /** Switches the retries. */
    public void retry(boolean on) {
        retry = on;
    }
}
