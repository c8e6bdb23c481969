package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.Secret;
import dev.sluice.server.config.SwitchoverConfig;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Planned changes of the primary on real servers of MySQL, with no more privileges than the operations page grants. */
@Timeout(180)
class SwitchoverIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final List<String> GRANTS = List.of(
            "CREATE USER 'switcher'@'%' IDENTIFIED BY 'switch-secret'",
            "GRANT SYSTEM_VARIABLES_ADMIN, CONNECTION_ADMIN, REPLICATION_SLAVE_ADMIN, REPLICATION CLIENT, RELOAD"
                    + " ON *.* TO 'switcher'@'%'",
            "GRANT SELECT ON mysql.slave_master_info TO 'switcher'@'%'");

    private final List<String> steps = new CopyOnWriteArrayList<>();
    private @Nullable LocalCluster startedCluster;
    private @Nullable TestProxy startedProxy;

    private LocalCluster cluster() {
        return Objects.requireNonNull(startedCluster);
    }

    private TestProxy proxy() {
        return Objects.requireNonNull(startedProxy);
    }

    private void start(List<String> grants) throws Exception {
        start(ServerFlavor.mysql(), grants, Optional.empty());
    }

    private void start(ServerFlavor flavor, List<String> grants, Optional<String> replicationUser) throws Exception {
        startedCluster = LocalCluster.builder().flavor(flavor).start();
        cluster().primary().execute("CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
        cluster().primary().execute(grants.toArray(String[]::new));
        cluster().awaitReplicated(PATIENCE);
        startedProxy = TestProxy.options()
                .switchover(new SwitchoverConfig(
                        Optional.of("switcher"),
                        Optional.of(Secret.of("switch-secret")),
                        replicationUser,
                        replicationUser.map(user -> Secret.of(Accounts.REPLICATION_PASSWORD))))
                .start(cluster());
    }

    @AfterEach
    void stop() {
        if (startedProxy != null) {
            startedProxy.close();
        }
        if (startedCluster != null) {
            startedCluster.close();
        }
    }

    private ResultTable switchTo(LocalServer server, Duration timeout, boolean dryRun) throws Exception {
        steps.clear();
        return proxy().server().switchovers().run(server.address(), timeout, dryRun, steps::add);
    }

    @Test
    void thePrimaryMovesAndComesBackAndNobodyIsTold() throws Exception {
        start(GRANTS);
        LocalServer first = cluster().primary();
        LocalServer second = cluster().replicas().get(0);
        LocalServer third = cluster().replicas().get(1);
        try (Connection idle = proxy().connect();
                Connection writer = proxy().connect()) {
            Sql.run(idle, "SET time_zone = '+03:00'");
            Sql.run(writer, "INSERT INTO t (v) VALUES (1)");

            ResultTable dry = switchTo(second, PATIENCE, true);
            assertThat(dry.rows())
                    .anyMatch(row -> row.get(0).equals("fence") && row.get(1).contains("super_read_only"));
            assertThat(dry.toString()).doesNotContain("repl-secret");
            assertThat(first.queryValue("SELECT @@read_only")).isEqualTo("0");

            ResultTable done = switchTo(second, PATIENCE, false);
            assertThat(done.rows().get(done.rows().size() - 1).get(0)).isEqualTo("pause");
            assertThat(proxy().server().topology().primary())
                    .hasFieldOrPropertyWithValue("address", new BackendAddress(second.host(), second.port()));
            assertThat(first.queryValue("SELECT @@super_read_only")).isEqualTo("1");
            Sql.run(writer, "INSERT INTO t (v) VALUES (2)");
            assertThat(Sql.value(idle, "SELECT @@time_zone")).isEqualTo("+03:00");
            proxy().awaitReplicas(2);
            for (LocalServer replica : List.of(first, third)) {
                await().atMost(PATIENCE)
                        .until(() ->
                                replica.queryValue("SELECT COUNT(*) FROM app.t").equals("2"));
            }

            switchTo(first, PATIENCE, false);
            Sql.run(writer, "INSERT INTO t (v) VALUES (3)");
            for (LocalServer replica : List.of(second, third)) {
                await().atMost(PATIENCE)
                        .until(() ->
                                replica.queryValue("SELECT COUNT(*) FROM app.t").equals("3"));
            }
        }
    }

    @Test
    void thePrimaryMovesOnMariaDb() throws Exception {
        MariaDbServer.requireInstalled(SwitchoverIT.class);
        List<String> grants = List.of(
                "CREATE USER 'switcher'@'%' IDENTIFIED BY 'switch-secret'",
                "GRANT READ_ONLY ADMIN, REPLICATION SLAVE ADMIN, SLAVE MONITOR, BINLOG MONITOR, RELOAD ON *.*"
                        + " TO 'switcher'@'%'");
        start(ServerFlavor.executable("mariadbd"), grants, Optional.of(Accounts.REPLICATION_USER));
        LocalServer first = cluster().primary();
        LocalServer second = cluster().replicas().get(0);
        try (Connection writer = proxy().connect()) {
            Sql.run(writer, "INSERT INTO t (v) VALUES (1)");
            for (LocalServer to : List.of(second, first)) {
                switchTo(to, PATIENCE, false);
                Sql.run(writer, "INSERT INTO t (v) VALUES (2)");
                String rows = to.queryValue("SELECT COUNT(*) FROM app.t");
                for (LocalServer replica : cluster().servers()) {
                    await().atMost(PATIENCE)
                            .until(() -> replica.queryValue("SELECT COUNT(*) FROM app.t")
                                    .equals(rows));
                }
                proxy().awaitReplicas(2);
            }
        }
        assertThat(first.queryValue("SELECT COUNT(*) FROM app.t")).isEqualTo("3");
    }

    @Test
    void whatHasBegunMayEndAndWhatBeginsWaits() throws Exception {
        start(GRANTS);
        LocalServer second = cluster().replicas().get(0);
        try (Connection inTransaction = proxy().connect();
                Connection autocommit = proxy().connect();
                Connection pinned = proxy().connect()) {
            Sql.run(inTransaction, "BEGIN", "INSERT INTO t (v) VALUES (10)");
            Sql.run(pinned, "SET @mine = 3 + 4");
            CompletableFuture<ResultTable> switching = inBackground(() -> switchTo(second, PATIENCE, false));
            await().atMost(PATIENCE).until(() -> steps.stream().anyMatch(step -> step.startsWith("close")));

            CompletableFuture<Boolean> insert = inBackground(() -> {
                Sql.run(autocommit, "INSERT INTO t (v) VALUES (11)");
                return true;
            });
            Sql.run(inTransaction, "INSERT INTO t (v) VALUES (12)");
            assertThat(insert).isNotDone();
            assertThat(switching).isNotDone();
            Sql.run(inTransaction, "COMMIT");

            assertThat(switching.get(20, TimeUnit.SECONDS).rows()).isNotEmpty();
            assertThat(insert.get(20, TimeUnit.SECONDS)).isTrue();
            assertThat(second.queryValue("SELECT COUNT(*) FROM app.t")).isEqualTo("3");

            assertThatThrownBy(() -> Sql.run(pinned, "INSERT INTO t (v) VALUES (@mine)"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("user_variable")
                    .hasMessageContaining("the primary is now");
            assertThat(Sql.value(pinned, "SELECT @mine IS NULL")).isEqualTo("1");
        }
    }

    @Test
    void aTransactionThatDoesNotEndIsNamedAndEverythingIsAsBefore() throws Exception {
        start(GRANTS);
        LocalServer first = cluster().primary();
        try (Connection open = proxy().connect();
                Connection writer = proxy().connect()) {
            Sql.run(open, "BEGIN", "INSERT INTO t (v) VALUES (1)");

            assertThatThrownBy(() -> switchTo(cluster().replicas().get(0), Duration.ofMillis(300), false))
                    .isInstanceOf(OperationException.class)
                    .hasMessageContaining("drain")
                    .hasMessageContaining("session ")
                    .hasMessageContaining("Everything is as before");

            Sql.run(writer, "INSERT INTO t (v) VALUES (2)");
            Sql.run(open, "COMMIT");
            assertThat(first.queryValue("SELECT COUNT(*) FROM app.t")).isEqualTo("2");
        }
    }

    @Test
    void missingPrivilegesAreNamedBeforeAnythingChanges() throws Exception {
        start(List.of(
                "CREATE USER 'switcher'@'%' IDENTIFIED BY 'switch-secret'",
                "GRANT REPLICATION CLIENT, CONNECTION_ADMIN ON *.* TO 'switcher'@'%'"));

        assertThatThrownBy(() -> switchTo(cluster().replicas().get(0), PATIENCE, true))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("SYSTEM_VARIABLES_ADMIN, REPLICATION_SLAVE_ADMIN, RELOAD");
        assertThatThrownBy(() -> switchTo(cluster().primary(), PATIENCE, false))
                .hasMessageContaining("is the primary already");
    }

    @Test
    void aReplicaWithWritesOfItsOwnIsRefused() throws Exception {
        start(GRANTS);
        LocalServer second = cluster().replicas().get(0);
        second.execute(
                "SET GLOBAL super_read_only = OFF",
                "INSERT INTO app.t (v) VALUES (99)",
                "SET GLOBAL super_read_only = ON");

        assertThatThrownBy(() -> switchTo(second, PATIENCE, false))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("has transactions that");
    }

    private interface Work<T> {
        T run() throws Exception;
    }

    private static <T> CompletableFuture<T> inBackground(Work<T> work) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return work.run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
