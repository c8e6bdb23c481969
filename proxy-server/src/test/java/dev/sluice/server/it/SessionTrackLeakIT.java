package dev.sluice.server.it;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A session that touches the switches of session tracking, in whatever form, leaves nothing of what it sets besides to
 * the next one on its connections: there is one to each server.
 */
@Timeout(120)
class SessionTrackLeakIT {
    private static final Map<Vendor, TestProxy> PROXIES = new EnumMap<>(Vendor.class);
    private static LocalCluster mariaDb;

    private static final String STATE =
            "SELECT @@sql_mode, @@sql_safe_updates, @@lock_wait_timeout, @@autocommit, @leak,"
                    + " @@session_track_schema, @@session_track_system_variables";

    /** Each is what one session sends. */
    private static final List<List<String>> SESSIONS = List.of(
            List.of("SET sql_mode = 'ANSI_QUOTES', sql_safe_updates = @@session_track_schema"),
            List.of("SET sql_safe_updates = 1, lock_wait_timeout = 71, session_track_schema = 0"),
            List.of("PREPARE s FROM 'SET session_track_schema = 0, sql_safe_updates = 1'", "EXECUTE s"),
            List.of(
                    "PREPARE s FROM 'SET session_track_schema = 0, sql_safe_updates = 1'",
                    "EXECUTE s",
                    "DEALLOCATE PREPARE s"),
            List.of("SET session_track_schema = 0, sql_safe_updates/* */= 1, `lock_wait_timeout`-- \n = 71"),
            List.of("SET session_track_schema = 0, sql_safe_updates /*!50000 = */ 1"),
            List.of("SET session_track_schema = 0 /*!50000 , sql_safe_updates /**/ = 1*/"),
            List.of("SET @@transaction_read_only = 1, session_track_schema = 0"),
            List.of("SET session_track_schema = 0, @leak = 1 + 1"),
            List.of("SET session_track_schema = app.leaking()"),
            List.of("SET session_track_schema = (SELECT leak FROM app.leaking_view)"),
            List.of("SELECT @@session_track_schema, leak FROM app.leaking_view"),
            List.of("SET STATEMENT session_track_system_variables = '', session_track_state_change = 0"
                    + " FOR SELECT leak FROM app.leaking_view"),
            List.of("SELECT @@session_track_schema INTO @leak"),
            List.of("SELECT @leak := @@session_track_schema"),
            List.of("SHOW VARIABLES WHERE Variable_name = 'version' AND app.leaking() = 1"),
            List.of("INSERT INTO app.leaking_table VALUES (@@session_track_schema)"),
            List.of("SET session_track_schema = 0; SET sql_safe_updates = 1, @leak = 1"),
            List.of("SELECT @@session_track_schema; SET sql_safe_updates = 1, @leak = 1"),
            List.of(
                    "SET session_track_schema = 0",
                    "SET sql_safe_updates = 1",
                    "SHOW VARIABLES LIKE 'x'",
                    "SET @leak = 1"),
            List.of(
                    "SET session_track_system_variables = 'sql_mode\\\\', sql_safe_updates = 1",
                    "SHOW VARIABLES LIKE 'x'"),
            List.of("SET session_track_system_variables = 'x\\\\'', sql_safe_updates=1-- '", "SHOW VARIABLES LIKE 'x'"),
            List.of(
                    "BEGIN",
                    "SET session_track_schema = 0, sql_safe_updates = 1, autocommit = 0",
                    "SELECT 1",
                    "COMMIT"),
            List.of("CALL app.leak_all()"),
            List.of("PREPARE s FROM 'CALL app.leak_all()'", "EXECUTE s"),
            List.of("SET @@session.`session_track_system_variables` = '', @@session . session_track_state_change = 0,"
                    + " @@`sql_safe_updates` = 1"),
            List.of("SET session_track_gtids = OFF", "SET sql_safe_updates = 1"));

    /** What would tie the session, or is long. */
    private static final Pattern OF_A_MOMENT = Pattern.compile(
            "character|collation|debug|gtid|identity|immediate|insert_id|last_insert|optimizer|original|pseudo|proxy|rand_"
                    + "|resultset|server_id|session_track|skip_|sql_log_bin|timestamp|old_mode|wsrep");

    enum Vendor {
        MYSQL,
        MARIADB
    }

    @BeforeAll
    static void start() throws Exception {
        MariaDbServer.requireInstalled(SessionTrackLeakIT.class);
        mariaDb = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .start();
        for (LocalCluster cluster : List.of(Servers.mysql(), mariaDb)) {
            cluster.primary()
                    .execute(
                            "CREATE TABLE app.leaking_table (v INT)",
                            "CREATE TABLE app.held (v INT)",
                            "INSERT INTO app.held VALUES (1)",
                            "CREATE TRIGGER app.leaking_trigger BEFORE INSERT ON app.leaking_table FOR EACH ROW SET @leak = 1",
                            "CREATE FUNCTION app.leaking() RETURNS INT DETERMINISTIC NO SQL"
                                    + " BEGIN SET @leak = 1; RETURN 1; END",
                            "CREATE VIEW app.leaking_view AS SELECT app.leaking() AS leak",
                            "CREATE PROCEDURE app.leak_all() BEGIN SET session_track_schema = 0,"
                                    + " session_track_system_variables = '', session_track_state_change = 0;"
                                    + " SET SESSION sql_safe_updates = 1, @leak = 1; END",
                            "GRANT ALL ON app.* TO 'native'@'%'");
        }
        PROXIES.put(Vendor.MYSQL, one(Servers.mysql()));
        PROXIES.put(Vendor.MARIADB, one(mariaDb));
    }

    private static TestProxy one(LocalCluster cluster) throws Exception {
        TestProxy proxy = TestProxy.options().eventLoops(1).connections(1).start(cluster);
        proxy.awaitCaughtUp();
        return proxy;
    }

    @AfterAll
    static void stop() {
        PROXIES.values().forEach(TestProxy::close);
        if (mariaDb != null) {
            Servers.mysql()
                    .primary()
                    .execute(
                            "DROP TABLE app.leaking_table, app.held",
                            "DROP VIEW app.leaking_view",
                            "DROP FUNCTION app.leaking",
                            "DROP PROCEDURE app.leak_all");
            mariaDb.close();
        }
    }

    /** What one test leaves on its connections is not to be found by the next. */
    @BeforeEach
    void onNewConnections() throws SQLException {
        for (TestProxy proxy : PROXIES.values()) {
            for (LocalServer server : proxy.cluster().servers()) {
                Sql.endConnectionsOf("native", server);
            }
            proxy.awaitNoConnectionOf("native");
        }
    }

    @AfterEach
    void quiet() throws IOException {
        for (TestProxy proxy : PROXIES.values()) {
            proxy.awaitQuiet();
        }
    }

    private static TestProxy proxy(Vendor vendor) {
        return requireNonNull(PROXIES.get(vendor));
    }

    static Stream<Arguments> sessions() {
        return Stream.of(Vendor.values()).flatMap(vendor -> SESSIONS.stream().map(each -> Arguments.of(vendor, each)));
    }

    @ParameterizedTest
    @MethodSource("sessions")
    void nothingThatASessionSetsGoesToTheNext(Vendor vendor, List<String> statements) throws IOException {
        List<String> untouched = state(proxy(vendor));
        boolean old = vendor == Vendor.MARIADB;
        try (RawClient session = proxy(vendor).raw()) {
            for (String sql : statements) {
                session.query(old ? sql.replace("transaction_read_only", "tx_read_only") : sql);
            }
        }
        assertThat(state(proxy(vendor))).isEqualTo(untouched);
    }

    static Stream<Arguments> silencers() {
        List<List<String>> ways = List.of(
                List.of("SET session_track_system_variables = '', @leak = 1", "SET session_track_schema = 0"),
                List.of("SELECT @@session_track_schema INTO @leak", "SET session_track_schema = 0"),
                List.of("CALL app.leak_all()"),
                List.of("SET sql_select_limit = 0", "CALL app.leak_all()"),
                List.of("SET session_track_schema = 0, @x = '<long>'"));
        return Stream.of(Vendor.values()).flatMap(vendor -> ways.stream().map(each -> Arguments.of(vendor, each)));
    }

    @ParameterizedTest
    @MethodSource("silencers")
    void aResetLeavesTheSchemaThatNobodyReported(Vendor vendor, List<String> statements) throws IOException {
        try (RawClient session = proxy(vendor).raw()) {
            for (String sql : statements) {
                byte[] answer = session.query(sql.replace("<long>", "x".repeat(15 << 20)))
                        .get(0);
                assertThat(RawClient.first(answer)).isNotEqualTo(RawClient.ERR);
            }
            session.query("USE information_schema");
            assertThat(pins(session)).isNotEmpty();
            byte[] reset = session.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
            assertThat(RawClient.first(reset)).isEqualTo(RawClient.OK);
            assertThat(session.value("SELECT DATABASE()")).isEqualTo("information_schema");
            assertThat(pins(session)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsPreparedWithoutReportsIsPreparedInTheSchemaOfThen(Vendor vendor) throws IOException {
        String sql = "SELECT CONCAT(DATABASE(), ?)";
        try (RawClient session = proxy(vendor).raw()) {
            session.query("SET session_track_system_variables = '', @leak = 1");
            session.query("SET session_track_schema = 0");
            int before = session.prepare(sql);
            assertThat(executed(session, before)).isEqualTo("app7");
            session.query("USE information_schema");
            int then = session.prepare(sql);
            assertThat(executed(session, then)).isEqualTo("information_schema7");
            assertThat(executed(session, before)).isEqualTo("app7");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatWasPreparedBeforeLeavesWhatIsNotReportedAsItIs(Vendor vendor) throws IOException {
        try (RawClient session = proxy(vendor).raw()) {
            session.query("SET sql_mode = 'ANSI_QUOTES'");
            int before = session.prepare("SELECT CONCAT(@@sql_mode, ?)");
            session.query("SET sql_mode = 'NO_BACKSLASH_ESCAPES'");
            session.query("SET session_track_system_variables = '', @leak = 1");
            session.query("SET sql_mode = 'NO_UNSIGNED_SUBTRACTION'");
            assertThat(executed(session, before)).isEqualTo("NO_UNSIGNED_SUBTRACTION7");
            assertThat(session.value("SELECT @@sql_mode")).isEqualTo("NO_UNSIGNED_SUBTRACTION");
        }
    }

    private static String executed(RawClient client, int statement) throws IOException {
        byte[] row = TextRow.rows(client.execute(statement, 7, true)).get(0);
        return String.valueOf(
                TextRow.columns(Arrays.copyOfRange(row, 2, row.length)).get(0));
    }

    /** What a new session finds on the primary and on a replica; a write works as well. */
    private static List<String> state(TestProxy proxy) throws IOException {
        List<String> state = new ArrayList<>();
        try (RawClient next = proxy.raw()) {
            for (int i = 0; i < 4; i++) {
                state.add(row(next, STATE + " /* sluice: consistency=none */"));
                state.add(row(next, STATE + ", IS_FREE_LOCK('leak')"));
            }
            state.add(row(next, "SELECT \"x\""));
            byte[] written = next.query("UPDATE app.held SET v = v WHERE v = 1").get(0);
            state.add(RawClient.first(written) == RawClient.OK ? "written" : String.valueOf(next.err(written)));
        }
        return state;
    }

    private static String row(RawClient client, String sql) throws IOException {
        List<byte[]> packets = client.query(sql);
        byte[] first = packets.get(0);
        return RawClient.first(first) == RawClient.ERR
                ? String.valueOf(client.err(first))
                : TextRow.columns(TextRow.rows(packets).get(0)).toString();
    }

    private static String pins(RawClient client) throws IOException {
        return Route.ofTextRow(TextRow.rows(client.query("SHOW SLUICE ROUTE")).get(0))
                .pins();
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void noNumberOfVariablesInOneSetIsTooMany(Vendor vendor) throws IOException {
        List<String> untouched = state(proxy(vendor));
        try (RawClient session = proxy(vendor).raw()) {
            List<String> items = new ArrayList<>();
            for (byte[] row : TextRow.rows(session.query("SHOW SESSION VARIABLES"))) {
                String item = TextRow.columns(row).get(0) + " = @@"
                        + TextRow.columns(row).get(0);
                boolean settable = !OF_A_MOMENT.matcher(item).lookingAt()
                        && RawClient.first(session.query("SET " + item).get(0)) == RawClient.OK;
                if (settable) {
                    items.add(item);
                }
            }
            assertThat(items).hasSizeGreaterThan(70);
            items.add("session_track_schema = 0");
            items.add("sql_safe_updates = 1");
            byte[] set = session.query("SET " + String.join(", ", items)).get(0);
            assertThat(RawClient.first(set)).isEqualTo(RawClient.OK);
            session.query("SELECT 1");
            assertThat(pins(session)).isEmpty();
        }
        assertThat(state(proxy(vendor))).isEqualTo(untouched);
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void whoeverLooksAtVariablesKeepsTheTablesThatItHasLocked(Vendor vendor) throws IOException {
        try (RawClient session = proxy(vendor).raw()) {
            session.query("LOCK TABLES app.held WRITE");
            session.query("SHOW VARIABLES LIKE 'session_track%'");
            session.query("SELECT * FROM app.held");
            session.query("SHOW VARIABLES LIKE 'session_track%'");
            session.query("UPDATE app.held SET v = v");
            // There is a trigger that assigns a user variable.
            assertThat(pins(session)).isEqualTo("user_variable,table_lock");
            session.query("SET session_track_transaction_info = 'OFF'");
            session.query("SELECT * FROM app.held");
            assertThat(pins(session)).contains("session_tracking");
            session.query("UNLOCK TABLES");
        }
        assertThat(state(proxy(vendor))).last().isEqualTo("written");
    }
}
