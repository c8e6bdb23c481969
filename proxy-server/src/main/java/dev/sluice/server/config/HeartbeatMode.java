package dev.sluice.server.config;

/** Whether lag is measured by a heartbeat row, and who writes it. Immutable. */
public enum HeartbeatMode {
    /** There is none. */
    OFF,
    /** Somebody else writes it, for example another Sluice. */
    READ,
    /** This Sluice writes it, on the primary. */
    WRITE
}
