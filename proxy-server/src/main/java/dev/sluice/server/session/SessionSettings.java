package dev.sluice.server.session;

import dev.sluice.server.config.ConsistencyConfig;
import java.time.Duration;

/**
 * The limits and switches of sessions. Immutable.
 *
 * @param readSplitting whether reads go to replicas
 * @param hashByUser whether a client is told from others by its user; by its address if not
 * @param consistency what reads on replicas may not miss
 * @param primaryTimeout how long a statement waits for a primary
 * @param preparedStatementsMax prepared statements of one session
 * @param preparedBytesMax memory for the prepared statements of all sessions
 * @param unsentBytesMax memory for what clients of one event loop have not taken yet
 */
public record SessionSettings(
        boolean readSplitting,
        boolean hashByUser,
        ConsistencyConfig consistency,
        Duration primaryTimeout,
        int preparedStatementsMax,
        long preparedBytesMax,
        long unsentBytesMax) {
    /** One session may use so much of what there is for all. */
    private static final int SHARE = 2;

    /** How long a text may be in a session whose statements use so many bytes already. */
    long preparedTextMax(long used) {
        return preparedBytesMax / SHARE - used - StatementTexts.STATEMENT_BYTES;
    }
}
