package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Session and user variables on MariaDB 10.11, which has others than MySQL and other names for them. */
@Timeout(300)
class MariaDbVariablesIT {
    private static final String OF_A_MOMENT = "non_replayable_variable";

    /** What ties the session to its connection instead of going along, each for the reason that is given here. */
    private static final Map<String, String> TIES = Map.ofEntries(
            // Where in which sequence the next transaction is logged: two servers must not both have it.
            Map.entry("gtid_domain_id", OF_A_MOMENT),
            Map.entry("gtid_seq_no", OF_A_MOMENT),
            Map.entry("server_id", OF_A_MOMENT),
            Map.entry("skip_parallel_replication", OF_A_MOMENT),
            Map.entry("skip_replication", OF_A_MOMENT),
            // What is written without it would be missing elsewhere, so nothing else is to run there.
            Map.entry("sql_log_bin", OF_A_MOMENT),
            // About the next or the last INSERT, not about the session.
            Map.entry("identity", OF_A_MOMENT),
            Map.entry("insert_id", OF_A_MOMENT),
            Map.entry("last_insert_id", OF_A_MOMENT),
            // The seed moves on with each RAND().
            Map.entry("rand_seed1", OF_A_MOMENT),
            Map.entry("rand_seed2", OF_A_MOMENT),
            // What mysqlbinlog sets in front of the events that it replays.
            Map.entry("pseudo_slave_mode", OF_A_MOMENT),
            Map.entry("pseudo_thread_id", OF_A_MOMENT),
            // They follow from the schema; set by hand they last until the next USE.
            Map.entry("character_set_database", OF_A_MOMENT),
            Map.entry("collation_database", OF_A_MOMENT),
            // The clock of the statements to come; set to 0 it runs again, from each server's own time.
            Map.entry("profiling", "profiling"),
            Map.entry("optimizer_trace", "profiling"),
            Map.entry("timestamp", OF_A_MOMENT));

    /** What this test cannot change. */
    private static final Map<String, String> NOT_TRIED = Map.of(
            "query_cache_type", "can be changed only on a server that started with a query cache",
            "wsrep_gtid_seq_no", "takes a Galera cluster",
            "wsrep_on", "takes a Galera cluster",
            "wsrep_osu_method", "takes a Galera cluster",
            "wsrep_trx_fragment_size", "takes a Galera cluster",
            "wsrep_trx_fragment_unit", "takes a Galera cluster");

    /** What other forms of SET tie that the usual one does not. */
    private static final Pattern OTHER_TIES = Pattern.compile(
            // Which of several statements has changed what is not told.
            "SEVERAL \\w+=(.*unreported_change.*|session_tracking)"
                    // Sluice asks for what has been set where the usual form says it.
                    + "|\\w+ session_track_\\w+=session_tracking"
                    // Of this form it reports nothing.
                    + "|VARIABLE \\w+=.*non_replayable_variable.*");

    private static LocalCluster cluster;
    private static TestProxy one;

    @BeforeAll
    static void start() throws Exception {
        MariaDbServer.requireInstalled(MariaDbVariablesIT.class);
        cluster = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .start();
        cluster.primary()
                .execute(
                        "CREATE DATABASE state",
                        "CREATE TABLE state.stop (value VARCHAR(30)) ENGINE=InnoDB",
                        "CREATE TABLE app.t (id INT PRIMARY KEY, v INT)",
                        "INSERT INTO app.t VALUES (1, 1)",
                        "GRANT ALL ON *.* TO 'native'@'%'");
        one = TestProxy.options().eventLoops(1).connections(1).servers(2).start(cluster);
        one.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        if (one != null) {
            one.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @AfterEach
    void quiet() throws IOException {
        one.awaitQuiet();
    }

    @Test
    void everySessionVariableSurvivesAChangeOfConnection() throws Exception {
        try (VariableWalk walk = new VariableWalk(one)) {
            walk.walk();
            System.getLogger("MariaDbVariablesIT")
                    .log(System.Logger.Level.INFO, "{0} survived, pinned {1}", walk.survived, walk.pinned);
            assertThat(walk.lost).isEmpty();
            assertThat(walk.leaked).isEmpty();
            assertThat(walk.unchanged).containsOnlyKeys(NOT_TRIED.keySet());
            assertThat(walk.pinned).containsExactlyInAnyOrderEntriesOf(TIES);
            assertThat(walk.survived).isGreaterThan(100);
            assertThat(walk.survivedInForms).isGreaterThan(700);
            assertThat(walk.pinnedByForm)
                    .allSatisfy((set, pins) -> assertThat(set + "=" + pins).matches(OTHER_TIES));
        }
    }

    static List<String> statements() {
        return UserVariableWalk.STATEMENTS;
    }

    @ParameterizedTest
    @MethodSource("statements")
    void aUserVariableIsTheSameOnEveryConnection(String statements) throws SQLException {
        try (Connection direct = one.direct();
                Connection session = one.connect();
                Connection other = one.connect()) {
            UserVariableWalk.walk(statements, direct, session, other);
        }
    }

    @Test
    void anEmptyStringThatIsNullIsNull() throws SQLException {
        try (Connection session = one.connect();
                Connection other = one.connect()) {
            Sql.run(session, "SET sql_mode = 'EMPTY_STRING_IS_NULL'", "SET @a = ''");
            assertThat(Sql.value(session, "SELECT @a IS NULL")).isEqualTo("1");
            Sql.run(session, "SET @a = 1, sql_mode = ''", "SET @a = ''");
            assertThat(Sql.route(session).pins()).isEmpty();
            Sql.run(other, "SET sql_mode = 'EMPTY_STRING_IS_NULL'", "SELECT 1", "SELECT 1 FROM t FOR UPDATE");
            assertThat(Sql.rows(session, "SELECT @a IS NULL, @@sql_mode")).containsExactly("0,");
            assertThat(Sql.rows(session, "SELECT @a IS NULL, @@sql_mode FROM t FOR UPDATE"))
                    .containsExactly("0,");
        }
    }

    /** The account may write on a read-only server: nothing but Sluice keeps it from doing so. */
    @ParameterizedTest
    @ValueSource(strings = {"TRUNCATE TABLE n", "BEGIN", "START TRANSACTION", "DROP TABLE n"})
    void whatEndsAReadOnlyTransactionRunsOnThePrimary(String sql) throws SQLException {
        cluster.primary().execute("CREATE OR REPLACE TABLE app.n (id INT)", "INSERT INTO app.n VALUES (1)");
        one.awaitCaughtUp();
        try (Connection session = one.connectAs("native", "native-secret", "app")) {
            Sql.run(session, "START TRANSACTION READ ONLY", "SELECT * FROM n");
            assertThat(Sql.route(session).role()).isEqualTo("replica");
            assertThat(Sql.routeOf(session, sql).role()).isEqualTo("primary");
            Sql.run(session, "UPDATE t SET v = v WHERE id = 1", "COMMIT");
            Sql.run(session, "SET SESSION TRANSACTION READ ONLY", "BEGIN", "BEGIN", "SELECT 1", "COMMIT");
        }
    }

    @ParameterizedTest
    @CsvSource({"BACKUP STAGE START, BACKUP STAGE END", "BACKUP LOCK t, BACKUP UNLOCK"})
    void aBackupTiesUntilItIsOver(String begin, String end) throws SQLException {
        try (Connection session = one.connectAs("native", "native-secret", "app")) {
            assertThat(Sql.routeOf(session, begin).pins()).isEqualTo("instance_lock");
            assertThat(Sql.routeOf(session, "SELECT v FROM t WHERE id = 1").reason())
                    .isEqualTo("pinned");
            assertThat(Sql.routeOf(session, end).pins()).isEmpty();
        }
    }

    /** The server says nothing of it, not even when session tracking is asked for all variables. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET @@%s = %s",
                "SET @nothing = 1, @@%s = %s",
                "DO 1; SET @@%s = %s; DO 2",
                "SET /*!50000 @@%s */ = %s",
                "PREPARE p FROM 'SET @@%s = %s'; EXECUTE p",
                "EXECUTE IMMEDIATE 'SET @@%s = %s'"
            })
    void aVariableSetWithoutAScopeStaysWithItsSession(String form) throws SQLException {
        for (String[] setting : new String[][] {
            {"sort_buffer_size", "65536"},
            {"time_zone", "\"+05:00\""},
            {"autocommit", "0"},
            {"sql_mode", "\"ANSI_QUOTES\""}
        }) {
            String set = form.formatted(setting[0], setting[1]);
            String read = "SELECT @@" + setting[0];
            try (Connection direct = one.direct();
                    Connection session = one.connect("allowMultiQueries=true")) {
                String alone = Sql.value(direct, read);
                for (String sql : set.startsWith("PREPARE") ? set.split("; ", -1) : new String[] {set}) {
                    Sql.run(session, sql);
                }
                Sql.run(direct, "SET SESSION " + setting[0] + " = " + setting[1]);
                String expected = Sql.value(direct, read);
                assertThat(expected).isNotEqualTo(alone);
                assertThat(Sql.value(session, read)).as(set).isEqualTo(expected);
                assertThat(Sql.value(session, read + " FROM t FOR UPDATE"))
                        .as(set)
                        .isEqualTo(expected);
                Sql.run(session, "ROLLBACK");
                assertThat(Sql.route(session).pins()).as(set).isNotEmpty();
            }
            try (Connection other = one.connect();
                    Connection direct = one.direct()) {
                assertThat(Sql.value(other, read + " FROM t FOR UPDATE"))
                        .as(set)
                        .isEqualTo(Sql.value(direct, read));
            }
        }
    }

    @Test
    void autocommitIsOffHoweverItWasSwitchedOff() throws Exception {
        try (RawClient session = one.raw()) {
            session.query("SET @@autocommit = 0");
            byte[] pong = session.ask(CommandType.COM_PING, new byte[0]);
            assertThat(session.ok(pong).status() & ServerStatus.SERVER_STATUS_AUTOCOMMIT)
                    .isZero();
            session.query("UPDATE app.t SET v = 99 WHERE id = 1");
            session.query("ROLLBACK");
            assertThat(session.value("SELECT v FROM app.t WHERE id = 1")).isEqualTo("1");
        }
    }

    @Test
    void whatATriggerSetsWithoutAScopeStaysWithItsSession() throws Exception {
        cluster.primary()
                .execute(
                        "CREATE OR REPLACE TABLE app.fired (v INT)",
                        "CREATE TRIGGER app.fires BEFORE INSERT ON app.fired FOR EACH ROW SET @@sort_buffer_size = 65536");
        try (TestProxy watching =
                TestProxy.options().eventLoops(1).connections(1).servers(1).start(cluster)) {
            try (Connection session = watching.connect()) {
                Sql.run(session, "INSERT INTO fired VALUES (1)");
                assertThat(Sql.value(session, "SELECT @@sort_buffer_size")).isEqualTo("65536");
                assertThat(Sql.route(session).pins()).isNotEmpty();
            }
            try (Connection other = watching.connect()) {
                assertThat(Sql.value(other, "SELECT @@sort_buffer_size")).isNotEqualTo("65536");
            }
        } finally {
            cluster.primary().execute("DROP TABLE app.fired");
        }
    }

    /** MySQL goes back to the server's own collation, MariaDB to that of the login. */
    @ParameterizedTest
    @ValueSource(ints = {8, 33, 45, 192})
    void aResetBringsTheCharacterSetsBackThatTheServerWouldBringBack(int collation) throws Exception {
        String question = "SELECT CONCAT_WS(' ', @@character_set_client, @@character_set_connection,"
                + " @@collation_connection, @@character_set_results)";
        try (RawClient direct =
                        RawClient.connectInCollation(one.cluster().primary().port(), collation);
                RawClient session = RawClient.connectInCollation(one.port(), collation)) {
            for (RawClient each : List.of(direct, session)) {
                each.query("SET NAMES koi8r");
                assertThat(RawClient.first(each.ask(CommandType.COM_RESET_CONNECTION, new byte[0])))
                        .isZero();
            }
            assertThat(session.value(question)).isEqualTo(direct.value(question));
            assertThat(session.value(question + " FROM app.t FOR UPDATE")).isEqualTo(direct.value(question));
        }
    }

    @Test
    void aVariableSetForOneStatementIsNobodyElses() throws SQLException {
        try (Connection session = one.connect();
                Connection other = one.connect()) {
            Route route =
                    Sql.routeOf(session, "SET STATEMENT sql_mode = 'ANSI_QUOTES', max_statement_time = 9 FOR SELECT 1");
            assertThat(route.reason()).isEqualTo("session_statement");
            assertThat(route.pins()).isEmpty();
            for (Connection each : List.of(session, other, session)) {
                assertThat(Sql.value(each, "SELECT @@max_statement_time > 0")).isEqualTo("0");
                assertThat(Sql.value(each, "SELECT \"x\"")).isEqualTo("x");
            }
            assertThat(Sql.routeOf(session, "SET STATEMENT max_statement_time = 9 FOR SET sql_mode = 'ANSI'")
                            .pins())
                    .isEqualTo("routine");
        }
    }
}
