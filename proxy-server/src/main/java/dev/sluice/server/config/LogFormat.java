package dev.sluice.server.config;

/** What a log line looks like. Immutable. */
public enum LogFormat {
    /** Text on a terminal, JSON otherwise. */
    AUTO,
    /** Readable text. */
    TEXT,
    /** One JSON object a line. */
    JSON
}
