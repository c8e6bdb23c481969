package dev.sluice.server.session;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The users whose sessions were seen to ask for ROW_COUNT(), FOUND_ROWS() or the like when it was too late; their sessions
 * keep the connection between two statements. Thread-safe: a concurrent set.
 */
public final class DiagnosticsUsers {
    private static final int USERS_MAX = 10_000;

    private final Set<String> users = ConcurrentHashMap.newKeySet();

    /** A session of this user asked. */
    void usesDiagnostics(String user) {
        if (users.size() < USERS_MAX) {
            users.add(user);
        }
    }

    /** Whether sessions of this user keep their connection from statement to statement. */
    boolean isDiagnosticsUser(String user) {
        return users.contains(user);
    }
}
