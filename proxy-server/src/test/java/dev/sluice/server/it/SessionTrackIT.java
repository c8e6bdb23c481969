package dev.sluice.server.it;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients that track their session see of it: what a direct connection shows, and nothing of Sluice's own tracking. */
@Timeout(90)
class SessionTrackIT {
    private static final Map<Vendor, TestProxy> PROXIES = new EnumMap<>(Vendor.class);
    private static LocalCluster mariaDb;

    private static final List<String> STATEMENTS = List.of(
            "SELECT 1",
            "SET NAMES latin1",
            "SET NAMES utf8mb4",
            "USE app2",
            "USE app",
            "SET sql_mode = 'ANSI'",
            "SET sql_mode = ''",
            "SET time_zone = '+01:00'",
            "SET autocommit = 0",
            "SET autocommit = 1",
            "SET @x = 1",
            "INSERT INTO app.tracked VALUES (1)",
            "SELECT @@session_track_system_variables, @@session_track_schema, @@session_track_state_change",
            "SELECT @@session_track_transaction_info",
            "SHOW VARIABLES LIKE 'session_track_s%'",
            "SET session_track_system_variables = 'sql_mode, autocommit'",
            "SET sql_mode = 'ANSI'",
            "SET time_zone = '+02:00'",
            "SELECT @@session_track_system_variables",
            "SET session_track_schema = OFF",
            "USE app2",
            "USE app",
            "SET session_track_state_change = ON",
            "SET @x = 2",
            "USE app2",
            "SET session_track_schema = ON, autocommit = 1, sql_mode = '',"
                    + " session_track_system_variables = CONCAT(@@global.session_track_system_variables, ',lock_wait_timeout')",
            "SET lock_wait_timeout = 77",
            "SELECT @@lock_wait_timeout, @@sql_mode, @@autocommit",
            "SET session_track_transaction_info = 'STATE'",
            "BEGIN",
            "SELECT COUNT(*) FROM app.tracked WHERE id < 0",
            "COMMIT",
            "SET session_track_transaction_info = 'CHARACTERISTICS'",
            "START TRANSACTION READ ONLY",
            "ROLLBACK",
            "SET session_track_nothing = 1",
            "SET session_track_schema = 7",
            "SELECT @@session_track_schema",
            "SET session_track_system_variables = ''",
            "SET sql_mode = 'ANSI'",
            "SHOW SESSION VARIABLES WHERE Variable_name LIKE 'session_track%'"
                    + " AND Variable_name <> 'session_track_gtids'");

    /** From one on they tie the session to its connection. */
    private static final List<String> TYING = List.of(
            "SET NAMES latin1",
            "SET session_track_schema = 0, session_track_state_change = 1; SET time_zone = '+01:00'",
            "SET autocommit = 0",
            "INSERT INTO app.tracked VALUES (1)",
            "COMMIT",
            "SET autocommit = 1",
            "INSERT INTO app.tracked VALUES (2)",
            "SET @x = 2",
            "SELECT @@session_track_schema, @@session_track_system_variables, @@time_zone",
            "SET NAMES latin1 COLLATE latin1_bin",
            "SELECT @@collation_connection",
            "SET session_track_system_variables = '*'",
            "SET sql_mode = 'ANSI'",
            "USE app",
            "SHOW WARNINGS");

    enum Vendor {
        MYSQL,
        MARIADB
    }

    @BeforeAll
    static void start() throws Exception {
        MariaDbServer.requireInstalled(SessionTrackIT.class);
        mariaDb = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .start();
        Servers.mysql().primary().execute("CREATE TABLE app.tracked (id INT)");
        mariaDb.primary().execute("CREATE TABLE app.tracked (id INT)");
        PROXIES.put(Vendor.MYSQL, TestProxy.start(Servers.mysql()));
        PROXIES.put(Vendor.MARIADB, TestProxy.start(mariaDb));
        for (TestProxy proxy : PROXIES.values()) {
            proxy.awaitCaughtUp();
        }
    }

    @AfterAll
    static void stop() {
        PROXIES.values().forEach(TestProxy::close);
        if (mariaDb != null) {
            Servers.mysql().primary().execute("DROP TABLE app.tracked");
            mariaDb.close();
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

    private static List<String> answers(int port, List<String> statements) throws IOException {
        List<String> answers = new ArrayList<>();
        try (RawClient client = RawClient.connectWith(port, Capabilities.CLIENT_SESSION_TRACK)) {
            for (String sql : statements) {
                answers.add(sql + ": " + last(client.query(sql)));
            }
            client.send(CommandType.COM_INIT_DB, Accounts.SECOND_DATABASE.getBytes(StandardCharsets.US_ASCII));
            answers.add("COM_INIT_DB: " + HexFormat.of().formatHex(client.read()));
            client.send(CommandType.COM_RESET_CONNECTION, new byte[0]);
            answers.add("COM_RESET_CONNECTION: " + HexFormat.of().formatHex(client.read()));
            answers.add("after reset: " + last(client.query("SET NAMES utf8mb4")));
            answers.add("after reset: " + last(client.query("SELECT @@session_track_system_variables")));
            answers.add("after reset: " + last(client.query("SET time_zone = '+03:00'")));
        }
        return answers;
    }

    /** The last packets of a result. Their bytes are sorted: the entries of one OK stand in no order that a server keeps. */
    private static String last(List<byte[]> packets) {
        StringBuilder text = new StringBuilder();
        for (byte[] packet : packets.subList(Math.max(0, packets.size() - 8), packets.size())) {
            byte[] sorted = packet.clone();
            Arrays.sort(sorted);
            text.append(HexFormat.of().formatHex(sorted)).append(' ');
        }
        return text.toString();
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aSessionThatIsTrackedIsToldWhatADirectOneIs(Vendor vendor) throws IOException {
        List<String> wanted = answers(proxy(vendor).cluster().primary().port(), STATEMENTS);
        assertThat(answers(proxy(vendor).port(), STATEMENTS)).isEqualTo(wanted);
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aSessionThatIsTiedByItsSwitchesIsToldWhatADirectOneIs(Vendor vendor) throws IOException {
        List<String> wanted = answers(proxy(vendor).cluster().primary().port(), TYING);
        assertThat(answers(proxy(vendor).port(), TYING)).isEqualTo(wanted);
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void whatMariaDbsDriverSetsWhenItConnectsDoesNotPin(Vendor vendor) throws SQLException {
        String isolation = vendor == Vendor.MYSQL ? "transaction_isolation" : "tx_isolation";
        try (Connection connection = proxy(vendor).connect()) {
            Sql.run(
                    connection,
                    "set autocommit=1,sql_mode=CONCAT(@@sql_mode,',STRICT_TRANS_TABLES'),session_track_system_variables="
                            + "CONCAT('autocommit,time_zone," + isolation
                            + "',IF(LOCATE('*',@@session_track_system_variables)>0"
                            + " OR FIND_IN_SET('last_gtid',LOWER(REPLACE(@@session_track_system_variables,' ','')))>0"
                            + ",',last_gtid','')),session_track_schema=1,@@session." + isolation
                            + "='READ-COMMITTED',NAMES utf8mb4");
            Route route = Sql.routeOf(connection, "SELECT @@" + isolation + " /* sluice: consistency=none */");
            assertThat(route.pins()).isEmpty();
            proxy(vendor).awaitSpread(connection, "SELECT @@" + isolation + " /* sluice: consistency=none */");
            assertThat(Sql.value(connection, "SELECT @@" + isolation)).isEqualTo("READ-COMMITTED");
            assertThat(Sql.value(connection, "SELECT @@session_track_system_variables"))
                    .isEqualTo("autocommit,time_zone," + isolation);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET session_track_gtids = OFF",
                "SET session_track_schema = 0; SET @x = 1",
                "SET session_track_schema = 0, @x = 1",
                "INSERT INTO app.tracked VALUES (@@session_track_schema)"
            })
    void whatCannotBeFollowedTiesUntilAReset(String sql) throws SQLException {
        try (Connection connection = proxy(Vendor.MYSQL).connect("allowMultiQueries=true")) {
            String thread = "SELECT id FROM information_schema.processlist WHERE id = CONNECTION_ID()";
            assertThat(Sql.routeOf(connection, sql).pins()).contains("session_tracking");
            String before = Sql.value(connection, thread);
            assertThat(Sql.routeOf(connection, "SELECT COUNT(*) FROM app.tracked")
                            .role())
                    .isEqualTo("primary");
            connection.unwrap(com.mysql.cj.jdbc.JdbcConnection.class).resetServerState();
            assertThat(Sql.routeOf(connection, "SELECT 1").pins()).isEmpty();
            assertThat(Sql.value(connection, thread)).isNotEqualTo(before);
        }
    }

    @Test
    void insideOfATransactionASessionFindsItsSwitchesAndIsTiedBySettingThem() throws SQLException {
        try (Connection connection = proxy(Vendor.MYSQL).connect()) {
            Sql.run(connection, "SET session_track_schema = 0", "BEGIN", "INSERT INTO app.tracked VALUES (3)");
            assertThat(Sql.value(connection, "SELECT @@session_track_schema")).isEqualTo("0");
            assertThat(Sql.route(connection).pins()).isEmpty();
            assertThat(Sql.routeOf(connection, "SET session_track_schema = 1").pins())
                    .isEqualTo("session_tracking");
            Sql.run(connection, "ROLLBACK");
            assertThat(Sql.value(connection, "SELECT @@session_track_schema")).isEqualTo("1");
            assertThat(Sql.value(connection, "SELECT COUNT(*) FROM app.tracked WHERE id = 3"))
                    .isEqualTo("0");
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void switchingTrackersDoesNotPin(Vendor vendor) throws SQLException {
        try (Connection connection = proxy(vendor).connect()) {
            Sql.run(
                    connection,
                    "SET autocommit = 1, session_track_schema = OFF, lock_wait_timeout = 99",
                    "SET SESSION session_track_system_variables = 'time_zone'");
            assertThat(Sql.routeOf(connection, "SELECT @@lock_wait_timeout, 1").pins())
                    .isEmpty();
            assertThat(Sql.value(connection, "SELECT @@lock_wait_timeout")).isEqualTo("99");
            assertThat(Sql.value(connection, "SELECT @@session_track_schema")).isEqualTo("0");
            assertThat(Sql.value(connection, "SELECT @@session_track_system_variables"))
                    .isEqualTo("time_zone");
            // Sluice still sees what the session does.
            Sql.run(connection, "SET time_zone = '+05:00'");
            for (int i = 0; i < 6; i++) {
                assertThat(Sql.value(connection, "SELECT @@time_zone")).isEqualTo("+05:00");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void nobodySeesTheSwitchesOfAnother(Vendor vendor) throws SQLException {
        String switches = "SELECT CONCAT_WS(',', @@session_track_system_variables, @@session_track_schema)";
        try (Connection first = proxy(vendor).connect();
                Connection second = proxy(vendor).connect();
                Connection direct = proxy(vendor).direct()) {
            String untouched = Sql.value(direct, switches);
            String set = "SET session_track_system_variables = 'sql_mode', session_track_schema = 0";
            Sql.run(direct, set);
            String changed = Sql.value(direct, switches);
            Sql.run(first, set);
            for (int i = 0; i < 10; i++) {
                assertThat(Sql.value(first, switches)).isEqualTo(changed);
                assertThat(Sql.value(second, switches)).isEqualTo(untouched);
            }
        }
    }
}
