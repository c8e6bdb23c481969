package dev.sluice.server.session;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The users one of whose sessions was seen to ask about its last statement, among other things in one statement, when it was
 * too late: from then on all of their sessions keep the connection between two statements. Thread-safe: a concurrent set.
 */
public final class DiagnosticsUsers {
    private static final int USERS_MAX = 10_000;

    private final Set<String> users = ConcurrentHashMap.newKeySet();
    private final AtomicInteger version = new AtomicInteger();

    /** A session of this user asked. */
    void usesDiagnostics(String user) {
        if (users.size() < USERS_MAX && users.add(user)) {
            version.incrementAndGet();
        }
    }

    /** Changes when a user becomes one of them. */
    int version() {
        return version.get();
    }

    /** Whether sessions of this user keep their connection from statement to statement. */
    boolean isDiagnosticsUser(String user) {
        return users.contains(user);
    }
}
