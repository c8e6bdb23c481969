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
 */
public record SessionSettings(
        boolean readSplitting,
        boolean hashByUser,
        ConsistencyConfig consistency,
        Duration primaryTimeout,
        int preparedStatementsMax) {}
