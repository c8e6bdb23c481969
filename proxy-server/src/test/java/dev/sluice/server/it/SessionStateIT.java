package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.it.StateSchemas.Turn;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many sessions over very few backend connections: each keeps its own state and sees nobody else's. */
@Timeout(120)
class SessionStateIT {
    private static final int SESSIONS = 8;

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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SET SESSION sort_buffer_size = %d | SELECT @@sort_buffer_size | 327680 | 360448",
                "SET SESSION wait_timeout = %d | SELECT @@wait_timeout | 1234 | 5678",
                "SET @@lock_wait_timeout = %d | SELECT @@lock_wait_timeout | 77 | 88",
                "SET innodb_lock_wait_timeout = %d | SELECT @@innodb_lock_wait_timeout | 7 | 8",
                "SET SESSION group_concat_max_len = %d | SELECT @@group_concat_max_len | 111 | 222",
                "SET SESSION max_execution_time = %d | SELECT @@max_execution_time | 50001 | 50002",
                "SET time_zone = '%s' | SELECT @@time_zone | +01:00 | -05:30",
                "SET sql_mode = '%s' | SELECT @@sql_mode | ANSI_QUOTES | STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES",
                "SET SESSION TRANSACTION ISOLATION LEVEL %s | SELECT @@transaction_isolation | READ COMMITTED | SERIALIZABLE",
                "SET NAMES utf8mb4 COLLATE %s | SELECT @@collation_connection | utf8mb4_bin | utf8mb4_german2_ci",
                "SET NAMES %s | SELECT @@character_set_client | latin1 | utf8mb4",
                "SET collation_connection = '%s' | SELECT @@collation_connection | latin1_bin | utf8mb4_danish_ci",
                "SET character_set_results = %s | SELECT @@character_set_results | latin1 | utf8mb4",
                "SET SESSION foreign_key_checks = %s | SELECT @@foreign_key_checks | 0 | 1",
                "SET SESSION auto_increment_increment = %d | SELECT @@auto_increment_increment | 5 | 7",
                "SET SESSION div_precision_increment = %d | SELECT 1/3 | 3 | 6",
                "SET SESSION default_week_format = %d | SELECT @@session.default_week_format | 1 | 3"
            })
    void settingsBelongToTheirSession(String set, String get, String odd, String even) throws SQLException {
        Map<Integer, String> expected = new HashMap<>();
        inTurns(
                SESSIONS,
                List.of(
                        (connection, i) -> {
                            String value = i % 3 == 0 ? null : i % 3 == 1 ? odd : even;
                            if (value != null) {
                                Sql.run(connection, set.replace("%s", value).replace("%d", value));
                            }
                            expected.put(i, String.valueOf(Sql.value(connection, get)));
                        },
                        (connection, i) -> assertThat(String.valueOf(Sql.value(connection, get)))
                                .isEqualTo(expected.get(i)),
                        (connection, i) -> assertThat(String.valueOf(Sql.value(connection, get + " /* again */")))
                                .isEqualTo(expected.get(i)),
                        (connection, i) ->
                                assertThat(Sql.route(connection).pins()).isEmpty()));
        assertThat(expected.get(0)).isEqualTo(expected.get(3)).isEqualTo(expected.get(6));
        assertThat(expected.get(1)).isEqualTo(expected.get(4)).isEqualTo(expected.get(7));
        assertThat(expected.get(2)).isEqualTo(expected.get(5));
        assertThat(List.of(expected.get(0), expected.get(1), expected.get(2)).stream()
                        .distinct())
                .hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void aRefusedSettingChangesNothing() throws SQLException {
        try (Connection connection = connect()) {
            assertThat(Sql.error(connection, "SET time_zone = 'Nowhere/Land'")).isEqualTo(1298);
            assertThat(Sql.error(connection, "SET sql_mode = 'BOGUS'")).isEqualTo(1231);
            assertThat(Sql.value(connection, "SELECT @@time_zone")).isEqualTo("SYSTEM");
            assertThat(Sql.value(connection, "SELECT 1 FROM t LIMIT 1")).isEqualTo("1");
        }
    }

    @Test
    void theModeOfASessionDecidesHowItsTextIsRead() throws SQLException {
        inTurns(
                6,
                List.of(
                        (connection, i) -> {
                            if (i % 2 == 0) {
                                Sql.run(connection, "SET sql_mode = 'ANSI_QUOTES'");
                            }
                        },
                        (connection, i) -> assertThat(Sql.value(connection, "SELECT \"v\" FROM t WHERE id = 3"))
                                .isEqualTo(i % 2 == 0 ? "3" : "v")));
    }

    @Test
    void theSchemaBelongsToItsSession() throws SQLException {
        inTurns(
                SESSIONS,
                List.of(
                        (connection, i) -> {
                            if (i % 3 == 1) {
                                Sql.run(connection, "USE state2");
                            } else if (i % 3 == 2) {
                                connection.setCatalog("app");
                            }
                        },
                        (connection, i) -> assertThat(Sql.value(connection, "SELECT DATABASE()"))
                                .isEqualTo(i % 3 == 0 ? "state" : i % 3 == 1 ? "state2" : "app"),
                        (connection, i) -> Sql.error(connection, "SELECT * FROM t"),
                        (connection, i) -> assertThat(Sql.value(connection, "SELECT DATABASE() FROM DUAL FOR UPDATE"))
                                .isEqualTo(i % 3 == 0 ? "state" : i % 3 == 1 ? "state2" : "app")));
    }

    @Test
    void aSchemaThatIsDroppedElsewhereIsAnErrorAndNotSomebodyElsesSchema() throws SQLException {
        Servers.mysql().primary().execute("CREATE DATABASE state3", "CREATE TABLE state3.only_here (id INT)");
        proxy.awaitCaughtUp();
        try (Connection connection = connect();
                Connection other = connect()) {
            Sql.run(connection, "USE state3");
            assertThat(Sql.rows(connection, "SELECT * FROM only_here")).isEmpty();
            Sql.run(other, "DROP DATABASE state3");
            proxy.awaitCaughtUp();
            assertThat(Sql.error(connection, "SELECT * FROM t")).isIn(1046, 1049, 1146);
            assertThat(Sql.error(connection, "INSERT INTO t VALUES (100, 100)")).isIn(1046, 1049, 1146);
            Sql.run(connection, "USE state");
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1")).isEqualTo("1");
        }
    }

    @Test
    void pinnedStateGoesWithItsSession() throws Exception {
        // With one connection a server, the next session gets the very connection that the last one has left.
        try (TestProxy one = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql())) {
            for (int i = 0; i < 6; i++) {
                assertNothingIsLeft(one);
            }
        }
    }

    private static void assertNothingIsLeft(TestProxy one) throws SQLException {
        try (Connection connection = one.connectAs("app", "app-secret", "state")) {
            assertThat(Sql.value(connection, "SELECT @left")).isNull();
            assertThat(Sql.error(connection, "SELECT * FROM tmp")).isEqualTo(1146);
            assertThat(Sql.error(connection, "EXECUTE p")).isEqualTo(1243);
            assertThat(Sql.value(connection, "SELECT GET_LOCK('gone', 0)")).isEqualTo("1");
            Sql.run(
                    connection,
                    "SET @left = 1",
                    "CREATE TEMPORARY TABLE tmp (id INT)",
                    "PREPARE p FROM 'SELECT 1'",
                    "LOCK TABLES t WRITE, tmp WRITE");
        }
    }

    @Test
    void connectorsResetServerStateBringsBackTheStateOfALogin() throws SQLException {
        try (Connection connection = connect()) {
            String mode = Sql.value(connection, "SELECT @@sql_mode");
            Sql.run(connection, "SET @v = 1", "SET sql_mode = ''", "USE state2", "CREATE TEMPORARY TABLE tmp (id INT)");
            connection.unwrap(com.mysql.cj.jdbc.JdbcConnection.class).resetServerState();
            assertThat(Sql.value(connection, "SELECT @v")).isNull();
            assertThat(Sql.value(connection, "SELECT @@sql_mode")).isEqualTo(mode);
            assertThat(Sql.route(connection).pins()).isEmpty();
            assertThat(Sql.error(connection, "SELECT * FROM tmp")).isEqualTo(1146);
        }
    }

    @Test
    void comResetConnectionEndsTransactionsPinsAndSettingsButKeepsTheSchema() throws Exception {
        try (RawClient client = proxy.raw()) {
            client.query("USE state");
            client.query("SET @v = 1, SESSION sql_mode = 'ANSI_QUOTES', autocommit = 0");
            client.query("CREATE TEMPORARY TABLE tmp (id INT)");
            client.query("BEGIN");
            client.query("UPDATE t SET v = 99 WHERE id = 2");
            int statement = client.prepare("SELECT ?");
            byte[] ok = client.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
            assertThat(client.ok(ok).status()).isEqualTo(2);
            assertThat(client.value("SELECT @v")).isEqualTo("NULL");
            assertThat(client.value("SELECT DATABASE()")).isEqualTo("state");
            assertThat(client.value("SELECT \"x\"")).isEqualTo("x");
            assertThat(client.value("SELECT @@autocommit")).isEqualTo("1");
            assertThat(client.value("SELECT v FROM t WHERE id = 2")).isEqualTo("2");
            List<byte[]> gone = client.execute(statement, 1, true);
            assertThat(client.err(gone.get(0)).code()).isEqualTo(1243);
            assertThat(client.err(client.query("SELECT * FROM tmp").get(0)).code())
                    .isEqualTo(1146);
        }
    }

    @Test
    void changeUserStartsAnewAsSomebodyElse() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "SET @v = 1", "CREATE TEMPORARY TABLE tmp (id INT)", "SET sql_mode = 'ANSI_QUOTES'");
            var mysql = connection.unwrap(com.mysql.cj.jdbc.JdbcConnection.class);
            mysql.changeUser("native", "native-secret");
            assertThat(Sql.value(connection, "SELECT CURRENT_USER()")).isEqualTo("native@%");
            assertThat(Sql.value(connection, "SELECT @v")).isNull();
            assertThat(Sql.value(connection, "SELECT CURRENT_USER() FROM DUAL FOR UPDATE"))
                    .isEqualTo("native@%");
            mysql.changeUser("app", "app-secret");
            assertThat(Sql.value(connection, "SELECT CURRENT_USER()")).isEqualTo("app@%");
            assertThat(Sql.error(connection, "SELECT * FROM tmp")).isEqualTo(1146);
        }
    }

    @Test
    void aWaitForAConnectionEndsWhenOneIsFree() throws Exception {
        try (Connection one = connect();
                Connection two = connect();
                Connection waiting = connect()) {
            Sql.run(one, "SET @v = 1 + 0");
            Sql.run(two, "SET @v = 1 + 0");
            CompletableFuture<Integer> waits =
                    CompletableFuture.supplyAsync(() -> Sql.error(waiting, "UPDATE t SET v = v WHERE id = 1"));
            assertThat(waits).isNotDone();
            one.abort(Runnable::run);
            assertThat(waits.get(10, TimeUnit.SECONDS)).isZero();
        }
    }

    /** Two users, so that connections of one have to make room for the other all the time. */
    @Test
    void serversNeverHaveMoreConnectionsThanTheCap() throws SQLException {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE USER 'one'@'%' IDENTIFIED BY 'cap', 'two'@'%' IDENTIFIED BY 'cap'",
                        "GRANT ALL ON state.* TO 'one'@'%', 'two'@'%'");
        proxy.awaitCaughtUp();
        String connections = "SELECT COUNT(*) FROM information_schema.processlist WHERE user IN ('one', 'two')";
        try (Connection one = proxy.connectAs("one", "cap", "state");
                Connection two = proxy.connectAs("two", "cap", "state")) {
            for (int i = 0; i < 40; i++) {
                Connection next = i % 2 == 0 ? one : two;
                Sql.run(next, "SELECT v FROM t WHERE id = 1", "UPDATE t SET v = v WHERE id = 1");
                for (var server : Servers.mysql().servers()) {
                    assertThat(Integer.parseInt(server.queryValue(connections))).isBetween(0, 2);
                }
            }
        } finally {
            Servers.mysql().primary().execute("DROP USER 'one'@'%', 'two'@'%'");
        }
    }

    /** Thirty-two sessions set and read back for thousands of steps; each has a model of what it must see. */
    @Test
    void aRandomWalkOfManySessionsLeaksNothing() throws Exception {
        long seed = Long.getLong("sluice.seed", 8_031L);
        SplittableRandom random = new SplittableRandom(seed);
        try (TestProxy few = TestProxy.options().eventLoops(1).connections(3).start(Servers.mysql())) {
            List<Connection> connections = new ArrayList<>();
            List<Map<String, String>> models = new ArrayList<>();
            try {
                for (int i = 0; i < 32; i++) {
                    connections.add(few.connectAs("app", "app-secret", "state"));
                    models.add(new HashMap<>());
                }
                Map<String, String> defaults = new HashMap<>();
                for (Variable variable : Variable.values()) {
                    defaults.put(variable.query, Sql.value(connections.get(0), variable.query));
                }
                for (int step = 0; step < 4_000; step++) {
                    int who = random.nextInt(connections.size());
                    Variable variable = Variable.values()[random.nextInt(Variable.values().length)];
                    if (random.nextInt(3) == 0) {
                        String value = variable.values.get(random.nextInt(variable.values.size()));
                        Sql.run(connections.get(who), variable.set.formatted(value));
                        models.get(who).put(variable.query, value);
                    } else {
                        String writes = random.nextInt(4) == 0 ? " FROM t WHERE id = 1 FOR UPDATE" : "";
                        assertThat(Sql.value(connections.get(who), variable.query + writes))
                                .as("seed %d, step %d, session %d: %s", seed, step, who, variable)
                                .isEqualTo(models.get(who).getOrDefault(variable.query, defaults.get(variable.query)));
                    }
                }
            } finally {
                for (Connection connection : connections) {
                    connection.close();
                }
            }
            few.awaitQuiet();
        }
    }

    @SuppressWarnings("ImmutableEnumChecker") // List.of
    private enum Variable {
        MODE("SET sql_mode = '%s'", "SELECT @@sql_mode", "ANSI_QUOTES", "", "NO_BACKSLASH_ESCAPES"),
        ZONE("SET time_zone = '%s'", "SELECT @@time_zone", "+01:00", "-08:00", "SYSTEM"),
        SCHEMA("USE %s", "SELECT DATABASE()", "state"),
        COLLATION(
                "SET collation_connection = '%s'",
                "SELECT @@collation_connection", "utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_0900_ai_ci"),
        ISOLATION(
                "SET SESSION transaction_isolation = '%s'",
                "SELECT @@transaction_isolation", "READ-COMMITTED", "REPEATABLE-READ"),
        TIMEOUT("SET SESSION wait_timeout = %s", "SELECT @@wait_timeout", "100", "200", "300"),
        CONCAT("SET SESSION group_concat_max_len = %s", "SELECT @@group_concat_max_len", "10", "20", "30"),
        RESULTS("SET character_set_results = %s", "SELECT @@character_set_results", "latin1", "utf8mb4", "binary");

        private final String set;
        private final String query;
        private final List<String> values;

        Variable(String set, String query, String... values) {
            this.set = set;
            this.query = query;
            this.values = List.of(values);
        }
    }
}
