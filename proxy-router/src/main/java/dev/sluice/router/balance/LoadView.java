package dev.sluice.router.balance;

/** How busy each backend is, as far as the one who asks can see. Confined to the session's event loop. */
@FunctionalInterface
public interface LoadView {
    /** Statements sent to that backend whose answer is not complete. */
    int inFlight(int ordinal);
}
