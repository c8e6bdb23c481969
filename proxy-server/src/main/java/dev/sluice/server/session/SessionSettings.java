package dev.sluice.server.session;

import java.time.Duration;

/**
 * The limits and switches of sessions. Immutable.
 *
 * @param readSplitting whether reads go to replicas
 * @param hashByUser whether a client is told from others by its user; by its address if not
 * @param readYourWrites whether a session's reads wait for its own writes
 * @param stickyAfterWrite how long reads stay on the primary after a write whose GTID is not known
 * @param primaryTimeout how long a statement waits for a primary
 * @param preparedStatementsMax prepared statements of one session
 */
public record SessionSettings(
        boolean readSplitting,
        boolean hashByUser,
        boolean readYourWrites,
        Duration stickyAfterWrite,
        Duration primaryTimeout,
        int preparedStatementsMax) {}
