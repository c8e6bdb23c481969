package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.router.session.Consistency;
import dev.sluice.server.config.ConsistencyConfig;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers that replicate by file and position: what a session wrote is looked for on the primary for a while. */
@Timeout(90)
class WithoutGtidsIT {
    private static final Duration WINDOW = Duration.ofSeconds(2);
    private static final String READ = "SELECT v FROM t WHERE id = 1";

    private LocalCluster cluster;

    @BeforeEach
    void start() throws SQLException {
        cluster = LocalCluster.builder().flavor(ServerFlavor.mysql()).start();
        cluster.primary().execute("CREATE TABLE app.t (id INT PRIMARY KEY, v INT)", "INSERT INTO app.t VALUES (1, 0)");
        cluster.awaitReplicated(TestProxy.SOON);
        String position = positionOfThePrimary();
        for (LocalServer replica : cluster.replicas()) {
            replica.execute("STOP REPLICA", "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 0, " + position);
        }
        for (LocalServer server : cluster.servers()) {
            // Each step of the way down has to be taken.
            server.execute(
                    "SET GLOBAL gtid_mode = ON_PERMISSIVE",
                    "SET GLOBAL gtid_mode = OFF_PERMISSIVE",
                    "SET GLOBAL gtid_mode = OFF");
        }
        for (LocalServer replica : cluster.replicas()) {
            replica.execute("START REPLICA");
        }
    }

    private String positionOfThePrimary() throws SQLException {
        try (Connection connection = cluster.primary().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW MASTER STATUS")) {
            assertThat(row.next()).isTrue();
            return "SOURCE_LOG_FILE = '" + row.getString("File") + "', SOURCE_LOG_POS = " + row.getLong("Position");
        }
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static ConsistencyConfig config(Consistency mode) {
        ConsistencyConfig defaults = ConsistencyConfig.defaults();
        return new ConsistencyConfig(mode, Map.of(), defaults.causalWait(), WINDOW, defaults.othersWrite());
    }

    private static List<String> placeOf(Connection connection) throws SQLException {
        Route route = Sql.routeOf(connection, READ);
        return List.of(route.role(), route.reason());
    }

    @Test
    void readsStayOnThePrimaryForAWhileAfterAWriteAndOperatorsAreTold() throws Exception {
        try (TestProxy proxy = TestProxy.options()
                        .consistency(config(Consistency.SESSION))
                        .start(cluster);
                Connection writer = proxy.connect();
                Connection other = proxy.connect()) {
            assertThat(proxy.server().topology().backend(0).problem()).contains("routing.sticky-after-write");
            assertThat(placeOf(other)).containsExactly("replica", "read");

            long before = System.nanoTime();
            Sql.run(writer, "UPDATE t SET v = 1 WHERE id = 1");

            assertThat(placeOf(writer)).containsExactly("primary", "replica_behind");
            assertThat(placeOf(other)).as("a session that wrote nothing").containsExactly("replica", "read");
            await().atMost(TestProxy.SOON)
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> placeOf(writer).contains("replica"));
            assertThat(System.nanoTime() - before).isGreaterThan(WINDOW.toNanos());
            assertThat(Sql.value(writer, READ)).isEqualTo("1");
        }
    }

    @Test
    void inGlobalModeTheWritesOfAnybodyCount() throws Exception {
        try (TestProxy proxy = TestProxy.options()
                        .consistency(config(Consistency.GLOBAL))
                        .start(cluster);
                Connection writer = proxy.connect();
                Connection other = proxy.connect()) {
            assertThat(placeOf(other)).containsExactly("replica", "read");

            Sql.run(writer, "UPDATE t SET v = 1 WHERE id = 1");

            assertThat(placeOf(other)).containsExactly("primary", "replica_behind");
            assertThat(Sql.value(other, READ)).isEqualTo("1");
            await().atMost(TestProxy.SOON)
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> placeOf(other).contains("replica"));
        }
    }
}
