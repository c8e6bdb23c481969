package dev.sluice.server.monitor;

import dev.sluice.router.topology.DiscoveredServer;
import dev.sluice.router.topology.Peer;
import dev.sluice.router.topology.ServerFlavor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The replicas of one server as it lists them, asked for now and then. Confined to the prober thread of its backend.
 *
 * <p>It takes a privilege of its own (REPLICATION SLAVE; on MariaDB REPLICATION MASTER ADMIN). Without it nothing is lost but
 * the discovery of replicas that are not configured, so it is no problem to report.
 */
final class ReplicaListing {
    /** At the normal pace of probes twice a minute, soon enough for a person who has just set up a replica. */
    private static final int PROBES_BETWEEN = 60;

    private final ReplicationDialect dialect;
    private List<Peer> replicas = List.of();
    private int probesUntilNext;

    ReplicaListing(ReplicationDialect dialect) {
        this.dialect = dialect;
    }

    List<Peer> read(Connection connection) throws SQLException {
        if (probesUntilNext-- > 0) {
            return replicas;
        }
        probesUntilNext = PROBES_BETWEEN;
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(dialect.replicasStatement())) {
            List<Peer> found = new ArrayList<>();
            while (rows.next()) {
                found.add(new Peer(
                        Objects.requireNonNullElse(rows.getString("Host"), ""),
                        rows.getInt("Port"),
                        rows.getLong("Server_Id"),
                        dialect.flavor() == ServerFlavor.MYSQL ? rows.getString(dialect.replicaUuidColumn()) : null,
                        DiscoveredServer.Relation.REPLICA));
            }
            replicas = List.copyOf(found);
        } catch (SQLException e) {
            if (e.getErrorCode() == 0) {
                // No answer of the server: a matter for whoever judges its health.
                throw e;
            }
            replicas = List.of();
        }
        return replicas;
    }
}
