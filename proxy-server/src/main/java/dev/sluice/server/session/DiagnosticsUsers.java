package dev.sluice.server.session;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The users one of whose sessions was seen to ask for something about its last statement that nobody knew any more: from
 * then on all of their sessions keep the connection between two statements. Thread-safe: a concurrent map.
 */
public final class DiagnosticsUsers {
    /** What the sessions of a user keep their connections for. Immutable. */
    enum Habit {
        /** For nothing. */
        NONE,
        /** For FOUND_ROWS() that is not the number of rows sent: it is fetched before the connection goes. */
        FOUND_ROWS,
        /** For questions that only the connection itself can answer. */
        CONNECTION
    }

    private static final int USERS_MAX = 10_000;

    private final Map<String, Habit> users = new ConcurrentHashMap<>();
    private final Set<String> sequenceUsers = ConcurrentHashMap.newKeySet();
    private final AtomicInteger version = new AtomicInteger();

    /** A session of this user asked. */
    void asked(String user, Habit what) {
        if (users.size() < USERS_MAX) {
            users.merge(user, what, (one, other) -> one.compareTo(other) > 0 ? one : other);
            version.incrementAndGet();
        }
    }

    /** A session of this user asked for the value that it had taken of a sequence. */
    void askedForSequence(String user) {
        if (sequenceUsers.size() < USERS_MAX) {
            sequenceUsers.add(user);
        }
    }

    /** Whether sessions of this user stay where they have taken a value of a sequence. */
    boolean keepsSequences(String user) {
        return sequenceUsers.contains(user);
    }

    /** Changes when a user is seen to ask. */
    int version() {
        return version.get();
    }

    /** What sessions of this user keep their connection for. */
    Habit of(String user) {
        return users.getOrDefault(user, Habit.NONE);
    }
}
