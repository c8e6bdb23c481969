package dev.sluice.router.topology;

/**
 * A server that backends name in their replication metadata but that is none itself. It is shown; whether it may become one
 * is an operator's decision. Immutable.
 *
 * @param address where it listens, as the server that names it knows it
 * @param relation what it is to the server that names it
 * @param namedBy the backend that names it
 */
public record DiscoveredServer(BackendAddress address, Relation relation, BackendAddress namedBy) {
    /** What a discovered server is to the one that names it. Immutable. */
    public enum Relation {
        /** It is replicated from. */
        SOURCE,
        /** It replicates. */
        REPLICA,
        /** It is in the same group. */
        GROUP_MEMBER
    }
}
