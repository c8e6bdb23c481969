package dev.sluice.router.topology;

/**
 * A server that configured ones name in their replication metadata but that is not configured itself. It is shown and not
 * used: which servers take statements is an operator's decision. Immutable.
 *
 * @param address where it listens, as the server that names it knows it
 * @param relation what it is to the server that names it
 * @param namedBy the configured backend that names it
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
