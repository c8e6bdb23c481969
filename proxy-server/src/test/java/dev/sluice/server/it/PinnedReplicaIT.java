package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A session that made state on a replica, inside a read-only transaction, reads on there and writes nowhere. */
@Timeout(120)
class PinnedReplicaIT {
    /** Sluice's own error. */
    private static final int REFUSED = 1105;

    private static TestProxy proxy;
    private Connection connection;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE pinned",
                        "GRANT ALL ON pinned.* TO 'app'@'%'",
                        "CREATE TABLE pinned.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
                        "INSERT INTO pinned.t VALUES (1, 1)",
                        "CREATE PROCEDURE pinned.p() SELECT 1");
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE pinned");
    }

    @BeforeEach
    void pin() throws SQLException {
        connection = proxy.connectAs("app", "app-secret", "pinned");
        proxy.awaitCaughtUp();
        Sql.run(connection, "START TRANSACTION READ ONLY", "SET @a = 3 + 4", "COMMIT");
        Route route = Sql.routeOf(connection, "SELECT v FROM t");
        assertThat(route.isReplica()).isTrue();
        assertThat(route.pins()).isEqualTo("user_variable");
    }

    @AfterEach
    void quiet() throws SQLException, IOException {
        connection.close();
        proxy.awaitQuiet();
    }

    private String value(String sql) throws SQLException {
        String value = String.valueOf(Sql.value(connection, sql));
        Route route = Sql.route(connection);
        assertThat(route.isReplica()).as(sql).isTrue();
        assertThat(route.reason()).as(sql).isEqualTo("pinned");
        return value;
    }

    @Test
    void theUserVariableIsReadAndChangedWhereItIs() throws SQLException {
        assertThat(value("SELECT @a")).isEqualTo("7");
        Sql.run(connection, "SET @a = NULL");
        assertThat(value("SELECT @a")).isEqualTo("null");
        assertThat(value("SELECT @a := v FROM t WHERE id = 1")).isEqualTo("1");
        assertThat(value("SELECT @a + v FROM t WHERE id = 1")).isEqualTo("2");
    }

    @Test
    void warningsAndCountsAreThoseOfTheReplica() throws SQLException {
        assertThat(value("SELECT CAST('x' AS SIGNED)")).isEqualTo("0");
        assertThat(Sql.rows(connection, "SHOW WARNINGS")).hasSize(1);
        assertThat(value("SELECT SQL_CALC_FOUND_ROWS v FROM t LIMIT 1")).isNotNull();
        assertThat(Integer.parseInt(value("SELECT FOUND_ROWS()"))).isPositive();
    }

    @Test
    void settingsAndTheSchemaTakeEffect() throws SQLException {
        Sql.run(connection, "SET SESSION group_concat_max_len = 111");
        assertThat(value("SELECT @@group_concat_max_len")).isEqualTo("111");
        connection.setCatalog("information_schema");
        assertThat(value("SELECT DATABASE()")).isEqualTo("information_schema");
        Sql.run(connection, "USE pinned");
        assertThat(value("SELECT v FROM t WHERE id = 1")).isEqualTo("1");
    }

    @Test
    void aReadOnlyTransactionRunsThere() throws SQLException {
        Sql.run(connection, "START TRANSACTION READ ONLY");
        assertThat(Sql.value(connection, "SELECT @a")).isEqualTo("7");
        assertThat(Sql.route(connection).reason()).isEqualTo("read_only_transaction");
        assertThat(Sql.route(connection).isReplica()).isTrue();
        Sql.run(connection, "COMMIT");
        assertThat(value("SELECT @a")).isEqualTo("7");
    }

    @Test
    void theLastInsertIdIsStillTheSessions() throws SQLException {
        try (Connection other = proxy.connectAs("app", "app-secret", "pinned")) {
            Sql.run(other, "INSERT INTO t (v) VALUES (5)");
            String id = String.valueOf(Sql.value(other, "SELECT LAST_INSERT_ID()"));
            proxy.awaitCaughtUp();
            Sql.run(other, "START TRANSACTION READ ONLY", "SET @b = 1 + 0", "COMMIT");
            assertThat(Sql.value(other, "SELECT LAST_INSERT_ID()")).isEqualTo(id);
            assertThat(Sql.route(other).reason()).isEqualTo("pinned");
            assertThat(Sql.route(other).isReplica()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE t SET v = @a",
                "INSERT INTO t (v) VALUES (1)",
                "SELECT v FROM t FOR UPDATE",
                "SELECT v FROM t LOCK IN SHARE MODE",
                "CREATE TABLE u (id INT)",
                "CREATE TEMPORARY TABLE u (id INT)",
                "CALL p()",
                "SELECT GET_LOCK('pinned', 0)",
                "LOCK TABLES t READ",
                "BEGIN",
                "START TRANSACTION",
                "SET GLOBAL max_connections = 100"
            })
    void whatNeedsThePrimaryIsRefusedByName(String sql) throws SQLException {
        assertThat(Sql.error(connection, sql)).isEqualTo(REFUSED);
        assertThat(value("SELECT @a")).isEqualTo("7");
    }

    @Test
    void aTransactionThatAutocommitLeftOpenOnTheReplicaTakesNoWrite() throws SQLException {
        Sql.run(connection, "SET autocommit = 0");
        assertThat(value("SELECT v FROM t WHERE id = 1")).isEqualTo("1");
        assertThat(Sql.error(connection, "UPDATE t SET v = 9 WHERE id = 1")).isEqualTo(REFUSED);
        assertThat(Sql.value(connection, "SELECT @a")).isEqualTo("7");
        Sql.run(connection, "ROLLBACK", "SET autocommit = 1");
        assertThat(value("SELECT v FROM t WHERE id = 1")).isEqualTo("1");
    }

    @Test
    void aReadWriteTransactionDoesNotBeginInsideAReadOnlyOne() throws SQLException {
        Sql.run(connection, "START TRANSACTION READ ONLY");
        assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1")).isEqualTo("1");
        assertThat(Sql.error(connection, "START TRANSACTION READ WRITE")).isEqualTo(REFUSED);
        assertThat(Sql.error(connection, "UPDATE t SET v = 9 WHERE id = 1")).isEqualTo(1792);
        Sql.run(connection, "COMMIT");
        assertThat(value("SELECT v FROM t WHERE id = 1")).isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT GET_LOCK('pinned', 0)",
                "DO GET_LOCK('pinned', 0)",
                "SELECT IS_FREE_LOCK('pinned')",
                "SELECT v, GET_LOCK('pinned', 0) FROM t"
            })
    void noUserLockIsTakenWhereItHoldsNobodyOff(String sql) throws SQLException {
        try (Connection holder = proxy.connectAs("app", "app-secret", "pinned");
                Connection other = proxy.connectAs("app", "app-secret", "pinned")) {
            assertThat(Sql.value(holder, "SELECT GET_LOCK('pinned', 0)")).isEqualTo("1");
            Sql.run(other, "START TRANSACTION READ ONLY");
            assertThat(Sql.value(other, "SELECT v FROM t WHERE id = 1")).isEqualTo("1");
            assertThat(Sql.route(other).isReplica()).isTrue();
            assertThat(Sql.error(other, sql)).isEqualTo(REFUSED);
            assertThat(Sql.value(other, "SELECT v FROM t WHERE id = 1")).isEqualTo("1");
            Sql.run(other, "COMMIT");
            assertThat(Sql.value(other, "SELECT GET_LOCK('pinned', 0)")).isEqualTo("0");
        }
    }
}
