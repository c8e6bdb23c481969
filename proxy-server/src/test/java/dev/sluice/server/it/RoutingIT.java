package dev.sluice.server.it;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where single statements run, and what SHOW SLUICE ROUTE says about it. */
@Timeout(60)
class RoutingIT {
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE routing",
                        "GRANT ALL ON routing.* TO 'app'@'%'",
                        "USE routing",
                        "CREATE TABLE t (id INT PRIMARY KEY, v INT)",
                        "INSERT INTO t VALUES (1, 10), (2, 20)",
                        "CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(20))",
                        "CREATE FUNCTION note(what VARCHAR(20)) RETURNS INT DETERMINISTIC BEGIN INSERT INTO log(what) VALUES (what);"
                                + " RETURN LAST_INSERT_ID(); END",
                        "CREATE FUNCTION harmless() RETURNS INT DETERMINISTIC NO SQL RETURN 7",
                        "CREATE VIEW hidden_write AS SELECT id, note('view') AS n FROM t",
                        "CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2; END");
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE routing");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static Connection connect(String... options) throws SQLException {
        return proxy.connectAs("app", "app-secret", "routing", options);
    }

    @Test
    void readsSpreadEvenlyOverBothReplicas() throws SQLException {
        Map<String, Integer> counts = new HashMap<>();
        try (Connection connection = connect()) {
            proxy.awaitSpread(connection, "SELECT v FROM t WHERE id = 1");
            for (int i = 0; i < 200; i++) {
                String server = requireNonNull(Sql.value(connection, "SELECT @@server_id FROM t WHERE id = 1"));
                Route route = Sql.route(connection);
                assertThat(route).isEqualTo(new Route(addressOf(server), "replica", "read", ""));
                counts.merge(route.backend(), 1, Integer::sum);
            }
        }
        assertThat(counts)
                .hasSize(2)
                .allSatisfy((backend, count) -> assertThat(count).isBetween(90, 110));
    }

    private static String addressOf(String serverId) {
        return Servers.mysql().servers().get(Integer.parseInt(serverId) - 1).address();
    }

    @Test
    void aWriteGoesToThePrimaryAndItsOwnReadSeesIt() throws SQLException {
        try (Connection connection = connect()) {
            for (int i = 0; i < 50; i++) {
                assertThat(Sql.routeOf(connection, "UPDATE t SET v = " + i + " WHERE id = 2"))
                        .isEqualTo(new Route(addressOf("1"), "primary", "write", ""));
                assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 2"))
                        .isEqualTo(Integer.toString(i));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM t WHERE id = 1 FOR UPDATE",
                "select * from t where id = 1 for\nupdate",
                "SELECT * FROM t WHERE id = 1 FOR UPDATE NOWAIT",
                "SELECT * FROM t WHERE id = 1 FOR UPDATE SKIP LOCKED",
                "SELECT * FROM t WHERE id = 1 FOR SHARE",
                "SELECT * FROM t WHERE id = 1 FOR SHARE OF t NOWAIT",
                "SELECT * FROM t WHERE id = 1 FOR/**/UPDATE",
                "SELECT * FROM t WHERE id = 1 LOCK IN SHARE MODE",
                "SELECT * FROM t WHERE id = 1 LOCK /* x */ IN -- y\n SHARE MODE",
                "(SELECT * FROM t WHERE id = 1 FOR UPDATE)",
                "SELECT * FROM (SELECT * FROM t WHERE id = 1 FOR UPDATE) d",
                "SELECT * FROM t WHERE id IN (SELECT id FROM t FOR SHARE)",
                "WITH c AS (SELECT * FROM t WHERE id = 1 FOR UPDATE) SELECT * FROM c",
                "(SELECT id FROM t FOR UPDATE) UNION (SELECT 1)",
                "TABLE t FOR UPDATE"
            })
    void everySpellingOfALockingReadGoesToThePrimary(String sql) throws SQLException {
        try (Connection connection = connect()) {
            assertThat(Sql.routeOf(connection, sql))
                    .isEqualTo(new Route(addressOf("1"), "primary", "locking_read", ""));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT v FROM t WHERE id = 1 INTO @v | into_clause",
                "SELECT v INTO @v FROM t WHERE id = 1 | into_clause",
                "SELECT @v := v FROM t WHERE id = 1 | user_variable",
                "SELECT /*!80000 SQL_NO_CACHE */ v FROM t | executable_comment",
                "SELECT v FROM t WHERE id = 1 /*! FOR UPDATE */ | locking_read",
                "SELECT harmless() | unknown_function",
                "SELECT v FROM t WHERE v = harmless() | unknown_function",
                "SELECT routing.harmless() | unknown_function",
                "CALL two() | opaque_statement",
                "DO 1 | opaque_statement",
                "SELECT LAST_INSERT_ID() | session_function",
                "SELECT UUID_SHORT() | side_effect_function",
                "SELECT IS_FREE_LOCK('x') | lock_function",
                "SHOW TABLES | server_statement",
                "EXPLAIN UPDATE t SET v = 1 | explain_write",
                "INSERT INTO t SELECT 3, 3 FROM t WHERE 1 = 0 | write",
                "WITH c AS (SELECT 1 AS x) UPDATE t, c SET t.v = t.v WHERE t.id = c.x AND 1 = 0 | write"
            })
    void whatIsNoProvenReadGoesToThePrimaryForItsReason(String sql, String reason) throws SQLException {
        try (Connection connection = connect()) {
            Route route = Sql.routeOf(connection, sql);
            assertThat(route.backend()).isEqualTo(addressOf("1"));
            assertThat(route.reason()).isEqualTo(reason);
        }
    }

    @Test
    void aMultiStatementWithAWriteRunsOnThePrimaryAndRelaysAllResults() throws SQLException {
        try (Connection connection = connect("allowMultiQueries=true");
                Statement statement = connection.createStatement()) {
            assertThat(statement.execute(
                            "SELECT v FROM t WHERE id = 1; UPDATE t SET v = 11 WHERE id = 1; SELECT v FROM t"
                                    + " WHERE id = 1"))
                    .isTrue();
            assertThat(single(statement)).isEqualTo("10");
            assertThat(statement.getMoreResults()).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(1);
            assertThat(statement.getMoreResults()).isTrue();
            assertThat(single(statement)).isEqualTo("11");
            assertThat(statement.getMoreResults()).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(-1);
            assertThat(Sql.route(connection)).isEqualTo(new Route(addressOf("1"), "primary", "multi_statement", ""));
            Sql.run(connection, "UPDATE t SET v = 10 WHERE id = 1");
        }
    }

    private static String single(Statement statement) throws SQLException {
        try (ResultSet rows = statement.getResultSet()) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    @Test
    void anErrorInTheMiddleOfAMultiStatementEndsItAndTheSessionLives() throws SQLException {
        try (Connection connection = connect("allowMultiQueries=true")) {
            assertThat(Sql.error(connection, "SELECT 1; SELECT * FROM nothing; SELECT 2"))
                    .isEqualTo(1146);
            assertThat(Sql.value(connection, "SELECT 3")).isEqualTo("3");
        }
    }

    @Test
    void severalStatementsWithoutTheOptionAreASyntaxError() throws SQLException {
        try (Connection connection = connect()) {
            assertThat(Sql.error(connection, "SELECT 1; SELECT 2")).isEqualTo(1064);
        }
    }

    @Test
    void aFunctionThatWritesWorksInsideSelect() throws SQLException {
        try (Connection connection = connect()) {
            for (int i = 0; i < 5; i++) {
                assertThat(Sql.value(connection, "SELECT note('select')")).isNotNull();
                assertThat(Sql.value(connection, "SELECT COUNT(*) FROM log WHERE what = 'select'"))
                        .isEqualTo(Integer.toString(i + 1));
            }
        }
    }

    @Test
    void aWriteThatNoTextShowsIsRefusedByTheReplicaRunsOnceOnThePrimaryAndIsLearned() throws SQLException {
        try (Connection connection = connect()) {
            assertThat(Sql.rows(connection, "SELECT n FROM hidden_write WHERE id = 1"))
                    .hasSize(1);
            assertThat(Sql.route(connection).reason()).isEqualTo("replica_refused");
            assertThat(Sql.rows(connection, "SELECT n FROM hidden_write WHERE id = 2"))
                    .hasSize(1);
            assertThat(Sql.route(connection).reason()).isEqualTo("learned_write");
            assertThat(Sql.value(connection, "SELECT COUNT(*) FROM log WHERE what = 'view'"))
                    .isEqualTo("2");
        }
    }

    @Test
    void anErrorOfAReadIsRelayedWithItsNumberAndState() throws SQLException {
        try (Connection connection = connect()) {
            assertThatThrownBy(() -> Sql.value(connection, "SELECT x FROM t"))
                    .isInstanceOfSatisfying(SQLException.class, e -> {
                        assertThat(e.getErrorCode()).isEqualTo(1054);
                        assertThat(e.getSQLState()).isEqualTo("42S22");
                    });
            assertThat(Sql.route(connection).isReplica()).isTrue();
        }
    }

    @Test
    void anotherSessionsWriteDoesNotKeepThisSessionOnThePrimary() throws SQLException {
        try (Connection writer = connect();
                Connection reader = connect()) {
            Sql.run(writer, "UPDATE t SET v = v + 1 WHERE id = 2");
            assertThat(Sql.routeOf(reader, "SELECT v FROM t WHERE id = 2").isReplica())
                    .isTrue();
        }
    }
}
