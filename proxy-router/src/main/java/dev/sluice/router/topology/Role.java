package dev.sluice.router.topology;

/** What a backend is in the replication topology, as discovered from the server itself. Immutable. */
public enum Role {
    /** The one server that takes writes. */
    PRIMARY,
    /** A server that follows another one and takes reads only. */
    REPLICA,
    /** Nothing is known yet, or what is known is contradictory. Such a server gets no statement. */
    UNKNOWN
}
