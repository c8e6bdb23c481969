package dev.sluice.server.backend;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The connections of one event loop that are leased for nothing but the last statement of a session, the longest kept first.
 * Confined to the session's event loop.
 */
final class LingeringLeases {
    /** Whatever backend it is. */
    static final int ANY = -1;

    private final Set<BackendConnection> willing = new LinkedHashSet<>();
    private final Set<BackendConnection> patient = new LinkedHashSet<>();

    /** @param untilStarving whether it is given up only to those who have waited for long */
    void add(BackendConnection connection, boolean untilStarving) {
        (untilStarving ? patient : willing).add(connection);
    }

    void remove(BackendConnection connection) {
        remove(willing, connection);
        remove(patient, connection);
    }

    private static void remove(Set<BackendConnection> connections, BackendConnection connection) {
        if (!connections.isEmpty()) {
            connections.remove(connection);
        }
    }

    /** Has one connection to a backend given up, or to any for {@link #ANY}; false if there is none. */
    boolean takeOne(int ordinal, boolean starving) {
        return takeOne(willing, ordinal) || (starving && takeOne(patient, ordinal));
    }

    private static boolean takeOne(Set<BackendConnection> connections, int ordinal) {
        for (BackendConnection connection : connections) {
            BackendConnection.Owner owner = connection.owner();
            if ((ordinal == ANY || connection.key().backendOrdinal() == ordinal) && owner != null) {
                connections.remove(connection);
                owner.backendWanted(connection);
                return true;
            }
        }
        return false;
    }
}
