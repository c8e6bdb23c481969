package dev.sluice.server.monitor;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.Topology;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * What came of one login of the monitor account at a server that is no backend. Immutable.
 *
 * @param failure why it failed; null if it did not
 * @param knownAs the backend that the address leads to as well; null if it leads to another server
 */
public record LoginTrial(@Nullable String failure, @Nullable BackendStatus knownAs) {
    private static final String ID = "SELECT @@GLOBAL.server_id";
    private static final String UUID = "SHOW GLOBAL VARIABLES LIKE 'server_uuid'";

    static LoginTrial of(BackendAddress address, MonitorSettings settings, Topology topology) {
        try (Connection connection =
                        MonitorConnections.dataSource(address, settings).getConnection();
                Statement statement = connection.createStatement()) {
            long id;
            try (ResultSet row = statement.executeQuery(ID)) {
                id = row.next() ? row.getLong(1) : 0;
            }
            String uuid;
            try (ResultSet row = statement.executeQuery(UUID)) {
                uuid = row.next() ? row.getString(2) : null;
            }
            return new LoginTrial(null, known(topology, id, uuid));
        } catch (SQLException e) {
            String message = String.valueOf(e.getMessage());
            return new LoginTrial(message.lines().findFirst().orElse(message), null);
        }
    }

    private static @Nullable BackendStatus known(Topology topology, long id, @Nullable String uuid) {
        for (BackendStatus backend : topology.backends()) {
            if (isSame(backend.facts(), id, uuid)) {
                return backend;
            }
        }
        return null;
    }

    private static boolean isSame(@Nullable ServerFacts facts, long id, @Nullable String uuid) {
        if (facts == null) {
            return false;
        }
        if (uuid != null && facts.serverUuid() != null) {
            return uuid.equalsIgnoreCase(facts.serverUuid());
        }
        return id == facts.serverId();
    }
}
