package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@code SET FEATURE retry = off} covers: every statement that Sluice would otherwise send to a second server. */
@Timeout(120)
class RetrySwitchIT {
    private static LocalCluster cluster;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        cluster = LocalCluster.builder().flavor(ServerFlavor.mysql()).start();
        for (String name : new String[] {"one", "two"}) {
            cluster.primary()
                    .execute(
                            "CREATE TABLE app." + name + " (id INT PRIMARY KEY)",
                            "INSERT INTO app." + name + " VALUES (1)",
                            "CREATE FUNCTION app.note_" + name + "() RETURNS INT DETERMINISTIC BEGIN INSERT INTO app."
                                    + name + " VALUES (2 + RAND() * 1000000); RETURN 1; END",
                            "CREATE VIEW app.hidden_" + name + " AS SELECT app.note_" + name + "() AS n");
        }
        cluster.awaitReplicated(TestProxy.SOON);
        proxy = TestProxy.start(cluster);
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        cluster.close();
    }

    @BeforeEach
    void retry() throws Exception {
        retry(true);
    }

    @AfterEach
    void quiet() throws Exception {
        proxy.awaitQuiet();
    }

    private static void retry(boolean on) throws Exception {
        var unused = proxy.server()
                .administration()
                .run(new Operation.SetFeature(Feature.RETRY, on), new Caller("dba", null), step -> {});
    }

    @Test
    void aWriteThatAReplicaRefusesIsSentToThePrimaryOnlyWithRetry() throws Exception {
        try (Connection connection = proxy.connect()) {
            assertThat(Sql.error(connection, "SELECT n FROM hidden_one")).isZero();
            assertThat(Sql.route(connection).reason()).isEqualTo("replica_refused");
        }
        retry(false);
        // A session that has just written would read on the primary.
        try (Connection connection = proxy.connect()) {
            assertThat(Sql.error(connection, "SELECT n FROM hidden_two")).isEqualTo(1290);
            assertThat(Sql.error(connection, "SELECT n FROM hidden_two")).isZero();
            assertThat(Sql.route(connection).reason()).isEqualTo("learned_write");
            assertThat(cluster.primary().queryValue("SELECT COUNT(*) FROM app.two"))
                    .isEqualTo("2");
        }
    }

    @Test
    void aReadWhoseConnectionIsKilledRunsElsewhereOnlyWithRetry() throws Exception {
        try (Connection connection = proxy.connect()) {
            assertThat(killed(connection, "SELECT SLEEP(3) + 1 AS with_retry")).isZero();
            retry(false);
            assertThat(killed(connection, "SELECT SLEEP(3) + 1 AS without_retry"))
                    .isNotZero();
            assertThat(Sql.value(connection, "SELECT 7")).isEqualTo("7");
        }
    }

    /** The error of a statement whose connection to a replica is killed while it runs; 0 for none. */
    private static int killed(Connection connection, String sql) throws Exception {
        CompletableFuture<Integer> running = CompletableFuture.supplyAsync(() -> Sql.error(connection, sql));
        await().atMost(TestProxy.SOON).until(() -> {
            for (LocalServer replica : cluster.replicas()) {
                String id = replica.queryValue(
                        "SELECT COALESCE(MAX(id), 0) FROM information_schema.processlist WHERE info = '" + sql + "'");
                if (!id.equals("0")) {
                    replica.execute("KILL " + id);
                    return true;
                }
            }
            return false;
        });
        return running.get(20, TimeUnit.SECONDS);
    }

    @Test
    void aReplicaThatRefusesTheLoginIsPassedOverOnlyWithRetry() throws Exception {
        LocalServer closed = cluster.replicas().get(0);
        account(closed, "LOCK");
        try {
            assertThat(errorsOfFreshSessions()).containsExactly(0);
            retry(false);
            assertThat(errorsOfFreshSessions()).contains(3118);
        } finally {
            account(closed, "UNLOCK");
        }
    }

    private static void account(LocalServer replica, String what) {
        replica.execute(
                "SET GLOBAL super_read_only = OFF",
                "SET SESSION sql_log_bin = 0",
                "ALTER USER '" + Accounts.NATIVE_USER + "'@'%' ACCOUNT " + what,
                "SET GLOBAL super_read_only = ON");
    }

    private static Set<Integer> errorsOfFreshSessions() throws Exception {
        Set<Integer> errors = new TreeSet<>();
        for (int i = 0; i < 12; i++) {
            try (Connection connection =
                    proxy.connectAs(Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD, Accounts.DATABASE)) {
                errors.add(Sql.error(connection, "SELECT 1"));
            } catch (SQLException e) {
                // The driver itself reads variables when it connects.
                errors.add(e.getErrorCode());
            }
        }
        return errors;
    }
}
