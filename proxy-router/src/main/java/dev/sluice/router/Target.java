package dev.sluice.router;

/** The role of the backend that a statement needs. Immutable. */
public enum Target {
    /** Any server that may serve reads: a replica when one qualifies, else the primary. */
    REPLICA,
    /** The primary, always. */
    PRIMARY
}
