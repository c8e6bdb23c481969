package dev.sluice.server.backend;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The connections of one event loop that are leased for nothing but the diagnostics of the last statement, the longest kept
 * first. Confined to the session's event loop.
 */
final class LingeringLeases {
    private final Set<BackendConnection> connections = new LinkedHashSet<>();

    void add(BackendConnection connection) {
        connections.add(connection);
    }

    void remove(BackendConnection connection) {
        if (!connections.isEmpty()) {
            connections.remove(connection);
        }
    }

    /** Has one connection to a backend given up; false if there is none. */
    boolean takeOne(int ordinal) {
        for (BackendConnection connection : connections) {
            BackendConnection.Owner owner = connection.owner();
            if (connection.key().backendOrdinal() == ordinal && owner != null) {
                connections.remove(connection);
                owner.backendWanted(connection);
                return true;
            }
        }
        return false;
    }
}
