package dev.sluice.server.monitor;

import dev.sluice.router.topology.DiscoveredServer;
import dev.sluice.router.topology.GroupMembership;
import dev.sluice.router.topology.Peer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The probe for members of a Group Replication group, MySQL 8.0 and newer. Confined to the prober thread of its backend.
 *
 * <p>The member's own view decides: its state, whether it sees a majority of the members, and whether the group lets it take
 * writes. Positions are GTIDs as ever, and by them the queue of what a member has not applied yet becomes time.
 */
final class GroupReplicationProbe implements BackendProbe {
    static final String MEMBERS = "SELECT @@GLOBAL.group_replication_group_name AS group_name,"
            + " @@GLOBAL.server_uuid AS own_id, member_id, member_host, member_port, member_state, member_role"
            + " FROM performance_schema.replication_group_members";

    private final BackendProbe server;

    /** {@code server} reads what a member has in common with every server. */
    GroupReplicationProbe(BackendProbe server) {
        this.server = server;
    }

    @Override
    public CollationCatalog collations() {
        return server.collations();
    }

    @Override
    public ProbeReading read(Connection connection) throws SQLException {
        ProbeReading reading = server.read(connection);
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(MEMBERS)) {
            return read(reading, rows);
        }
    }

    private static ProbeReading read(ProbeReading reading, ResultSet rows) throws SQLException {
        List<Peer> others = new ArrayList<>();
        GroupMembership.State state = GroupMembership.State.OUTSIDE;
        boolean writer = false;
        String group = "";
        int members = 0;
        int reachable = 0;
        while (rows.next()) {
            group = Objects.requireNonNullElse(rows.getString("group_name"), "");
            String id = Objects.requireNonNullElse(rows.getString("member_id"), "");
            GroupMembership.State seen = state(rows.getString("member_state"));
            members++;
            reachable += seen == GroupMembership.State.OUTSIDE ? 0 : 1;
            if (id.equalsIgnoreCase(rows.getString("own_id"))) {
                state = seen;
                writer = "PRIMARY".equalsIgnoreCase(rows.getString("member_role"));
            } else {
                others.add(new Peer(
                        Objects.requireNonNullElse(rows.getString("member_host"), ""),
                        rows.getInt("member_port"),
                        0,
                        id,
                        DiscoveredServer.Relation.GROUP_MEMBER));
            }
        }
        return reading.withGroup(new GroupMembership(group, state, 2 * reachable > members, writer), others);
    }

    private static GroupMembership.State state(String name) {
        return switch (Objects.requireNonNullElse(name, "")) {
            case "ONLINE" -> GroupMembership.State.ONLINE;
            case "RECOVERING" -> GroupMembership.State.RECOVERING;
            default -> GroupMembership.State.OUTSIDE;
        };
    }
}
