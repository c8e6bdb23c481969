package dev.sluice.server.config;

import java.time.Duration;

/**
 * The bounds of the analysis of a statement; beyond each of them a statement goes to the primary. Immutable.
 *
 * @param parseCacheEntries decisions that are kept
 * @param parseBytesMax longest statement given to the full parser, in bytes
 * @param parseDeadline time after which the full parser is stopped
 * @param statementBytesMaxClassified longest statement looked at, in bytes
 */
public record ClassifierConfig(
        int parseCacheEntries, int parseBytesMax, Duration parseDeadline, int statementBytesMaxClassified) {
    /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
    public ClassifierConfig {
        ConfigKeys.ROUTING_PARSE_CACHE_ENTRIES.require(parseCacheEntries);
        ConfigKeys.ROUTING_PARSE_BYTES_MAX.require(parseBytesMax);
        ConfigKeys.ROUTING_PARSE_DEADLINE.require(parseDeadline);
        ConfigKeys.ROUTING_STATEMENT_BYTES_MAX.require(statementBytesMaxClassified);
    }

    /** What absent keys mean. */
    public static ClassifierConfig defaults() {
        return new ClassifierConfig(
                ConfigKeys.ROUTING_PARSE_CACHE_ENTRIES.defaultValue(),
                ConfigKeys.ROUTING_PARSE_BYTES_MAX.defaultValue(),
                ConfigKeys.ROUTING_PARSE_DEADLINE.defaultValue(),
                ConfigKeys.ROUTING_STATEMENT_BYTES_MAX.defaultValue());
    }
}
