package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Read-only transactions stay whole on one replica, and what only the primary can do leaves it. */
@Timeout(90)
class ReadOnlyTransactionIT {
    private static final String READ = "SELECT v FROM t WHERE id = 1";
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE tx",
                        "GRANT ALL ON tx.* TO 'app'@'%'",
                        "CREATE TABLE tx.t (id INT PRIMARY KEY, v INT)",
                        "CREATE FUNCTION tx.seen (n INT) RETURNS INT DETERMINISTIC RETURN n",
                        "CREATE PROCEDURE tx.look () SELECT 1",
                        "CREATE FUNCTION tx.keeps (n INT) RETURNS INT DETERMINISTIC BEGIN SET @kept = n; RETURN n; END");
        proxy = TestProxy.start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE tx");
    }

    @BeforeEach
    void refill() {
        Servers.mysql().primary().execute("DELETE FROM tx.t", "INSERT INTO tx.t VALUES (1, 10), (2, 20), (3, 30)");
        proxy.awaitCaughtUp();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static Connection connect(String... options) throws SQLException {
        return proxy.connectAs("app", "app-secret", "tx", options);
    }

    private static void assertFree(Connection connection) throws SQLException {
        assertThat(Sql.routeOf(connection, READ).reason()).isIn("read", "replica_behind");
        proxy.awaitCaughtUp();
        assertThat(Sql.routeOf(connection, READ).role()).isEqualTo("replica");
    }

    @Test
    void aReadOnlyTransactionStaysWholeOnOneReplica() throws SQLException {
        Set<String> backends = new HashSet<>();
        // One session might stay on one replica, because the test writes around the proxy.
        for (int i = 0; i < 10; i++) {
            try (Connection connection = connect()) {
                Sql.run(connection, "START TRANSACTION READ ONLY");
                Route first = Sql.route(connection);
                assertThat(first.reason()).isEqualTo("begin_read_only");
                assertThat(first.role()).isEqualTo("replica");
                for (int j = 0; j < 5; j++) {
                    Route route = Sql.routeOf(connection, READ);
                    assertThat(route.backend()).isEqualTo(first.backend());
                    assertThat(route.reason()).isEqualTo("read_only_transaction");
                }
                assertThat(Sql.error(connection, "UPDATE t SET v = 0")).isEqualTo(1792);
                Sql.run(connection, "COMMIT");
                backends.add(first.backend());
            }
        }
        assertThat(backends).hasSize(2);
    }

    @Test
    void aReadOnlyTransactionReadsOneSnapshot() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
            assertThat(Sql.route(connection).role()).isEqualTo("replica");
            Servers.mysql().primary().execute("UPDATE tx.t SET v = 1000");
            proxy.awaitCaughtUp();
            assertThat(Sql.value(connection, READ)).isEqualTo("10");
            Sql.run(connection, "COMMIT");
            assertThat(Sql.value(connection, READ)).isEqualTo("1000");
        }
    }

    @Test
    void connectionsThatAreReadOnlyReadTheirTransactionsFromReplicas() throws SQLException {
        try (Connection connection = connect()) {
            connection.setReadOnly(true);
            connection.setAutoCommit(false);
            Route first = Sql.routeOf(connection, READ);
            assertThat(first.role()).isEqualTo("replica");
            assertThat(Sql.routeOf(connection, READ).backend()).isEqualTo(first.backend());
            connection.commit();
            connection.setReadOnly(false);
            assertThat(Sql.routeOf(connection, READ).role()).isEqualTo("primary");
            Sql.run(connection, "UPDATE t SET v = 3 WHERE id = 1");
            connection.commit();
        }
    }

    @Test
    void readOnlyAccessModeIsNotPassedToTheNextSession() throws SQLException {
        for (int i = 0; i < 20; i++) {
            // Otherwise the driver itself asks whether the connection is read-only, and refuses.
            try (Connection connection = connect("readOnlyPropagatesToServer=false")) {
                Sql.run(connection, "SET SESSION TRANSACTION READ ONLY", "BEGIN");
                assertThat(Sql.error(connection, "UPDATE t SET v = 0 WHERE id = 1"))
                        .isEqualTo(1792);
            }
            try (Connection connection = connect()) {
                assertThat(Sql.update(connection, "UPDATE t SET v = " + i + " WHERE id = 1"))
                        .isBetween(0, 1);
            }
        }
    }

    @Test
    void setTransactionConcernsTheNextTransactionOnly() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "SET TRANSACTION READ ONLY", "BEGIN");
            assertThat(Sql.error(connection, "UPDATE t SET v = 0")).isEqualTo(1792);
            Sql.run(connection, "COMMIT", "BEGIN", "UPDATE t SET v = 8 WHERE id = 1", "COMMIT");
            assertThat(Sql.value(connection, READ)).isEqualTo("8");
            assertFree(connection);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"BEGIN", "START TRANSACTION"})
    void aTransactionThatBeginsInsideAReadOnlyOneGoesOnReadOnlyAsOnAServer(String begin) throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "START TRANSACTION READ ONLY", begin);
            assertThat(Sql.route(connection).role()).isEqualTo("replica");
            assertThat(Sql.error(connection, "UPDATE t SET v = 12 WHERE id = 1"))
                    .isEqualTo(1792);
            Sql.run(connection, "COMMIT");
            assertFree(connection);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT seen(1)", "CALL look()"})
    void aRoutineInAReadOnlyTransactionDoesNotKeepItsSessionFromWriting(String sql) throws SQLException {
        try (Connection connection = connect()) {
            connection.setAutoCommit(false);
            connection.setReadOnly(true);
            assertThat(Sql.value(connection, READ)).isEqualTo("10");
            assertThat(Sql.value(connection, sql)).isEqualTo("1");
            assertThat(Sql.route(connection).isReplica()).isTrue();
            connection.commit();
            connection.setReadOnly(false);
            Sql.run(connection, "UPDATE t SET v = v + 1 WHERE id = 1");
            connection.commit();
            connection.setAutoCommit(true);
            proxy.awaitCaughtUp();
            assertFree(connection);
        }
    }

    @Test
    void whatARoutineIsReportedToHaveLeftKeepsItsReplica() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "START TRANSACTION READ ONLY", "SELECT keeps(5)", "COMMIT");
            assertThat(Sql.value(connection, "SELECT @kept")).isEqualTo("5");
            assertThat(Sql.route(connection).pins()).isEqualTo("routine");
        }
    }

    @Test
    void aTransactionThatMayWriteEndsAReadOnlyOneAndRunsOnThePrimary() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "START TRANSACTION READ ONLY");
            Route first = Sql.routeOf(connection, READ);
            assertThat(first.role()).isEqualTo("replica");
            String thread = Sql.value(connection, "SELECT CONNECTION_ID() + 0");
            assertThat(Sql.route(connection).backend()).isEqualTo(first.backend());
            LocalServer replica = Servers.mysql().replicas().stream()
                    .filter(server -> server.address().equals(first.backend()))
                    .findFirst()
                    .orElseThrow();
            String open = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = " + thread;
            assertThat(replica.queryValue(open)).isEqualTo("1");
            assertThat(Sql.routeOf(connection, "START TRANSACTION READ WRITE").role())
                    .isEqualTo("primary");
            await().atMost(TestProxy.SOON).until(() -> replica.queryValue(open).equals("0"));
            assertThat(Sql.update(connection, "UPDATE t SET v = 12 WHERE id = 1"))
                    .isEqualTo(1);
            assertThat(Sql.routeOf(connection, READ).reason()).isEqualTo("in_transaction");
            Sql.run(connection, "COMMIT");
            assertThat(Sql.value(connection, READ)).isEqualTo("12");
            assertFree(connection);
        }
    }
}
