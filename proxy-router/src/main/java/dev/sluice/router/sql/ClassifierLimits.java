package dev.sluice.router.sql;

import java.time.Duration;

/**
 * The bounds of a {@link StatementClassifier}. Immutable.
 *
 * @param cacheEntries decisions remembered
 * @param parseBytesMax the longest statement that is parsed, in bytes
 * @param parseDepthMax the deepest nesting of parentheses that is parsed
 * @param parseDeadline the time one statement may take in the parser
 * @param parserThreads threads that parse
 * @param parserQueueMax statements that may wait for them
 */
public record ClassifierLimits(
        int cacheEntries,
        int parseBytesMax,
        int parseDepthMax,
        Duration parseDeadline,
        int parserThreads,
        int parserQueueMax) {

    /** Limits that suit a proxy: 16 KiB, 64 levels, 50 ms, one thread. */
    public static final ClassifierLimits DEFAULT =
            new ClassifierLimits(50_000, 16 * 1024, 64, Duration.ofMillis(50), 1, 1_000);

    /** Checks that every bound is positive. */
    public ClassifierLimits {
        if (cacheEntries < 1 || parseBytesMax < 1 || parseDepthMax < 1 || parserThreads < 1 || parserQueueMax < 1) {
            throw new IllegalArgumentException("every limit of the classifier must be at least 1");
        }
        if (parseDeadline.isNegative() || parseDeadline.isZero()) {
            throw new IllegalArgumentException("the parse deadline must be positive, not " + parseDeadline);
        }
    }
}
