package dev.sluice.server.monitor;

import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyResolver;

/** What a planned change of the primary needs of the monitor. Thread-safe: implementations may be called by anybody. */
public interface TopologyControl {
    /** Every backend may become primary. */
    long ANYBODY = TopologyResolver.ANYBODY;

    /** The last topology. */
    Topology current();

    /** Probes a backend at once. */
    void probeNow(int ordinal);

    /**
     * Limits who may become primary: while roles change on purpose, a third server that turns up writable must not be taken
     * for the new primary, and it is no alarm that there is none for a moment.
     *
     * @param ordinals bit mask over ordinals; {@link #ANYBODY} ends the limit. Those who could not and now can are elected
     *     once they have been probed again
     */
    void electOnly(long ordinals);
}
