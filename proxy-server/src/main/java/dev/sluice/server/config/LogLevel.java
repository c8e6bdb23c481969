package dev.sluice.server.config;

/** The least important events that are logged. Immutable. */
public enum LogLevel {
    /** Only what needs somebody now. */
    ERROR,
    /** Also what will need somebody soon. */
    WARN,
    /** Also what changed: starts, stops, roles. */
    INFO,
    /** Also single sessions and stack traces. */
    DEBUG,
    /** Everything. */
    TRACE
}
