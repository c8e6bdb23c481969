package dev.sluice.router.topology;

/** What the operator wants of a backend. It always beats what the monitor found. Immutable. */
public enum OperatorState {
    /** Use it as its role and health allow. */
    ACTIVE,
    /** No new work; what runs may finish. */
    DRAINED,
    /** No work at all. */
    OFFLINE
}
