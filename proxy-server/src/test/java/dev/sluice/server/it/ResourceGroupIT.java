package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mysql.cj.jdbc.JdbcConnection;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.sql.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code SET RESOURCE GROUP}, which works only on servers with performance_schema. */
@Timeout(120)
class ResourceGroupIT {
    private static final String READ = "SELECT v FROM app.grouped WHERE v = 1";
    private static final String THREADS =
            "SELECT COUNT(*) FROM performance_schema.threads WHERE resource_group = 'tying'";

    @Test
    void itTiesUntilAResetAndIsNobodyElses() throws Exception {
        try (LocalCluster cluster = LocalCluster.builder()
                .flavor(ServerFlavor.mysql())
                .replicas(1)
                .performanceSchema(true)
                .start()) {
            LocalServer primary = cluster.primary();
            primary.execute(
                    "CREATE RESOURCE GROUP tying TYPE = USER",
                    "GRANT RESOURCE_GROUP_USER ON *.* TO 'app'@'%'",
                    "CREATE TABLE app.grouped (v INT)",
                    "INSERT INTO app.grouped VALUES (1)");
            try (TestProxy proxy =
                            TestProxy.options().eventLoops(1).connections(2).start(cluster);
                    Connection connection = proxy.connect();
                    Connection other = proxy.connect()) {
                proxy.awaitCaughtUp();
                assertThat(Sql.routeOf(connection, "SET RESOURCE GROUP tying").pins())
                        .isEqualTo("resource_group");
                assertThat(primary.queryValue(THREADS)).isEqualTo("1");
                assertThat(Sql.routeOf(connection, READ).reason()).isEqualTo("pinned");
                assertThat(Sql.routeOf(other, READ).isReplica()).isTrue();
                assertThat(Sql.routeOf(other, READ + " FOR UPDATE").pins()).isEmpty();

                connection.unwrap(JdbcConnection.class).resetServerState();

                assertThat(Sql.routeOf(connection, READ).isReplica()).isTrue();
                // A reset leaves the thread in its group: the connection is closed.
                await().atMost(TestProxy.SOON)
                        .until(() -> primary.queryValue(THREADS).equals("0"));
            }
        }
    }
}
