package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/**
 * Chooses one backend among those that may take a statement. Confined to the session's event loop.
 *
 * <p>Each event loop has instances of its own, which may keep state without locks. An implementation answers from its
 * arguments and that state alone; it never allocates on the way, and it reads weights from the topology it is given, so
 * that a changed weight acts on the next statement.
 */
@FunctionalInterface
public interface Balancer {
    /**
     * The ordinal of the chosen backend, or -1 if none is eligible.
     *
     * @param topology the snapshot that the mask was made of
     * @param eligible bit mask over ordinals; bits of ordinals that the topology does not have are ignored
     * @param load how busy the backends are
     * @param key a hash of whatever the statement should stick to (client, user, table, fingerprint); balancers that do
     *     not hash ignore it
     */
    int choose(Topology topology, long eligible, LoadView load, long key);
}
