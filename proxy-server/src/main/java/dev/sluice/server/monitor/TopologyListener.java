package dev.sluice.server.monitor;

import dev.sluice.router.topology.Topology;

/** Told of each new topology. Thread-safe: called by one thread at a time, which must not be kept. */
@FunctionalInterface
public interface TopologyListener {
    /** {@code now} follows {@code before}; both are complete. */
    void onTopology(Topology before, Topology now);
}
