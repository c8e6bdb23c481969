package dev.sluice.server.monitor;

import dev.sluice.router.topology.PositionSample;

/** Is told each position that a probe has read, after the topology that the probe led to was published. */
@FunctionalInterface
public interface PositionListener {
    /**
     * A server was asked.
     *
     * @param primary whether it is the primary
     */
    void sampled(int ordinal, PositionSample sample, boolean primary);
}
