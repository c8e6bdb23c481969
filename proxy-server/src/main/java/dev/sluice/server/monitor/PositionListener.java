package dev.sluice.server.monitor;

import dev.sluice.router.topology.PositionSample;

/**
 * Is told each position that a probe has read, and when the monitor
 * moves the primary's position itself, by a heartbeat. Called from threads of the monitor.
 */
public interface PositionListener {
    /** The monitor itself is about to write to the primary. */
    default void ownWriteBegins() {}

    /** What {@link #ownWriteBegins} announced is over; not {@code answered}: it may still be executed at any time. */
    default void ownWriteEnded(boolean answered) {}

    /** A server was asked. Called before the topology that the probe leads to is published. */
    default void sampled(int ordinal, PositionSample sample) {}

    /** The primary was asked, and is the primary still. Called after {@link #sampled} and after the topology was published. */
    default void primarySampled(int ordinal, PositionSample sample) {}

    /** What is known of a server counts no more: it was removed, or another stands in its place. */
    default void forgotten(int ordinal) {}
}
