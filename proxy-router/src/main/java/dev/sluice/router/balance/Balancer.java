package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/**
 * Chooses one backend among those that may take a statement. Confined to the session's event loop.
 *
 * <p>Each event loop has instances of its own, which may keep state without locks. An implementation answers from its
 * arguments and that state alone; it never allocates on the way, and it reads weights from the topology it is given, so
 * that a changed weight acts on the next statement. Every implementation keeps away from backends that weigh 0 for as long
 * as another one is eligible.
 */
@FunctionalInterface
public interface Balancer {
    /**
     * The ordinal of the chosen backend, or -1 if none is eligible.
     *
     * @param topology the snapshot that the mask was made of
     * @param eligible bit mask over ordinals; bits of ordinals that the topology does not have are ignored
     * @param load how busy the backends are
     * @param keys what the statement may stick to; balancers that do not hash ignore it
     */
    int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys);
}
