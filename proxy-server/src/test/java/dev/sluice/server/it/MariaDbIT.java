package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import com.mysql.cj.jdbc.JdbcConnection;
import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.router.session.Consistency;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The core on MariaDB, where {@code mariadbd} is installed: other trackers, other GTIDs, other accounts. */
@Timeout(90)
class MariaDbIT {
    private static LocalCluster cluster;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        if (!isInstalled()) {
            System.getLogger("MariaDbIT")
                    .log(
                            System.Logger.Level.WARNING,
                            "NOT RUN: no mariadbd on PATH or in /usr/sbin, so nothing was tested on MariaDB");
            abort("no mariadbd on PATH or in /usr/sbin");
        }
        cluster = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .start();
        cluster.primary()
                .execute(
                        "CREATE TABLE app.t (id INT PRIMARY KEY, v INT)",
                        "INSERT INTO app.t VALUES (1, 10), (2, 20), (3, 30)",
                        "CREATE TABLE app.a (id INT AUTO_INCREMENT PRIMARY KEY, who INT)");
        // All before the proxy starts: once it has seen others write, reads do not spread for a minute.
        List<String> consistency = new ArrayList<>(
                List.of("CREATE DATABASE consistency", "GRANT ALL ON consistency.* TO 'app'@'%'", "USE consistency"));
        consistency.addAll(ConsistencyChecker.tables(8));
        cluster.primary().execute(consistency.toArray(String[]::new));
        proxy = TestProxy.options().eventLoops(1).connections(3).start(cluster);
        proxy.awaitCaughtUp();
    }

    private static boolean isInstalled() {
        List<Path> directories = new ArrayList<>(List.of(Path.of("/usr/sbin")));
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            directories.add(Path.of(directory));
        }
        return directories.stream().anyMatch(directory -> Files.isExecutable(directory.resolve("mariadbd")));
    }

    @AfterAll
    static void stop() {
        if (proxy != null) {
            proxy.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @Test
    void cancelAndKillWorkAsOnTheServer() throws Exception {
        try (Connection connection = proxy.connect();
                Connection other = proxy.connect();
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            assertThatThrownBy(() -> statement.executeQuery(ClientKillIT.LONG)).isInstanceOf(SQLTimeoutException.class);
            assertThat(Sql.value(connection, "SELECT COUNT(*) FROM t")).isEqualTo("3");
            String id = Sql.value(connection, "SELECT CONNECTION_ID()");
            assertThat(id)
                    .isEqualTo(Long.toString(
                            connection.unwrap(JdbcConnection.class).getId()));
            assertThat(Sql.error(other, "KILL SOFT QUERY " + id)).isZero();
            assertThat(Sql.error(other, "KILL QUERY ID 1")).isEqualTo(1235);
            assertThat(Sql.error(other, "KILL HARD CONNECTION " + id)).isZero();
            assertThat(Sql.error(connection, "SELECT 1")).isEqualTo(-1);
            assertThat(Sql.error(other, "KILL CONNECTION_ID()")).isEqualTo(1927);
        }
    }

    @Test
    void readsSpreadAndWritesStay() throws SQLException {
        // Tests write around the proxy, too, and that may not have arrived everywhere.
        String read = "SELECT v FROM t WHERE id = 1 /* sluice: consistency=none */";
        Set<String> backends = new HashSet<>();
        try (Connection connection = proxy.connect()) {
            proxy.awaitSpread(connection, read);
            for (int i = 0; i < 20; i++) {
                Route route = Sql.routeOf(connection, read);
                assertThat(route.role()).isEqualTo("replica");
                backends.add(route.backend());
            }
            assertThat(Sql.routeOf(connection, "UPDATE t SET v = v WHERE id = 1")
                            .role())
                    .isEqualTo("primary");
            assertThat(Sql.routeOf(connection, "SELECT v FROM t WHERE id = 1 FOR UPDATE")
                            .reason())
                    .isEqualTo("locking_read");
            assertThat(Sql.routeOf(connection, "SELECT v INTO @x FROM t WHERE id = 1")
                            .role())
                    .isEqualTo("primary");
        }
        assertThat(backends).hasSize(2);
    }

    @Test
    void aSessionReadsItsOwnWrites() throws SQLException {
        try (Connection connection = proxy.connect()) {
            for (int i = 0; i < 200; i++) {
                Sql.run(connection, "UPDATE t SET v = " + i + " WHERE id = 2");
                assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 2"))
                        .isEqualTo(Integer.toString(i));
            }
            proxy.awaitCaughtUp();
            assertThat(Sql.routeOf(connection, "SELECT v FROM t WHERE id = 2").role())
                    .isEqualTo("replica");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"BEGIN", "START TRANSACTION", "START TRANSACTION READ WRITE", "SET autocommit = 0"})
    void transactionsStayWhole(String begin) throws SQLException {
        try (Connection connection = proxy.connect()) {
            Sql.run(connection, begin, "UPDATE t SET v = 99 WHERE id = 3");
            assertThat(Sql.routeOf(connection, "SELECT v FROM t WHERE id = 3").role())
                    .isEqualTo("primary");
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 3")).isEqualTo("99");
            assertThat(Sql.error(connection, "INSERT INTO t VALUES (1, 1)")).isEqualTo(1062);
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 3")).isEqualTo("99");
            Sql.run(connection, "ROLLBACK");
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 3")).isEqualTo("30");
        }
    }

    @Test
    void aReadOnlyTransactionStaysOnOneReplica() throws SQLException {
        try (Connection connection = proxy.connect()) {
            Sql.run(connection, "START TRANSACTION READ ONLY");
            Route first = Sql.route(connection);
            assertThat(first.role()).isEqualTo("replica");
            for (int i = 0; i < 5; i++) {
                assertThat(Sql.routeOf(connection, "SELECT v FROM t WHERE id = 1")
                                .backend())
                        .isEqualTo(first.backend());
            }
            assertThat(Sql.error(connection, "UPDATE t SET v = 0")).isEqualTo(1792);
            Sql.run(connection, "COMMIT");
        }
    }

    @Test
    void sessionsKeepTheirStateOverFewConnections() throws SQLException {
        List<Connection> connections = new ArrayList<>();
        try {
            for (int i = 0; i < 8; i++) {
                connections.add(proxy.connect());
            }
            for (int i = 0; i < 8; i++) {
                Sql.run(
                        connections.get(i),
                        "SET SESSION wait_timeout = " + (1000 + i),
                        "SET time_zone = '+0" + i + ":00'");
            }
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 8; i++) {
                    assertThat(Sql.rows(connections.get(i), "SELECT @@wait_timeout, @@time_zone"))
                            .containsExactly((1000 + i) + ",+0" + i + ":00");
                    Sql.run(connections.get(i), "INSERT INTO a (who) VALUES (" + i + ")");
                }
                for (int i = 0; i < 8; i++) {
                    assertThat(Sql.value(connections.get(i), "SELECT who FROM a WHERE id = LAST_INSERT_ID()"))
                            .isEqualTo(Integer.toString(i));
                }
            }
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    @Test
    void pinsAppearAndEnd() throws SQLException {
        try (Connection connection = proxy.connect()) {
            Sql.run(connection, "CREATE TEMPORARY TABLE tmp (id INT)");
            assertThat(Sql.route(connection).pins()).isEqualTo("temporary_table");
            Sql.run(connection, "DROP TEMPORARY TABLE tmp");
            assertThat(Sql.route(connection).pins()).isEmpty();
            Sql.run(connection, "SET @v = 7");
            assertThat(Sql.value(connection, "SELECT @v")).isEqualTo("7");
        }
        try (Connection connection = proxy.connect()) {
            assertThat(Sql.value(connection, "SELECT @v")).isNull();
        }
    }

    @Test
    void preparedStatementsAndCursorsWork() throws SQLException {
        try (Connection connection = proxy.connect("useServerPrepStmts=true", "useCursorFetch=true");
                PreparedStatement statement =
                        connection.prepareStatement("SELECT id FROM t WHERE id >= ? ORDER BY id")) {
            for (int round = 0; round < 6; round++) {
                connection.setAutoCommit(round % 2 == 0);
                statement.setFetchSize(2);
                statement.setInt(1, 1);
                List<Integer> ids = new ArrayList<>();
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        ids.add(rows.getInt(1));
                    }
                }
                assertThat(ids).containsExactly(1, 2, 3);
            }
            connection.setAutoCommit(true);
            assertThat(Sql.routeOf(connection, "SELECT 1").pins()).isEmpty();
        }
    }

    @Test
    void whatSluiceRefusesItselfItRefusesInTheServersWords() throws IOException {
        List<String> direct = refusals(cluster.primary().port());
        assertThat(direct).hasSize(6).allMatch(words -> !words.endsWith("."));
        assertThat(refusals(proxy.port())).isEqualTo(direct);
    }

    /** Errors of which some are made without a server. */
    private static List<String> refusals(int port) throws IOException {
        List<String> refused = new ArrayList<>();
        try (RawClient client = RawClient.connect(port)) {
            client.query("USE app");
            int id = client.prepare("SELECT v FROM t");
            byte[] fetch = Arrays.copyOf(RawClient.int4(id), 8);
            refused.add(refusal(client, client.ask(CommandType.COM_STMT_FETCH, fetch)));
            client.query("START TRANSACTION READ ONLY");
            client.query("SELECT v FROM t");
            refused.add(refusal(client, client.query("UPDATE t SET v = v").get(0)));
            client.query("COMMIT AND CHAIN");
            refused.add(refusal(client, client.query("UPDATE t SET v = v").get(0)));
            client.query("ROLLBACK");
            client.query("SET TRANSACTION READ ONLY");
            refused.add(refusal(client, client.query("UPDATE t SET v = v").get(0)));
            fetch[0] = 99;
            refused.add(refusal(client, client.ask(CommandType.COM_STMT_FETCH, fetch)));
        }
        try (RawClient client = RawClient.connectWith(port, Capabilities.CLIENT_NO_SCHEMA)) {
            client.query("USE app");
            refused.add(RawClient.first(client.query("SELECT v FROM nowhere.t").get(0)) + " columns");
        }
        return refused;
    }

    private static String refusal(RawClient client, byte[] packet) {
        return RawClient.first(packet) == RawClient.ERR
                ? client.err(packet).message().replaceAll("\\(\\d+\\)", "(id)")
                : "no error.";
    }

    @Test
    void accountsOfBothPluginsGetIn() throws SQLException {
        for (String mode : new String[] {"REQUIRED", "DISABLED"}) {
            try (Connection connection = proxy.connectAs("native", "native-secret", "app", "sslMode=" + mode)) {
                assertThat(Sql.value(connection, "SELECT CURRENT_USER()")).isEqualTo("native@%");
            }
        }
    }

    @Test
    void noReadMissesWhatItsSessionWroteOrSaw() throws Exception {
        ConsistencyChecker.Result mixed = new ConsistencyChecker(proxy, 8, 5_000, 10).run(1);
        ConsistencyChecker.Result afterWrites = new ConsistencyChecker(proxy, 8, 1_000, 100).run(2);

        System.getLogger("MariaDbIT")
                .log(System.Logger.Level.INFO, "each read right after a write: " + afterWrites.share());
        assertThat(mixed.violations(Consistency.SESSION)).as("%s", mixed).isZero();
        assertThat(afterWrites.violations(Consistency.SESSION))
                .as("%s", afterWrites)
                .isZero();
        assertThat(mixed.replicaReads()).isPositive();
        assertThat(afterWrites.replicaReads()).isPositive();
    }

    /** Unlike MySQL's, which begin anew. */
    @ParameterizedTest
    @CsvSource({"SELECT 1, 1", "SELECT v FROM t, 0"})
    void aPreparationWithoutATableLeavesTheWarningsOfTheStatementBefore(String sql, int warnings) throws Exception {
        try (RawClient direct = RawClient.connect(proxy.cluster().primary().port());
                RawClient session = proxy.raw()) {
            for (RawClient each : List.of(direct, session)) {
                each.query("USE app");
                assertThat(RawClient.first(each.query("SELECT nothing").get(0))).isEqualTo(RawClient.ERR);
                each.prepare(sql);
            }
            List<byte[]> expected = TextRow.rows(direct.query("SHOW WARNINGS"));
            assertThat(expected).hasSize(warnings);
            assertThat(TextRow.rows(session.query("SHOW WARNINGS"))).containsExactlyElementsOf(expected);
        }
    }
}
