package dev.sluice.server.monitor;

import dev.sluice.router.topology.PositionSample;

/**
 * Is told each position that a probe has read, after the topology that the probe led to was published; and when the monitor
 * moves the primary's position itself, by a heartbeat. Called from threads of the monitor.
 */
@FunctionalInterface
public interface PositionListener {
    /** The monitor itself is about to write to the primary. */
    default void ownWriteBegins() {}

    /** What {@link #ownWriteBegins} announced is over; not {@code answered}: it may still be executed at any time. */
    default void ownWriteEnded(boolean answered) {}

    /**
     * A server was asked.
     *
     * @param primary whether it is the primary
     */
    void sampled(int ordinal, PositionSample sample, boolean primary);
}
