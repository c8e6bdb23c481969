package dev.sluice.server.monitor;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.DiscoveredServer;
import dev.sluice.router.topology.GroupMembership;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Peer;
import dev.sluice.server.monitor.CannedServer.Table;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What probes make of the answers of servers that are not at hand; the answers are as their manuals show them. */
class ClusterProbeTest {
    private static final String OWN = "11111111-1111-1111-1111-111111111111";
    private static final String SECOND = "22222222-2222-2222-2222-222222222222";
    private static final String THIRD = "33333333-3333-3333-3333-333333333333";
    private static final ReplicationDialect MYSQL = ReplicationDialect.MYSQL_SOURCE;
    private static final ReplicationDialect MARIADB = ReplicationDialect.MARIADB;
    private static final String MYSQL_QUERY = MYSQL.variablesQuery() + "; SHOW REPLICA STATUS";
    private static final String MARIADB_QUERY = MARIADB.variablesQuery() + "; SHOW ALL SLAVES STATUS";

    private final CannedServer server = new CannedServer();

    private static Table variables(int readOnly, String version, String position) {
        return Table.of(
                        "read_only",
                        "version",
                        "server_id",
                        "collation_server",
                        "sql_mode",
                        "max_prepared_stmt_count",
                        "innodb_read_only",
                        "server_uuid",
                        "tracks_gtids",
                        "own_position",
                        "replicated_position",
                        "committing_position",
                        "logs_replicated")
                .row(readOnly, version, 1, "utf8mb4_0900_ai_ci", "", 16_382, 0, OWN, 1, position, position, "", 1);
    }

    private static Table channel(String name) {
        return Table.of(
                        "Channel_Name",
                        "Source_Host",
                        "Source_Port",
                        "Source_Server_Id",
                        "Source_UUID",
                        "Replica_IO_Running",
                        "Replica_SQL_Running",
                        "Seconds_Behind_Source",
                        "Last_SQL_Error",
                        "Last_IO_Error")
                .row(name, "<NULL>", 0, 0, "", "No", "Yes", null, "", "");
    }

    private static Table collations() {
        return Table.of("ID", "COLLATION_NAME", "CHARACTER_SET_NAME", "IS_DEFAULT")
                .row(255, "utf8mb4_0900_ai_ci", "utf8mb4", "Yes");
    }

    private static Table replicas() {
        return Table.of("Server_Id", "Host", "Port", "Source_Id", "Replica_UUID");
    }

    private void mysql(int readOnly, Table status) {
        server.answer(CollationCatalog.COLLATIONS, collations())
                .answer(MYSQL_QUERY, variables(readOnly, "8.0.31", OWN + ":1-5"), status)
                .answer("SHOW REPLICAS", replicas());
    }

    private static Table members() {
        return Table.of(
                "group_name", "own_id", "member_id", "member_host", "member_port", "member_state", "member_role");
    }

    private GroupMembership groupOf(Table members) throws SQLException {
        server.answer(GroupReplicationProbe.MEMBERS, members);
        ProbeReading reading = ClusterKind.GROUP_REPLICATION.probe(MYSQL, null).read(server.connection());
        return requireNonNull(reading.others().group());
    }

    @Test
    void aMemberOfAGroupReplicationGroupTellsItsStateItsRoleAndTheOthers() throws SQLException {
        mysql(1, channel("group_replication_applier"));
        server.answer(
                GroupReplicationProbe.MEMBERS,
                members()
                        .row("g", OWN, OWN, "db1", 3306, "ONLINE", "SECONDARY")
                        .row("g", OWN, SECOND, "db2", 3307, "ONLINE", "PRIMARY")
                        .row("g", OWN, THIRD, "db3", 3308, "UNREACHABLE", "SECONDARY"));
        ProbeReading reading = ClusterKind.GROUP_REPLICATION.probe(MYSQL, null).read(server.connection());

        assertThat(reading.others().group())
                .isEqualTo(new GroupMembership("g", GroupMembership.State.ONLINE, true, false));
        assertThat(reading.others().peers())
                .containsExactly(
                        new Peer("db2", 3307, 0, SECOND, DiscoveredServer.Relation.GROUP_MEMBER),
                        new Peer("db3", 3308, 0, THIRD, DiscoveredServer.Relation.GROUP_MEMBER));
        assertThat(reading.channels()).isEmpty();
        assertThat(reading.readOnly()).isTrue();
        assertThat(reading.executed()).hasToString(OWN + ":1-5");
    }

    @Test
    void aMinorityHasNoQuorumAndHalfIsAMinority() throws SQLException {
        mysql(0, channel("group_replication_applier"));
        GroupMembership group = groupOf(members()
                .row("g", OWN, OWN, "db1", 3306, "ONLINE", "PRIMARY")
                .row("g", OWN, SECOND, "db2", 3307, "UNREACHABLE", "SECONDARY"));
        assertThat(group).isEqualTo(new GroupMembership("g", GroupMembership.State.ONLINE, false, true));
        assertThat(group.isInStep()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"ONLINE,ONLINE", "RECOVERING,RECOVERING", "ERROR,OUTSIDE", "OFFLINE,OUTSIDE", "UNREACHABLE,OUTSIDE"})
    void theStateOfAMemberIsReduced(String told, GroupMembership.State expected) throws SQLException {
        mysql(0, channel("group_replication_applier"));
        assertThat(groupOf(members().row("g", OWN, OWN, "db1", 3306, told, "PRIMARY"))
                        .state())
                .isEqualTo(expected);
    }

    @Test
    void aServerThatIsNotAmongTheMembersIsOutside() throws SQLException {
        mysql(0, channel("group_replication_applier"));
        assertThat(groupOf(members()).state()).isEqualTo(GroupMembership.State.OUTSIDE);
    }

    private ProbeReading galera(String state, String ready, String status, String gtidMode) throws SQLException {
        server.answer(CollationCatalog.MARIADB_COLLATIONS, collations())
                .answer(MARIADB_QUERY, variables(0, "10.11.6-MariaDB", "0-1-5"), Table.of("Master_Host"))
                .refuse("SHOW SLAVE HOSTS", 1227)
                .answer(
                        GaleraProbe.STATUS,
                        Table.of("Variable_name", "Value")
                                .row("wsrep_cluster_state_uuid", SECOND)
                                .row("wsrep_local_state", state)
                                .row("wsrep_ready", ready)
                                .row("wsrep_cluster_status", status)
                                .row("wsrep_incoming_addresses", "10.0.0.1:3306,AUTO,,10.0.0.2"))
                .answer(
                        GaleraProbe.GTID_MODE,
                        Table.of("Variable_name", "Value").row("wsrep_gtid_mode", gtidMode));
        return ClusterKind.GALERA.probe(MARIADB, null).read(server.connection());
    }

    @Test
    void aSyncedGaleraNodeTakesWritesAndNamesTheOthers() throws SQLException {
        ProbeReading reading = galera("4", "ON", "Primary", "ON");
        assertThat(reading.others().group())
                .isEqualTo(new GroupMembership(SECOND, GroupMembership.State.ONLINE, true, true));
        assertThat(reading.others().peers())
                .extracting(Peer::host, Peer::port)
                .containsExactly(tuple("10.0.0.1", 3306), tuple("10.0.0.2", BackendAddress.DEFAULT_PORT));
        assertThat(reading.executed()).hasToString("0-1-5");
        assertThat(reading.facts().tracksGtids()).isTrue();
    }

    @Test
    void galeraNodesThatNumberTransactionsThemselvesHaveNoPosition() throws SQLException {
        ProbeReading reading = galera("4", "ON", "Primary", "OFF");
        assertThat(reading.executed()).isSameAs(GtidPosition.UNKNOWN);
        assertThat(reading.facts().tracksGtids()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "4,OFF,Primary,OUTSIDE,true",
        "4,ON,non-Primary,ONLINE,false",
        "1,OFF,Primary,RECOVERING,true",
        "2,ON,Primary,RECOVERING,true",
        "3,OFF,Primary,RECOVERING,true",
        "0,OFF,Disconnected,OUTSIDE,false",
        "5,ON,Primary,OUTSIDE,true",
    })
    void aGaleraNodeThatIsNotSyncedOrNotInThePrimaryComponentIsNotInStep(
            String state, String ready, String status, GroupMembership.State expected, boolean quorum)
            throws SQLException {
        GroupMembership group =
                requireNonNull(galera(state, ready, status, "ON").others().group());
        assertThat(group.state()).isEqualTo(expected);
        assertThat(group.quorum()).isEqualTo(quorum);
        assertThat(group.isInStep()).isFalse();
    }

    private void galeraIs(String uuid) {
        Table status = Table.of("Variable_name", "Value");
        server.answer(
                ClusterKind.GALERA_CLUSTER,
                uuid.equals("absent") ? status : status.row("wsrep_cluster_state_uuid", uuid));
    }

    @ParameterizedTest
    @CsvSource({
        "absent,0,REPLICATION",
        "absent,1,GROUP_REPLICATION",
        "'',0,REPLICATION",
        "00000000-0000-0000-0000-000000000000,0,REPLICATION",
        SECOND + ",0,GALERA",
    })
    void theServerSaysHowItIsClustered(String galera, int members, ClusterKind expected) throws SQLException {
        galeraIs(galera);
        server.answer(ClusterKind.GROUP_MEMBERS, Table.of("n").row(members));
        assertThat(ClusterKind.of(server.connection(), MYSQL)).isEqualTo(expected);
    }

    @Test
    void whoMayNotSeeMembersIsTakenForAServerAlone() throws SQLException {
        galeraIs("absent");
        server.refuse(ClusterKind.GROUP_MEMBERS, 1142);
        assertThat(ClusterKind.of(server.connection(), MYSQL)).isEqualTo(ClusterKind.REPLICATION);
        assertThat(ClusterKind.of(server.connection(), MARIADB)).isEqualTo(ClusterKind.REPLICATION);
        server.refuse(ClusterKind.GROUP_MEMBERS, 0);
        assertThatThrownBy(() -> ClusterKind.of(server.connection(), MYSQL)).isInstanceOf(SQLException.class);
    }

    @Test
    void replicasAreListedNowAndThen() throws SQLException {
        mysql(0, channel("group_replication_recovery"));
        server.answer("SHOW REPLICAS", replicas().row(2, "db2", 3307, 1, SECOND).row(3, "", 3306, 1, THIRD));
        BackendProbe probe = ClusterKind.REPLICATION.probe(MYSQL, null);
        List<Peer> listed = List.of(
                new Peer("db2", 3307, 2, SECOND, DiscoveredServer.Relation.REPLICA),
                new Peer("", 3306, 3, THIRD, DiscoveredServer.Relation.REPLICA));
        for (int i = 0; i < 61; i++) {
            assertThat(probe.read(server.connection()).others().peers()).isEqualTo(listed);
        }
        assertThat(server.asked).filteredOn("SHOW REPLICAS"::equals).hasSize(1);
        server.refuse("SHOW REPLICAS", 1227);
        assertThat(probe.read(server.connection()).others().peers()).isEmpty();
    }

    private static final Heartbeat HEARTBEAT = new Heartbeat("ops.beat", false);
    private static final String WITH_BEAT = MYSQL_QUERY + "; SELECT beat_ms FROM `ops`.`beat` WHERE id = 1";

    @Test
    void theHeartbeatIsReadInTheSamePacket() throws SQLException {
        mysql(1, channel("group_replication_applier"));
        server.answer(
                WITH_BEAT,
                variables(1, "8.0.31", OWN + ":1-5"),
                channel("group_replication_applier"),
                Table.of("beat_ms").row(1_700_000_000_123L));
        BackendProbe probe = ClusterKind.REPLICATION.probe(MYSQL, HEARTBEAT);
        assertThat(probe.read(server.connection()).others().heartbeatMillis()).isEqualTo(1_700_000_000_123L);
        server.answer(
                WITH_BEAT,
                variables(1, "8.0.31", OWN + ":1-5"),
                channel("group_replication_applier"),
                Table.of("beat_ms"));
        assertThat(probe.read(server.connection()).others().heartbeatMillis()).isNull();
    }

    @Test
    void aMissingHeartbeatTableIsSaidAndNothingElseIsLost() throws SQLException {
        mysql(1, channel("group_replication_applier"));
        server.refuse(WITH_BEAT, 1146);
        BackendProbe probe = ClusterKind.REPLICATION.probe(MYSQL, HEARTBEAT);
        ProbeReading reading = probe.read(server.connection());
        assertThat(reading.degradation()).isEqualTo("no heartbeat: refused");
        assertThat(reading.readOnly()).isTrue();
        assertThat(probe.read(server.connection()).degradation()).isEqualTo("no heartbeat: refused");
        assertThat(server.asked).filteredOn(WITH_BEAT::equals).hasSize(1);
    }
}
