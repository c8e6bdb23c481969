package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.Operation.View;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A proxy that is told of the primary alone and finds the rest, on servers of its own. */
@Timeout(180)
class DiscoveryIT {
    private static final Caller DBA = new Caller("dba", null);

    private LocalCluster cluster;

    @BeforeEach
    void start() {
        cluster = LocalCluster.builder().flavor(ServerFlavor.mysql()).start();
        cluster.primary().execute("CREATE TABLE app.t (n INT)");
        grant("REPLICATION SLAVE");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private void grant(String privilege) {
        cluster.primary().execute("GRANT " + privilege + " ON *.* TO '" + Accounts.MONITOR_USER + "'@'%'");
        cluster.awaitReplicated(TestProxy.SOON);
    }

    private TestProxy discovering(Path state) throws Exception {
        return TestProxy.options().servers(1).discover().stateDir(state).start(cluster);
    }

    private Path state() throws Exception {
        return Files.createTempDirectory(cluster.directory(), "state-");
    }

    private static ResultTable run(TestProxy proxy, Operation operation) throws Exception {
        return proxy.server().administration().run(operation, DBA, step -> {});
    }

    private static @Nullable String backend(TestProxy proxy, LocalServer server, String column) throws Exception {
        ResultTable table = run(proxy, new Operation.Show(View.BACKENDS));
        for (List<@Nullable String> row : table.rows()) {
            if (server.address().equals(row.get(0))) {
                return row.get(table.columns().indexOf(column));
            }
        }
        return null;
    }

    private static Set<String> readers(TestProxy proxy) throws Exception {
        Set<String> seen = new TreeSet<>();
        try (Connection connection = proxy.connect()) {
            for (int i = 0; i < 20; i++) {
                seen.add(String.valueOf(Sql.value(connection, "SELECT @@server_id")));
            }
        }
        return seen;
    }

    @Test
    void theReplicasOfThePrimaryAreFoundAndReadFromAndAreInNoConfiguration() throws Exception {
        try (TestProxy proxy = discovering(state())) {
            proxy.awaitReplicas(2);
            assertThat(readers(proxy)).containsExactly("2", "3");
            assertThat(backend(proxy, cluster.primary(), "origin")).isEqualTo("configured");
            assertThat(backend(proxy, cluster.replicas().get(0), "origin")).isEqualTo("discovered");
            assertThat(backend(proxy, cluster.replicas().get(0), "weight")).isEqualTo("1");
            assertThat(run(proxy, new Operation.Show(View.CONFIG_DIFF)).rows()).isEmpty();
            assertThat(run(proxy, new Operation.Show(View.CONFIG_HISTORY)).rows())
                    .hasSize(1);
            assertThat(run(proxy, new Operation.Show(View.EVENTS)).rows().toString())
                    .contains("discovered " + cluster.replicas().get(0).address() + " (replica of "
                            + cluster.primary().address() + ")");
        }
    }

    @Test
    void anOperatorsWordWinsAndSurvivesARestart() throws Exception {
        LocalServer drained = cluster.replicas().get(0);
        LocalServer removed = cluster.replicas().get(1);
        Path state = state();
        try (TestProxy proxy = discovering(state)) {
            proxy.awaitReplicas(2);
            run(proxy, new Operation.DrainBackend(drained.address(), Duration.ofSeconds(5)));
            run(proxy, new Operation.RemoveBackend(removed.address(), true));
            assertThat(backend(proxy, drained, "operator_state")).isEqualTo("drained");
            assertThat(backend(proxy, drained, "origin")).isEqualTo("configured");
        }
        try (TestProxy proxy = discovering(state)) {
            await().atMost(TestProxy.SOON)
                    .until(() ->
                            String.valueOf(backend(proxy, removed, "problem")).contains("operator removed it"));
            assertThat(backend(proxy, drained, "operator_state")).isEqualTo("drained");
            assertThat(readers(proxy)).containsExactly("1");

            run(proxy, new Operation.AddBackend(removed.address(), null, null, null));
            run(proxy, new Operation.ResumeBackend(drained.address()));
            proxy.awaitReplicas(2);
            assertThat(readers(proxy)).containsExactly("2", "3");
        }
    }

    @Test
    void theLastReplicaIsProtectedLikeAConfiguredOne() throws Exception {
        try (TestProxy proxy = discovering(state())) {
            proxy.awaitReplicas(2);
            run(proxy, new Operation.RemoveBackend(cluster.replicas().get(0).address(), false));
            assertThat(AdminIT.refusal(
                            proxy,
                            new Operation.RemoveBackend(
                                    cluster.replicas().get(1).address(), false)))
                    .contains("no usable replica would be left", "FORCE");
        }
    }

    @Test
    void withoutALoginForTheMonitorAServerIsShownWithTheReason() throws Exception {
        LocalServer closed = cluster.replicas().get(0);
        closed.execute(
                "SET GLOBAL super_read_only = OFF",
                "SET SESSION sql_log_bin = 0",
                "ALTER USER '" + Accounts.MONITOR_USER + "'@'%' ACCOUNT LOCK",
                "SET GLOBAL super_read_only = ON");
        try (TestProxy proxy = discovering(state())) {
            proxy.awaitReplicas(1);
            await().atMost(TestProxy.SOON)
                    .until(() ->
                            String.valueOf(backend(proxy, closed, "problem")).contains("cannot log in"));
            assertThat(backend(proxy, closed, "operator_state")).isEqualTo("unused");
            assertThat(readers(proxy)).containsExactly("3");
        }
    }

    @Test
    void aReplicaThatIsStoppedForGoodLeaves() throws Exception {
        LocalServer gone = cluster.replicas().get(0);
        try (TestProxy proxy = discovering(state());
                Connection writer = proxy.connect()) {
            proxy.awaitReplicas(2);
            gone.kill();
            await().atMost(Duration.ofSeconds(90)).until(() -> {
                // A primary that sends nothing does not notice that nobody listens.
                Sql.run(writer, "INSERT INTO t VALUES (1)");
                return backend(proxy, gone, "origin") == null;
            });
            assertThat(proxy.server().topology().backends()).hasSize(2);
            assertThat(readers(proxy)).containsExactly("3");
            gone.start();
            cluster.startReplication(gone);
            proxy.awaitReplicas(2);
        }
    }
}
