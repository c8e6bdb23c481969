package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mysql.cj.jdbc.ServerPreparedStatement;
import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cursors of prepared statements tie a session to their connection, and look as they do without a proxy. */
@Timeout(60)
class CursorIT {
    private static final int ROWS = 500;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        StringBuilder rows = new StringBuilder("INSERT INTO prep.t VALUES (0, 'v0')");
        for (int i = 1; i < ROWS; i++) {
            rows.append(",(").append(i).append(",'v").append(i).append("')");
        }
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE prep",
                        "GRANT ALL ON prep.* TO 'app'@'%'",
                        "GRANT ALL ON prep.* TO 'native'@'%'",
                        "CREATE TABLE prep.t (id INT PRIMARY KEY, v VARCHAR(20))",
                        rows.toString(),
                        "CREATE TABLE prep.b (id INT AUTO_INCREMENT PRIMARY KEY, data LONGBLOB, n INT)");
        proxy = TestProxy.options().eventLoops(1).start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE prep");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static Connection connect(String... options) throws SQLException {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("useServerPrepStmts=true");
        return proxy.connectAs("app", "app-secret", "prep", all.toArray(new String[0]));
    }

    private static PreparedStatement prepare(Connection connection, String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        // The driver falls back to text without a word when the server refuses to prepare.
        assertThat(statement).isInstanceOf(ServerPreparedStatement.class);
        return statement;
    }

    private static String read(PreparedStatement statement, int id) throws SQLException {
        statement.setInt(1, id);
        try (ResultSet row = statement.executeQuery()) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }

    @Test
    void aCursorGivesAllRowsWhileOtherStatementsRunInBetween() throws SQLException {
        try (Connection connection = connect("useCursorFetch=true", "defaultFetchSize=7");
                PreparedStatement statement = prepare(connection, "SELECT id, v FROM t WHERE id >= ? ORDER BY id")) {
            statement.setFetchSize(7);
            statement.setInt(1, 0);
            int count = 0;
            try (ResultSet rows = statement.executeQuery();
                    PreparedStatement other = connection.prepareStatement("SELECT v FROM t WHERE id = ?")) {
                assertThat(Sql.route(connection).pins()).contains("cursor");
                while (rows.next()) {
                    assertThat(rows.getInt(1)).isEqualTo(count);
                    assertThat(rows.getString(2)).isEqualTo("v" + count);
                    if (count % 50 == 0) {
                        assertThat(read(other, count)).isEqualTo("v" + count);
                    }
                    if (count == 200) {
                        Sql.run(connection, "INSERT INTO b (n) VALUES (1)");
                    }
                    count++;
                }
            }
            assertThat(count).isEqualTo(ROWS);
        }
    }

    @Test
    void equalStatementsHaveCursorsOfTheirOwn() throws SQLException {
        String sql = "SELECT id FROM t WHERE id >= ? ORDER BY id";
        try (Connection connection = connect("useCursorFetch=true");
                PreparedStatement one = prepare(connection, sql);
                PreparedStatement two = prepare(connection, sql)) {
            one.setFetchSize(5);
            two.setFetchSize(9);
            one.setInt(1, 0);
            two.setInt(1, 100);
            try (ResultSet first = one.executeQuery();
                    ResultSet second = two.executeQuery()) {
                for (int i = 0; i < 400; i++) {
                    assertThat(first.next()).isTrue();
                    assertThat(second.next()).isTrue();
                    assertThat(first.getInt(1)).isEqualTo(i);
                    assertThat(second.getInt(1)).isEqualTo(100 + i);
                }
            }
        }
    }

    @Test
    void aClosedCursorFreesTheSession() throws SQLException {
        try (Connection connection = connect("useCursorFetch=true")) {
            for (int i = 0; i < 5; i++) {
                try (PreparedStatement statement = prepare(connection, "SELECT id FROM t ORDER BY id")) {
                    statement.setFetchSize(3);
                    try (ResultSet rows = statement.executeQuery()) {
                        assertThat(rows.next()).isTrue();
                    }
                }
                assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1"))
                        .isEqualTo("v1");
                assertThat(Sql.route(connection).pins()).isEmpty();
            }
        }
    }

    @Test
    void aCursorThatDiedWithItsConnectionIsSaidToBeLostOnce() throws Exception {
        LocalServer primary = Servers.mysql().primary();
        String connections = " FROM information_schema.processlist WHERE user = 'native'";
        for (int i = 0; i < 5; i++) {
            try (RawClient client = proxy.raw()) {
                int id = client.prepare("SELECT id FROM prep.t WHERE id > ? FOR UPDATE");
                client.open(id, 0);
                for (String thread : primary.queryValue("SELECT GROUP_CONCAT(id)" + connections)
                        .split(",", -1)) {
                    primary.execute("KILL " + thread);
                }
                await().atMost(TestProxy.SOON)
                        .until(() -> primary.queryValue("SELECT COUNT(*)" + connections)
                                .equals("0"));
                client.send(CommandType.COM_STMT_FETCH, fetch(id, 1));
                assertThat(client.err(client.read()).message()).contains("lost");
                assertThat(client.value("SELECT 1 FOR UPDATE")).isEqualTo("1");
            }
        }
    }

    @Test
    void fetchWithoutACursorIsAnErrorAndTheConnectionLives() throws Exception {
        try (RawClient client = proxy.raw()) {
            client.query("USE prep");
            int id = client.prepare("SELECT id FROM t");
            byte[] fetch = fetch(id, 1);
            assertThat(client.err(client.ask(CommandType.COM_STMT_FETCH, fetch)).code())
                    .isEqualTo(1421);
            fetch[0] = 99;
            assertThat(client.err(client.ask(CommandType.COM_STMT_FETCH, fetch)).code())
                    .isEqualTo(1243);
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Capabilities.CLIENT_DEPRECATE_EOF})
    void aCursorLooksAsItDoesWithoutTheProxy(int without) throws Exception {
        List<List<String>> conversations = new ArrayList<>();
        for (int port : new int[] {proxy.port(), Servers.mysql().primary().port()}) {
            try (RawClient client = RawClient.connect(port, without)) {
                int id = client.prepare("SELECT id, v FROM prep.t WHERE id < ? ORDER BY id");
                List<byte[]> packets = new ArrayList<>(client.open(id, 5));
                for (int i = 0; i < 3; i++) {
                    client.send(CommandType.COM_STMT_FETCH, fetch(id, 2));
                    int unused = client.readRows(packets);
                }
                client.send(CommandType.COM_STMT_FETCH, fetch(id, 2));
                packets.add(client.read());
                conversations.add(
                        packets.stream().map(HexFormat.of()::formatHex).toList());
            }
        }
        assertThat(conversations.get(0)).isEqualTo(conversations.get(1));
    }

    /** As MySQL 8.0.31 does not end the answer of a statement that has had a cursor and runs without one. */
    @ParameterizedTest
    @ValueSource(strings = {"read to its end", "reset", "left open", "closed"})
    void aStatementThatHasHadACursorRunsWithoutOne(String end) throws Exception {
        String sql = "SELECT /* " + end + " */ id FROM prep.t WHERE id < ? ORDER BY id FOR UPDATE";
        try (RawClient client = proxy.raw()) {
            int id = client.prepare(sql);
            for (int i = 0; i < 3; i++) {
                assertThat(client.open(id, 3)).hasSize(3);
                endCursor(client, id, end);
                if (end.equals("closed")) {
                    id = client.prepare(sql);
                }
                assertThat(client.execute(id, 3, true)).hasSize(6);
                assertThat(client.value("SELECT 1")).isEqualTo("1");
            }
            assertThat(client.open(id, 3)).hasSize(3);
            endCursor(client, id, end);
        }
        // Whoever gets the connection next finds the statement there.
        for (int i = 0; i < 3; i++) {
            try (RawClient other = proxy.raw()) {
                assertThat(other.execute(other.prepare(sql), 3, true)).hasSize(6);
                assertThat(other.value("SELECT 1")).isEqualTo("1");
            }
        }
    }

    private static void endCursor(RawClient client, int id, String end) throws IOException {
        switch (end) {
            case "read to its end" -> {
                client.send(CommandType.COM_STMT_FETCH, fetch(id, 10));
                List<byte[]> rows = new ArrayList<>();
                int status = client.readRows(rows);
                assertThat(rows).hasSize(4);
                assertThat(status & ServerStatus.SERVER_STATUS_LAST_ROW_SENT).isNotZero();
            }
            case "reset" ->
                assertThat(RawClient.first(client.ask(CommandType.COM_STMT_RESET, RawClient.int4(id))))
                        .isZero();
            case "closed" -> client.send(CommandType.COM_STMT_CLOSE, RawClient.int4(id));
            default -> assertThat(end).isEqualTo("left open");
        }
    }

    private static byte[] fetch(int id, int rows) {
        byte[] arguments = Arrays.copyOf(RawClient.int4(id), 8);
        arguments[4] = (byte) rows;
        return arguments;
    }

    /** Fetching leaves what the execution has warned of, and the number of rows. */
    @Test
    void warningsOutliveTheRowsThoughOthersUseTheConnection() throws Exception {
        try (TestProxy narrow = TestProxy.options()
                        .eventLoops(1)
                        .connections(1)
                        .servers(1)
                        .start(Servers.mysql());
                Connection direct = narrow.direct("useServerPrepStmts=true", "useCursorFetch=true");
                Connection session = narrow.connect("useServerPrepStmts=true", "useCursorFetch=true");
                Connection other = narrow.connect()) {
            String warned = readByCursor(direct, () -> {});
            assertThat(warned).startsWith("4 [Warning,1292,").endsWith(" 4");
            assertThat(readByCursor(session, () -> Sql.run(other, "SELECT 1 FROM prep.t FOR UPDATE")))
                    .isEqualTo(warned);
        }
    }

    private interface Between {
        void run() throws SQLException;
    }

    private static String readByCursor(Connection connection, Between between) throws SQLException {
        String sql = "SELECT CAST(v AS SIGNED) FROM prep.t WHERE id < ? ORDER BY id";
        try (PreparedStatement statement = prepare(connection, sql)) {
            statement.setFetchSize(3);
            statement.setInt(1, 4);
            try (ResultSet rows = statement.executeQuery()) {
                int count = 0;
                while (rows.next()) {
                    count++;
                }
                assertThat(count).isEqualTo(4);
                between.run();
                String shown = String.valueOf(Sql.rows(connection, "SHOW WARNINGS"));
                between.run();
                return Sql.value(connection, "SELECT @@warning_count") + " " + shown + " " + count;
            }
        }
    }
}
