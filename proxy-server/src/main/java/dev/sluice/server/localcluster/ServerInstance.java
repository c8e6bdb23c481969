package dev.sluice.server.localcluster;

import java.util.List;

/**
 * One server's process and files, without knowledge of ports, accounts or replication.
 *
 * <p>Thread-safe: confined to the {@link LocalServer} that owns it, which calls one method at a time.
 */
public interface ServerInstance {
    /** Starts the process and returns at once; the server may still fail or need time to listen. */
    void start(List<String> arguments);

    /** Ends the process at once and returns when it is gone; does nothing when it is not running. */
    void kill();

    /** Stops the process from running without closing its sockets. */
    void suspend();

    /** Lets a suspended process run on. */
    void resume();

    /** Whether the process exists. */
    boolean isAlive();

    /** The process id, or -1 when the server is not running or has none on this machine. */
    long pid();

    /** The last lines of the server's log. */
    String logTail();

    /** Why the process ended, as one sentence for the user that begins with what was attempted. */
    LocalClusterException failure(String activity);
}
