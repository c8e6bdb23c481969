package dev.sluice.server.cli;

/** How a command prints its result. Immutable. */
enum OutputFormat {
    /** For people. */
    TEXT,
    /** One JSON object on one line. */
    JSON
}
