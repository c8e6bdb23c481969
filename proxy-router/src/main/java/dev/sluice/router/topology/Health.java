package dev.sluice.router.topology;

/** What the monitor thinks of a backend; {@link OperatorState} is what a person thinks of it. Immutable. */
public enum Health {
    /** The last probe was answered. */
    ONLINE,
    /** The last probe got no answer in time: refused, reset, unroutable or silent. */
    UNREACHABLE,
    /** The server answers, but not usefully: it refuses the monitor account or replies with what no probe understands. */
    BROKEN,
    /** Not probed yet. */
    UNPROBED
}
