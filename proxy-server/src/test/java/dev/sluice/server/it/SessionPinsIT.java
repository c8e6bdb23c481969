package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.it.StateSchemas.Turn;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What ties a session to a connection, and what frees it again. */
@Timeout(90)
class SessionPinsIT {
    /** One event loop and two connections to each server. */
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        StateSchemas.create();
        proxy = StateSchemas.startProxy();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        StateSchemas.drop();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static Connection connect(String... options) throws SQLException {
        return StateSchemas.connect(proxy, options);
    }

    private static void inTurns(int count, List<Turn> turns) throws SQLException {
        StateSchemas.inTurns(proxy, count, turns);
    }

    @Test
    void userVariablesOfUnknownValueBelongToTheirSessionWhilePinned() throws SQLException {
        inTurns(
                2,
                List.of(
                        (connection, i) -> Sql.run(connection, "SET @v = 0 + " + i),
                        (connection, i) ->
                                assertThat(Sql.value(connection, "SELECT @v")).isEqualTo(Integer.toString(i)),
                        (connection, i) ->
                                assertThat(Sql.route(connection).pins()).isEqualTo("user_variable")));
        inTurns(
                2,
                List.of((connection, i) ->
                        assertThat(Sql.value(connection, "SELECT @v")).isNull()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CREATE TEMPORARY TABLE tmp (id INT) | temporary_table | DROP TEMPORARY TABLE tmp",
                "CREATE TEMPORARY TABLE tmp AS SELECT 1 AS x | temporary_table | DROP TABLE tmp",
                "SELECT GET_LOCK('l', 1) | user_lock | SELECT RELEASE_LOCK('l')",
                "SELECT GET_LOCK('l', 1) | user_lock | SELECT RELEASE_ALL_LOCKS()",
                "LOCK TABLES t READ | table_lock | UNLOCK TABLES",
                "LOCK TABLES t WRITE | table_lock | UNLOCK TABLES",
                "FLUSH TABLES WITH READ LOCK | global_read_lock | UNLOCK TABLES",
                "FLUSH TABLES t WITH READ LOCK | table_lock | UNLOCK TABLES",
                "FLUSH TABLES t FOR EXPORT | table_lock | UNLOCK TABLES",
                "PREPARE p FROM 'SELECT 1' | text_prepare | DEALLOCATE PREPARE p",
                "PREPARE p FROM 'SELECT 1' | text_prepare | DROP PREPARE p",
                "HANDLER t OPEN | handler | HANDLER t CLOSE",
                "SET TRANSACTION ISOLATION LEVEL READ COMMITTED | transaction_characteristics | COMMIT"
            })
    void whatCannotBeMovedPinsAndFreesAgain(String begin, String pin, String end) throws SQLException {
        try (Connection connection = connect();
                Connection other = connect()) {
            assertThat(Sql.routeOf(connection, begin).pins()).contains(pin);
            assertThat(Sql.routeOf(connection, "SELECT CONNECTION_ID() + 0").reason())
                    .isIn("pinned", "in_transaction", "session_function");
            Sql.run(other, "SELECT v FROM t WHERE id = 1");
            assertThat(Sql.route(other).pins()).isEmpty();
            if (pin.equals("transaction_characteristics")) {
                Sql.run(connection, "BEGIN");
            }
            assertThat(Sql.routeOf(connection, end).pins()).isEmpty();
            await().atMost(TestProxy.SOON)
                    .until(() -> Sql.routeOf(connection, "SELECT v FROM t WHERE id = 1")
                            .role()
                            .equals("replica"));
        }
    }

    @Test
    void aSavepointInFrontOfATransactionIsKnownInIt() throws SQLException {
        inTurns(
                2,
                List.of(
                        (connection, i) -> {
                            Sql.run(connection, "SET autocommit = 0", "SAVEPOINT s" + i);
                            assertThat(Sql.route(connection).pins()).isEqualTo("savepoint");
                        },
                        (connection, i) -> Sql.run(connection, "INSERT INTO t VALUES (" + (70 + i) + ", 1)"),
                        (connection, i) -> {
                            Sql.run(connection, "ROLLBACK TO s" + i);
                            assertThat(Sql.value(connection, "SELECT COUNT(*) FROM t WHERE id >= 70"))
                                    .isEqualTo("0");
                            Sql.run(connection, "COMMIT", "SET autocommit = 1");
                            assertThat(Sql.route(connection).pins()).isEmpty();
                        }));
    }

    @Test
    void anInstanceLockTiesUntilItIsReleased() throws SQLException {
        Servers.mysql().primary().execute("GRANT BACKUP_ADMIN ON *.* TO 'app'@'%'");
        try (Connection connection = connect()) {
            assertThat(Sql.routeOf(connection, "LOCK INSTANCE FOR BACKUP").pins())
                    .isEqualTo("instance_lock");
            assertThat(Sql.routeOf(connection, "SELECT v FROM t WHERE id = 1").isReplica())
                    .isFalse();
            assertThat(Sql.routeOf(connection, "UNLOCK INSTANCE").pins()).isEmpty();
        } finally {
            Servers.mysql().primary().execute("REVOKE BACKUP_ADMIN ON *.* FROM 'app'@'%'");
        }
    }

    @Test
    void aChangeThatNothingExplainsTiesUntilAReset() throws SQLException {
        Servers.mysql()
                .primary()
                .execute("CREATE TRIGGER state.sets BEFORE UPDATE ON state.t FOR EACH ROW SET @by_trigger = NEW.v");
        try (Connection connection = connect()) {
            Sql.run(connection, "UPDATE t SET v = v + 1 WHERE id = 3");
            assertThat(Sql.route(connection).pins()).contains("unreported_change");
            assertThat(Sql.value(connection, "SELECT @by_trigger")).isEqualTo("4");
            connection.unwrap(com.mysql.cj.jdbc.JdbcConnection.class).resetServerState();
            assertThat(Sql.routeOf(connection, "SELECT v FROM t WHERE id = 1").pins())
                    .isEmpty();
        } finally {
            Servers.mysql().primary().execute("DROP TRIGGER state.sets", "UPDATE state.t SET v = 3 WHERE id = 3");
        }
    }

    @Test
    void aTemporaryTableHidesThePermanentOneFromItsSessionOnly() throws SQLException {
        try (Connection connection = connect();
                Connection other = connect()) {
            Sql.run(
                    connection,
                    "CREATE TEMPORARY TABLE t (id INT PRIMARY KEY, v INT)",
                    "INSERT INTO t VALUES (1, 999)");
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1")).isEqualTo("999");
            assertThat(Sql.value(other, "SELECT v FROM t WHERE id = 1")).isEqualTo("1");
            Sql.run(connection, "DROP TEMPORARY TABLE t");
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1")).isEqualTo("1");
        }
    }

    @Test
    void aKilledBackendConnectionIsNoticedOnlyByASessionThatHadStateOnIt() throws SQLException {
        try (Connection free = connect();
                Connection pinned = connect()) {
            Sql.run(free, "SELECT v FROM t WHERE id = 1");
            Sql.run(pinned, "SET @v = 1 + 0");
            for (var server : Servers.mysql().servers()) {
                for (String id : ids(server.connect())) {
                    server.execute("KILL " + id);
                }
            }
            await().atMost(TestProxy.SOON).until(() -> Sql.error(pinned, "SELECT @v") != 0);
            assertThat(Sql.value(pinned, "SELECT @v")).isNull();
            assertThat(Sql.value(free, "SELECT v FROM t WHERE id = 1")).isEqualTo("1");
            assertThat(Sql.update(free, "UPDATE t SET v = v WHERE id = 1")).isBetween(0, 1);
        }
    }

    private static List<String> ids(Connection root) throws SQLException {
        try (root) {
            return Sql.rows(root, "SELECT id FROM information_schema.processlist WHERE user = 'app'");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SET @prepared = 1 | user_variable",
                "CREATE TEMPORARY TABLE tmp (id INT) | temporary_table",
                "SELECT GET_LOCK('prepared', 1) | user_lock",
                "SET SESSION timestamp = 1 | non_replayable_variable"
            })
    void preparingAStatementDoesNotPinAndRunningItDoes(String sql, String pin) throws Exception {
        try (RawClient client = proxy.raw()) {
            client.query("USE state");
            int id = client.prepare(sql);
            assertThat(route(client).pins()).isEmpty();
            client.query("SELECT v FROM t WHERE id = 1");
            assertThat(route(client).role()).isEqualTo("replica");
            client.send(CommandType.COM_STMT_EXECUTE, Arrays.copyOf(RawClient.int4(id), 9));
            assertThat(RawClient.first(client.readResults().get(0))).isNotEqualTo(RawClient.ERR);
            assertThat(route(client).pins()).isEqualTo(pin);
        }
    }

    private static Route route(RawClient client) throws IOException {
        List<byte[]> packets = client.query("SHOW SLUICE ROUTE");
        return Route.ofTextRow(packets.get(packets.size() - 2));
    }

    @Test
    void aTableThatIsDroppedByItsBareNameInAnotherSchemaIsNotTheTemporaryOne() throws SQLException {
        Servers.mysql().primary().execute("CREATE TABLE state2.tmp (id INT)");
        try (Connection connection = connect()) {
            Sql.run(
                    connection,
                    "CREATE TEMPORARY TABLE tmp (id INT)",
                    "INSERT INTO tmp VALUES (7)",
                    "USE state2",
                    "DROP TABLE tmp");
            assertThat(Sql.route(connection).pins()).isEqualTo("temporary_table");
            assertThat(Sql.value(connection, "SELECT id FROM state.tmp")).isEqualTo("7");
            Sql.run(connection, "USE state", "DROP TABLE tmp");
            assertThat(Sql.route(connection).pins()).isEmpty();
        }
    }
}
