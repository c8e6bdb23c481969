package dev.sluice.server.monitor;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.DiscoveredServer;
import dev.sluice.router.topology.GroupMembership;
import dev.sluice.router.topology.Peer;
import dev.sluice.router.topology.ServerFlavor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The probe for nodes of a Galera cluster, of MariaDB or of MySQL's relatives. Confined to the prober thread of its backend.
 *
 * <p>Every node of a Galera cluster takes writes; which one gets them is the topology's choice. A node counts only while it is
 * synced and in the primary component. On MariaDB without {@code wsrep_gtid_mode} each node numbers its transactions itself,
 * so its position is not used at all.
 */
final class GaleraProbe implements BackendProbe {
    static final String STATUS = "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_state_uuid',"
            + " 'wsrep_cluster_status', 'wsrep_local_state', 'wsrep_ready', 'wsrep_incoming_addresses')";
    static final String GTID_MODE = "SHOW GLOBAL VARIABLES LIKE 'wsrep_gtid_mode'";

    private static final String SYNCED = "4";

    /** Joining, serving as a donor, joined: in the cluster, but not in step with it. */
    private static final String CATCHING_UP = "[123]";

    private final BackendProbe server;

    /** {@code server} reads what a node has in common with every server. */
    GaleraProbe(BackendProbe server) {
        this.server = server;
    }

    @Override
    public CollationCatalog collations() {
        return server.collations();
    }

    @Override
    public ProbeReading read(Connection connection) throws SQLException {
        ProbeReading reading = server.read(connection);
        Map<String, String> status = pairs(connection, STATUS);
        String cluster = status.getOrDefault("wsrep_cluster_state_uuid", "");
        boolean majority = status.getOrDefault("wsrep_cluster_status", "").equalsIgnoreCase("Primary");
        GroupMembership group = new GroupMembership(cluster, state(status), majority, !reading.readOnly());
        ProbeReading inGroup = reading.withGroup(group, peers(status.getOrDefault("wsrep_incoming_addresses", "")));
        boolean ownNumbers = reading.facts().flavor() == ServerFlavor.MARIADB
                && !pairs(connection, GTID_MODE)
                        .getOrDefault("wsrep_gtid_mode", "OFF")
                        .equalsIgnoreCase("ON");
        return ownNumbers ? inGroup.withoutPosition() : inGroup;
    }

    private static GroupMembership.State state(Map<String, String> status) {
        String local = status.getOrDefault("wsrep_local_state", "");
        boolean ready = status.getOrDefault("wsrep_ready", "OFF").equalsIgnoreCase("ON");
        if (local.equals(SYNCED) && ready) {
            return GroupMembership.State.ONLINE;
        }
        return local.matches(CATCHING_UP) ? GroupMembership.State.RECOVERING : GroupMembership.State.OUTSIDE;
    }

    /** The nodes as clients reach them, this one included. */
    private static List<Peer> peers(String addresses) {
        List<Peer> peers = new ArrayList<>();
        for (String address : addresses.split(",", -1)) {
            Peer peer = peer(address);
            if (peer != null) {
                peers.add(peer);
            }
        }
        return peers;
    }

    /** "AUTO", or nothing, is what a node says that does not know its own address; it cannot be shown. */
    private static @Nullable Peer peer(String text) {
        if (text.equalsIgnoreCase("AUTO")) {
            return null;
        }
        try {
            BackendAddress address = BackendAddress.parse(text);
            return new Peer(address.host(), address.port(), 0, null, DiscoveredServer.Relation.GROUP_MEMBER);
        } catch (IllegalArgumentException e) {
            // Whatever else a configuration file put there.
            return null;
        }
    }

    static Map<String, String> pairs(Connection connection, String query) throws SQLException {
        Map<String, String> pairs = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                pairs.put(rows.getString(1).toLowerCase(Locale.ROOT), rows.getString(2));
            }
        }
        return pairs;
    }
}
