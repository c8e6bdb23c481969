package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.session.Consistency;
import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.ConsistencyConfig;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who says what a read may not miss, with replicas that are seconds behind. */
@Timeout(120)
class ConsistencyModesIT {
    private static final LocalCluster CLUSTER = Servers.mysql();
    private static final Caller DBA = new Caller("dba", null);

    @BeforeAll
    static void tables() {
        CLUSTER.primary()
                .execute(
                        "CREATE DATABASE modes",
                        "GRANT ALL ON modes.* TO 'app'@'%'",
                        "GRANT ALL ON modes.* TO 'native'@'%'",
                        "CREATE TABLE modes.reg (k INT PRIMARY KEY, v BIGINT)",
                        "INSERT INTO modes.reg VALUES (1, 0)");
        CLUSTER.awaitReplicated(TestProxy.SOON);
    }

    @AfterAll
    static void drop() {
        CLUSTER.primary().execute("DROP DATABASE modes");
    }

    private static void delay(Duration delay) {
        for (LocalServer replica : CLUSTER.replicas()) {
            CLUSTER.stopReplication(replica);
            CLUSTER.delayReplica(replica, delay);
            CLUSTER.startReplication(replica);
        }
    }

    @BeforeEach
    void late() {
        delay(Duration.ofSeconds(6));
    }

    @AfterEach
    void healthy() {
        delay(Duration.ZERO);
        CLUSTER.awaitReplicated(Duration.ofSeconds(30));
    }

    private static Connection connect(TestProxy proxy) throws SQLException {
        return proxy.connectAs("app", "app-secret", "modes");
    }

    private static Path file(String routing) throws Exception {
        StringBuilder text = new StringBuilder("listen: 127.0.0.1:0\nmonitor: {user: sluice_monitor, password: x}\n");
        text.append(routing).append("\nbackends:\n");
        CLUSTER.servers()
                .forEach(server ->
                        text.append("  - address: ").append(server.address()).append('\n'));
        return Files.writeString(CLUSTER.directory().resolve("modes.yaml"), text);
    }

    @Test
    void aReloadAndASwitchTakeEffectWithTheNextStatementOfEverySession() throws Exception {
        Path file = file("");
        try (TestProxy proxy = TestProxy.options().file(file).start(CLUSTER);
                Connection writer = connect(proxy)) {
            Sql.run(writer, "UPDATE reg SET v = v + 1 WHERE k = 1");
            assertRead(writer, "", "primary", "replica_behind");

            ResultTable unused = run(proxy, new Operation.SetFeature(Operation.Feature.CAUSAL_READS, false));
            assertRead(writer, "", "replica", "read");
            assertRead(writer, "/* sluice: consistency=global */ ", "replica", "read");
            unused = run(proxy, new Operation.SetFeature(Operation.Feature.CAUSAL_READS, true));
            assertRead(writer, "", "primary", "replica_behind");

            var written = file("routing: {users: [{name: app, consistency: none}]}");
            ResultTable applied = run(proxy, new Operation.Reload(false));
            assertThat(applied.rows().toString()).contains("[routing.users[].consistency, null, none, applied]");
            assertThat(written).isEqualTo(file);
            assertRead(writer, "", "replica", "read");
            assertRead(writer, "/* sluice: consistency=session */ ", "primary", "replica_behind");
        }
    }

    private static ResultTable run(TestProxy proxy, Operation operation) throws Exception {
        return proxy.server().administration().run(operation, DBA, step -> {});
    }

    @Test
    void aHintAndAUserDecideWhatAReadMayMiss() throws Exception {
        ConsistencyConfig defaults = ConsistencyConfig.defaults();
        ConsistencyConfig config = new ConsistencyConfig(
                defaults.mode(),
                Map.of("native", Consistency.NONE),
                defaults.causalWait(),
                defaults.stickyAfterWrite(),
                defaults.othersWrite());
        try (TestProxy proxy = TestProxy.options().consistency(config).start(CLUSTER);
                Connection writer = proxy.connectAs("app", "app-secret", "modes");
                Connection reader = proxy.connectAs("app", "app-secret", "modes")) {
            Sql.run(writer, "SELECT v FROM reg WHERE k = 1");
            Sql.run(reader, "SELECT v FROM reg WHERE k = 1");
            Sql.run(writer, "UPDATE reg SET v = v + 1 WHERE k = 1");

            try (Connection careless = proxy.connectAs("native", "native-secret", "modes")) {
                Sql.run(careless, "UPDATE reg SET v = v + 1 WHERE k = 1");
                assertRead(careless, "", "replica", "read");
                assertRead(careless, "/* sluice: consistency=session */ ", "primary", "replica_behind");
            }
            assertRead(writer, "", "primary", "replica_behind");
            assertRead(writer, "/* sluice: consistency=none */ ", "replica", "read");
            assertRead(writer, "/* SLUICE: Consistency = session */ ", "primary", "replica_behind");
            assertRead(reader, "", "replica", "read");
            assertRead(reader, "/* sluice: consistency=global */ ", "primary", "replica_behind");
            assertRead(reader, "/* sluice: consistency=glob */ ", "primary", "replica_behind");
        }
    }

    private static void assertRead(Connection connection, String hint, String role, String reason) throws SQLException {
        Route route = Sql.routeOf(connection, "SELECT " + hint + "v FROM reg WHERE k = 1");
        assertThat(List.of(route.role(), route.reason())).as(hint).containsExactly(role, reason);
    }
}
