package dev.sluice.server.admin;

import java.time.Duration;

/** Planned changes of the primary. Thread-safe: one at a time; a second one is refused. */
public interface Switchovers {
    /**
     * Makes a replica the primary and the primary a replica, and returns when writes are admitted again.
     *
     * @param address {@code host:port} of the replica
     * @param timeout how long new writes may wait in all
     * @param dryRun whether only to check and to tell what would be done
     * @param progress is told of each step
     * @return the steps with their times
     * @throws OperationException if it could not be done; everything is as before then, or the message says what is not
     */
    ResultTable run(String address, Duration timeout, boolean dryRun, Administration.Progress progress)
            throws OperationException, InterruptedException;
}
