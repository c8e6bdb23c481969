package dev.sluice.router.session;

import java.util.List;

/** One of the two places where a session may hold a backend connection. Immutable. */
public enum Slot {
    /** The connection to the primary, or to whatever server stands in for a replica when none qualifies. */
    PRIMARY,
    /** The connection to a replica. */
    REPLICA;

    /** Both, without a new array each time. */
    public static final List<Slot> ALL = List.of(values());
}
