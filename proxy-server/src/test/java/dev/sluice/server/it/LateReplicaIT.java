package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What sessions were shown and have written in roundabout ways is found again, while replicas are a minute behind. */
@Timeout(120)
class LateReplicaIT {
    private static final Duration MINUTE = Duration.ofSeconds(60);

    private static TestProxy proxy;

    @BeforeAll
    static void startProxy() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE late",
                        "GRANT ALL ON late.* TO 'app'@'%'",
                        "CREATE TABLE late.m (id INT PRIMARY KEY) ENGINE = MyISAM",
                        "CREATE TABLE late.t (id INT PRIMARY KEY, v INT)",
                        "INSERT INTO late.t VALUES (1,0),(2,0),(3,0),(4,0),(5,0),(6,0),(7,0),(8,0),(9,0),(10,0)");
        proxy = TestProxy.options().eventLoops(1).maxLag(Duration.ofMinutes(5)).start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stopProxy() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE late");
    }

    @BeforeEach
    void late() {
        Servers.mysql().replicas().forEach(replica -> Servers.mysql().delayReplica(replica, MINUTE));
        proxy.awaitReplicas(2);
    }

    @AfterEach
    void caughtUp() throws IOException {
        Servers.mysql().replicas().forEach(replica -> Servers.mysql().delayReplica(replica, Duration.ZERO));
        Servers.mysql().awaitReplicated(TestProxy.SOON);
        proxy.awaitReplicas(2);
        proxy.awaitCaughtUp();
        proxy.awaitQuiet();
    }

    private static Connection connect(String... options) throws SQLException {
        return proxy.connectAs("app", "app-secret", "late", options);
    }

    private static Connection withCursors() throws SQLException {
        return connect("useServerPrepStmts=true", "useCursorFetch=true");
    }

    private static ResultSet open(PreparedStatement statement) throws SQLException {
        statement.setFetchSize(2);
        return statement.executeQuery();
    }

    /** A read without a cursor of its own. */
    private static String plain(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(0);
            try (ResultSet row = statement.executeQuery(sql)) {
                assertThat(row.next()).isTrue();
                return row.getString(1);
            }
        }
    }

    @Test
    void aReadBesideACursorFindsTheSessionsOwnWrite() throws SQLException {
        LocalServer prompt = Servers.mysql().replicas().get(0);
        LocalServer late = Servers.mysql().replicas().get(1);
        Servers.mysql().delayReplica(prompt, Duration.ZERO);
        proxy.awaitReplicas(2);
        for (int i = 0; i < 50; i++) {
            try (Connection connection = withCursors();
                    PreparedStatement statement = connection.prepareStatement("SELECT id, v FROM t ORDER BY id");
                    ResultSet rows = open(statement)) {
                assertThat(rows.next()).isTrue();
                if (Sql.route(connection).backend().equals(late.address())) {
                    Sql.run(connection, "UPDATE t SET v = 77 WHERE id = 5");
                    GtidPosition written = GtidPosition.parse(
                            ServerFlavor.MYSQL, Servers.mysql().primary().queryValue("SELECT @@global.gtid_executed"));
                    await().until(() -> proxy.server().topology().backends().stream()
                            .anyMatch(backend -> backend.address().port() == prompt.port()
                                    && backend.executed().contains(written)));
                    assertThat(plain(connection, "SELECT v FROM t WHERE id = 5"))
                            .isEqualTo("77");
                    return;
                }
            }
        }
        throw new AssertionError("no cursor on the late replica");
    }

    @Test
    void aWaitInVainLeavesAnOpenCursorAlone() throws SQLException {
        try (Connection connection = withCursors();
                PreparedStatement statement = connection.prepareStatement("SELECT id FROM t ORDER BY id");
                ResultSet rows = open(statement)) {
            for (int id = 1; id <= 10; id++) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt(1)).isEqualTo(id);
                if (id == 3) {
                    Sql.run(connection, "UPDATE t SET v = 66 WHERE id = 6");
                    assertThat(plain(connection, "SELECT v FROM t WHERE id = 6"))
                            .isEqualTo("66");
                }
            }
        }
    }

    @Test
    void aRowThatADuplicateKeyErrorHasShownIsFound() throws SQLException {
        try (Connection one = connect();
                Connection two = connect()) {
            Sql.run(one, "INSERT INTO t VALUES (100, 1)");
            assertThat(Sql.error(two, "INSERT INTO t VALUES (100, 2)")).isEqualTo(1062);
            assertThat(Sql.value(two, "SELECT v FROM t WHERE id = 100")).isEqualTo("1");
        }
    }

    @Test
    void aRowThatInsertIgnoreHasShownIsFound() throws SQLException {
        try (Connection one = connect();
                Connection two = connect()) {
            Sql.run(one, "INSERT INTO t VALUES (101, 1)");
            assertThat(Sql.update(two, "INSERT IGNORE INTO t VALUES (101, 2)")).isZero();
            assertThat(Sql.value(two, "SELECT v FROM t WHERE id = 101")).isEqualTo("1");
        }
    }

    @Test
    void whatAFailedStatementHasWrittenIsFound() throws SQLException {
        try (Connection connection = connect()) {
            assertThat(Sql.error(connection, "INSERT INTO m VALUES (1), (2), (1)"))
                    .isEqualTo(1062);
            assertThat(Sql.value(connection, "SELECT COUNT(*) FROM m")).isEqualTo("2");
        }
    }

    @Test
    void aReadOnlyTransactionWithoutAutocommitThatWaitsInVainRunsOnThePrimaryAndLeavesNothing() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "UPDATE t SET v = 55 WHERE id = 7");
            connection.setReadOnly(true);
            connection.setAutoCommit(false);

            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 7")).isEqualTo("55");

            for (LocalServer replica : Servers.mysql().replicas()) {
                await().atMost(TestProxy.SOON)
                        .until(() -> replica.queryValue("SELECT COUNT(*) FROM information_schema.innodb_trx")
                                .equals("0"));
            }
            connection.rollback();
        }
    }
}
