package dev.sluice.server.monitor;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** How a server forms a cluster with others, which decides how it is probed. Immutable. */
enum ClusterKind {
    /** By replication channels, or not at all. */
    REPLICATION,
    /** As a member of a Group Replication group. */
    GROUP_REPLICATION,
    /** As a node of a Galera cluster. */
    GALERA;

    static final String GALERA_CLUSTER = "SHOW GLOBAL STATUS LIKE 'wsrep_cluster_state_uuid'";
    static final String GROUP_MEMBERS = "SELECT COUNT(*) FROM performance_schema.replication_group_members"
            + " WHERE member_state <> 'OFFLINE' AND member_id <> ''";

    private static final String NO_CLUSTER = "[0-]*";

    /** Asks the server what it is. */
    static ClusterKind of(Connection connection, ReplicationDialect dialect) throws SQLException {
        String cluster = GaleraProbe.pairs(connection, GALERA_CLUSTER).getOrDefault("wsrep_cluster_state_uuid", "");
        if (!cluster.matches(NO_CLUSTER)) {
            return GALERA;
        }
        return dialect != ReplicationDialect.MARIADB && isInGroup(connection) ? GROUP_REPLICATION : REPLICATION;
    }

    private static boolean isInGroup(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(GROUP_MEMBERS)) {
            return row.next() && row.getInt(1) > 0;
        } catch (SQLException e) {
            if (e.getErrorCode() == 0) {
                throw e;
            }
            // No such table, or not for this account: then read_only and channels are all there is to go by.
            return false;
        }
    }

    BackendProbe probe(ReplicationDialect dialect, @Nullable Heartbeat heartbeat) {
        BackendProbe server = new ReplicationProbe(dialect, heartbeat);
        return switch (this) {
            case REPLICATION -> server;
            case GROUP_REPLICATION -> new GroupReplicationProbe(server);
            case GALERA -> new GaleraProbe(server);
        };
    }
}
