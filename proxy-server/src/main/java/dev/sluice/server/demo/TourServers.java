package dev.sluice.server.demo;

import java.util.Map;
import java.util.Set;

/**
 * The servers behind the tour: what is known of them without asking Sluice, and what happens to them without its help.
 *
 * <p>Thread-safe: called by the thread of the tour, one method at a time.
 */
interface TourServers {
    /**
     * One server. Immutable.
     *
     * @param address host and port, as Sluice names it
     * @param id what it answers to {@code SELECT @@server_id}
     */
    record Server(String address, String id) {}

    /** The ids of all servers by their addresses. */
    Map<String, String> ids();

    /** The server that takes the writes, dead or alive. */
    Server primary();

    /** Starts one more server and returns when it has everything that the primary has; Sluice does not know it. */
    Server addReplica();

    /** Ends the primary as {@code kill -9} does; answers the id that its process had. */
    long killPrimary();

    /**
     * Makes the replica that has received the most the primary and lets the others follow it, as a tool for failovers would.
     *
     * @param except addresses of replicas that are out of the question
     * @param whenWritable called at the moment from which it accepts writes
     */
    Server promote(Set<String> except, Runnable whenWritable);
}
