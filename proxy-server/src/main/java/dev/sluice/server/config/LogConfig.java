package dev.sluice.server.config;

import java.util.Objects;

/**
 * What is logged to standard output and how. Immutable.
 *
 * @param level the least important events that are logged
 * @param format what a line looks like
 */
public record LogConfig(LogLevel level, LogFormat format) {
    /** Rejects absent parts. */
    public LogConfig {
        Objects.requireNonNull(level, "level");
        Objects.requireNonNull(format, "format");
    }

    /** What an absent section means. */
    public static LogConfig defaults() {
        return new LogConfig(ConfigKeys.LOG_LEVEL.defaultValue(), ConfigKeys.LOG_FORMAT.defaultValue());
    }
}
