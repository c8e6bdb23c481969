package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mysql.cj.jdbc.ServerPreparedStatement;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.server.localcluster.LocalServer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Server-side prepared statements: routed at execution, prepared wherever they run, cursors included. */
@Timeout(60)
class PreparedIT {
    private static final int ROWS = 500;
    private static final long MORE_THAN_AN_INT = 1L << 40;
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
                        "CREATE DATABASE prep2",
                        "GRANT ALL ON `prep%`.* TO 'app'@'%'",
                        "GRANT ALL ON `prep%`.* TO 'native'@'%'",
                        "CREATE TABLE prep.t (id INT PRIMARY KEY, v VARCHAR(20))",
                        rows.toString(),
                        "CREATE TABLE prep2.t (id INT PRIMARY KEY, v VARCHAR(20))",
                        "INSERT INTO prep2.t VALUES (1, 'other')",
                        "CREATE TABLE prep.b (id INT AUTO_INCREMENT PRIMARY KEY, data LONGBLOB, n INT)");
        proxy = TestProxy.options().eventLoops(1).preparedMax(50).start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE prep", "DROP DATABASE prep2");
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

    /** How many statements each server has prepared for whomever, by its address. */
    private static Map<String, Integer> preparations() throws SQLException {
        Map<String, Integer> counts = new TreeMap<>();
        for (LocalServer server : Servers.mysql().servers()) {
            try (Connection root = server.connect()) {
                String counted = Sql.rows(root, "SHOW GLOBAL STATUS LIKE 'Com_stmt_prepare'")
                        .get(0);
                counts.put(server.address(), Integer.valueOf(counted.split(",", -1)[1]));
            }
        }
        return counts;
    }

    @Test
    void aServerHearsOfAStatementWhenItIsFirstToRunIt() throws Exception {
        // Each connection is told for itself.
        try (TestProxy narrow = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
                Connection connection = narrow.connectAs("app", "app-secret", "prep", "useServerPrepStmts=true")) {
            narrow.awaitCaughtUp();
            Map<String, Integer> before = preparations();
            try (PreparedStatement statement = prepare(connection, "SELECT v FROM t WHERE id = 7")) {
                Map<String, Integer> expected = new TreeMap<>(before);
                String home = Sql.route(connection).backend();
                expected.merge(home, 1, Integer::sum);
                assertThat(preparations()).isEqualTo(expected);
                Set<String> heard = new HashSet<>(Set.of(home));
                for (int i = 0;
                        i < 200 && heard.size() < Servers.mysql().servers().size();
                        i++) {
                    connection.setAutoCommit(i % 10 != 9);
                    try (ResultSet row = statement.executeQuery()) {
                        assertThat(row.next()).isTrue();
                    }
                    String ran = Sql.route(connection).backend();
                    if (heard.add(ran)) {
                        expected.merge(ran, 1, Integer::sum);
                    }
                    assertThat(preparations()).isEqualTo(expected);
                }
                assertThat(heard).hasSameSizeAs(Servers.mysql().servers());
                connection.setAutoCommit(true);
            }
        }
    }

    @Test
    void oneStatementRunsOnBothReplicasAndInTransactionsOnThePrimary() throws SQLException {
        try (Connection connection = connect();
                PreparedStatement statement =
                        prepare(connection, "SELECT /* sluice: consistency=none */ v FROM t WHERE id = ?")) {
            Set<String> replicas = new HashSet<>();
            for (int i = 0; i < 60; i++) {
                boolean transaction = i % 3 == 2;
                connection.setAutoCommit(!transaction);
                assertThat(read(statement, i)).isEqualTo("v" + i);
                Route route = Sql.route(connection);
                if (transaction) {
                    assertThat(route.role()).isEqualTo("primary");
                    connection.rollback();
                } else {
                    assertThat(route.role()).isEqualTo("replica");
                    replicas.add(route.backend());
                }
            }
            assertThat(replicas).hasSize(2);
        }
    }

    @Test
    void writesRunOnThePrimaryAndAreReadBack() throws SQLException {
        try (Connection connection = connect();
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO b (n) VALUES (?)", java.sql.Statement.RETURN_GENERATED_KEYS);
                PreparedStatement select = prepare(connection, "SELECT n FROM b WHERE id = ?")) {
            for (int i = 0; i < 30; i++) {
                insert.setInt(1, i);
                assertThat(insert.executeUpdate()).isEqualTo(1);
                assertThat(Sql.route(connection).role()).isEqualTo("primary");
                try (ResultSet keys = insert.getGeneratedKeys()) {
                    assertThat(keys.next()).isTrue();
                    assertThat(read(select, keys.getInt(1))).isEqualTo(Integer.toString(i));
                }
            }
        }
    }

    @Test
    void lockingReadsAndReadOnlyTransactionsAreRoutedAtExecution() throws SQLException {
        try (Connection connection = connect();
                PreparedStatement locking = prepare(connection, "SELECT v FROM t WHERE id = ? FOR UPDATE");
                PreparedStatement plain = prepare(connection, "SELECT v FROM t WHERE id = ?")) {
            assertThat(read(locking, 3)).isEqualTo("v3");
            assertThat(Sql.route(connection).role()).isEqualTo("primary");
            Sql.run(connection, "START TRANSACTION READ ONLY");
            Route first = Sql.route(connection);
            assertThat(read(plain, 4)).isEqualTo("v4");
            assertThat(Sql.route(connection).backend()).isEqualTo(first.backend());
            Sql.run(connection, "COMMIT");
        }
    }

    @Test
    void aRepeatedExecutionWithoutTypesWorksOnABackendThatHasNotSeenThem() throws Exception {
        try (RawClient client = proxy.raw()) {
            client.query("USE prep");
            int id = client.prepare("SELECT id, ? FROM t WHERE id = 5");
            for (int i = 0; i < 40; i++) {
                if (i % 5 == 4) {
                    client.query("BEGIN");
                }
                List<byte[]> packets = client.execute(id, 1000 + i, i == 0);
                assertThat(RawClient.first(packets.get(0))).as("execution " + i).isEqualTo(2);
                ByteBuf row = Unpooled.wrappedBuffer(packets.get(packets.size() - 2));
                assertThat(row.getIntLE(2)).isEqualTo(5);
                assertThat(row.getLongLE(6)).isEqualTo(1000 + i);
                if (i % 5 == 4) {
                    client.query("ROLLBACK");
                }
            }
            client.send(CommandType.COM_STMT_CLOSE, RawClient.int4(id));
            assertThat(client.err(client.execute(id, 1, true).get(0)).code()).isEqualTo(1243);
        }
    }

    @Test
    void longDataArrivesWhole() throws Exception {
        byte[] data = new byte[3 * 1024 * 1024];
        new Random(7).nextBytes(data);
        try (Connection connection = connect("blobSendChunkSize=100000");
                PreparedStatement insert = prepare(connection, "INSERT INTO b (data, n) VALUES (?, ?)");
                PreparedStatement select = prepare(connection, "SELECT data FROM b WHERE n = ?")) {
            insert.setBlob(1, new ByteArrayInputStream(data));
            insert.setInt(2, 4711);
            insert.executeUpdate();
            assertThat(Sql.route(connection).pins()).isEmpty();
            select.setInt(1, 4711);
            try (ResultSet row = select.executeQuery()) {
                assertThat(row.next()).isTrue();
                assertThat(Arrays.equals(row.getBytes(1), data)).isTrue();
            }
        }
    }

    @Test
    void longDataWaitsThroughOtherStatementsAndForReset() throws Exception {
        try (RawClient client = proxy.raw()) {
            client.query("USE prep");
            int id = client.prepare("SELECT LENGTH(?)");
            client.send(CommandType.COM_STMT_SEND_LONG_DATA, longData(id, "abc"));
            assertThat(client.value("SELECT v FROM t WHERE id = 1")).isEqualTo("v1");
            client.send(CommandType.COM_STMT_SEND_LONG_DATA, longData(id, "defg"));
            assertThat(lengthOf(client, id)).isEqualTo(7);
            client.send(CommandType.COM_STMT_SEND_LONG_DATA, longData(id, "dropped"));
            assertThat(RawClient.first(client.ask(CommandType.COM_STMT_RESET, RawClient.int4(id))))
                    .isEqualTo(RawClient.OK);
            client.send(CommandType.COM_STMT_SEND_LONG_DATA, longData(id, "xy"));
            assertThat(lengthOf(client, id)).isEqualTo(2);
        }
    }

    private static byte[] longData(int id, String text) {
        byte[] bytes = new byte[6 + text.length()];
        System.arraycopy(RawClient.int4(id), 0, bytes, 0, 4);
        for (int i = 0; i < text.length(); i++) {
            bytes[6 + i] = (byte) text.charAt(i);
        }
        return bytes;
    }

    /** Executes with the only parameter's data sent before, type BLOB. */
    private static long lengthOf(RawClient client, int id) throws Exception {
        byte[] body = new byte[13];
        System.arraycopy(RawClient.int4(id), 0, body, 0, 4);
        body[5] = 1;
        body[10] = 1;
        body[11] = (byte) 0xFC;
        client.send(CommandType.COM_STMT_EXECUTE, Arrays.copyOf(body, 13));
        List<byte[]> packets = client.readResults();
        assertThat(RawClient.first(packets.get(0))).isEqualTo(1);
        return Unpooled.wrappedBuffer(packets.get(packets.size() - 2)).getUnsignedIntLE(2);
    }

    @Test
    void aStatementKeepsTheSchemaItWasPreparedIn() throws SQLException {
        try (Connection connection = connect();
                PreparedStatement statement = prepare(connection, "SELECT v FROM t WHERE id = ?")) {
            assertThat(read(statement, 1)).isEqualTo("v1");
            connection.setCatalog("prep2");
            try (PreparedStatement there = prepare(connection, "SELECT v FROM t WHERE id = ?")) {
                for (int i = 0; i < 10; i++) {
                    assertThat(read(statement, 1)).isEqualTo("v1");
                    assertThat(read(there, 1)).isEqualTo("other");
                    connection.setAutoCommit(i % 2 == 0);
                }
            }
            assertThat(Sql.value(connection, "SELECT DATABASE()")).isEqualTo("prep2");
        }
    }

    @Test
    void aStatementSurvivesAnAlteredTable() throws Exception {
        Servers.mysql().primary().execute("CREATE TABLE prep.alt (id INT)", "INSERT INTO prep.alt VALUES (1)");
        proxy.awaitCaughtUp();
        try (RawClient client = proxy.raw()) {
            int id = client.prepare("SELECT *, ? FROM prep.alt");
            for (int i = 0; i < 4; i++) {
                assertThat(RawClient.first(client.execute(id, i, i == 0).get(0)))
                        .isEqualTo(2);
            }
            Servers.mysql().primary().execute("ALTER TABLE prep.alt ADD COLUMN x INT DEFAULT 9");
            proxy.awaitCaughtUp();
            for (int i = 0; i < 4; i++) {
                assertThat(RawClient.first(client.execute(id, i, false).get(0))).isEqualTo(3);
            }
        }
        Servers.mysql().primary().execute("DROP TABLE prep.alt");
    }

    @Test
    void batchesAreComplete() throws SQLException {
        for (String rewrite : new String[] {"true", "false"}) {
            Servers.mysql().primary().execute("TRUNCATE TABLE prep.b");
            try (Connection connection = connect("rewriteBatchedStatements=" + rewrite);
                    PreparedStatement insert = connection.prepareStatement("INSERT INTO b (n) VALUES (?)");
                    PreparedStatement update = connection.prepareStatement("UPDATE b SET n = n + ? WHERE n = ?")) {
                for (int i = 0; i < 1_000; i++) {
                    insert.setInt(1, i);
                    insert.addBatch();
                }
                assertThat(insert.executeBatch()).hasSize(1_000);
                for (int i = 0; i < 20; i++) {
                    update.setInt(1, 10_000);
                    update.setInt(2, i);
                    update.addBatch();
                }
                assertThat(update.executeBatch()).hasSize(20).containsOnly(1);
                assertThat(Sql.value(connection, "SELECT CONCAT(COUNT(*), ',', SUM(n)) FROM b"))
                        .isEqualTo("1000," + (999 * 500 + 200_000));
            }
        }
    }

    @Test
    void theLimitOfStatementsIsAnErrorAndClosingOneMakesRoom() throws Exception {
        try (RawClient client = proxy.raw()) {
            int first = client.prepare("SELECT 0");
            for (int i = 1; i < 50; i++) {
                int unused = client.prepare("SELECT " + i);
            }
            byte[] refused = client.ask(CommandType.COM_STMT_PREPARE, new byte[] {'D', 'O', ' ', '1'});
            assertThat(client.err(refused).code()).isEqualTo(1461);
            client.send(CommandType.COM_STMT_CLOSE, RawClient.int4(first));
            client.expectSequence(1);
            assertThat(client.prepare("SELECT 51")).isPositive();
        }
    }

    @Test
    void aStatementThatCannotBePreparedGivesTheServersError() throws Exception {
        try (RawClient client = proxy.raw()) {
            byte[] refused = client.ask(CommandType.COM_STMT_PREPARE, "SELEC 1".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.err(refused).code()).isEqualTo(1064);
            assertThatThrownBy(() -> client.prepare("SELECT * FROM prep.nothing"))
                    .hasMessageContaining("1146");
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void aStatementThatCannotBePreparedInATransactionLeavesTheTransactionOpen() throws Exception {
        Servers.mysql().primary().execute("CREATE TABLE prep.gone (id INT)", "TRUNCATE TABLE prep.b");
        proxy.awaitCaughtUp();
        try (RawClient client = proxy.raw()) {
            client.query("USE prep");
            // A read: a replica prepares it, and the primary not before it is executed there.
            int id = client.prepare("SELECT id FROM gone WHERE id = ?");
            Servers.mysql().primary().execute("DROP TABLE prep.gone");
            client.query("BEGIN");
            client.query("INSERT INTO b (n) VALUES (1)");
            for (int i = 0; i < 2; i++) {
                assertThat(client.err(client.execute(id, 1, true).get(0)).code())
                        .isEqualTo(1146);
                int status =
                        client.ok(client.ask(CommandType.COM_PING, new byte[0])).status();
                assertThat(status & ServerStatus.SERVER_STATUS_IN_TRANS).isNotZero();
                assertThat(client.value("SELECT COUNT(*) FROM b")).isEqualTo("1");
            }
            client.query("ROLLBACK");
            assertThat(client.value("SELECT COUNT(*) FROM b")).isEqualTo("0");
        }
    }

    @Test
    void equalStatementsOfTwoSessionsKeepTheirParameterTypesOnOneConnection() throws Exception {
        String sql = "SELECT id, ? FROM t WHERE id = 5 FOR UPDATE";
        try (RawClient one = proxy.raw();
                RawClient two = proxy.raw()) {
            one.query("USE prep");
            two.query("USE prep");
            int number = one.prepare(sql);
            int small = two.prepare(sql);
            for (int i = 0; i < 4; i++) {
                // The types travel with the first execution only; the connection has seen the other session's since.
                ByteBuf row = row(one.execute(number, MORE_THAN_AN_INT + i, i == 0));
                assertThat(row.getIntLE(2)).isEqualTo(5);
                assertThat(row.getLongLE(6)).isEqualTo(MORE_THAN_AN_INT + i);
                assertThat(row(executeInt(two, small, 2000 + i, i == 0)).getLongLE(6))
                        .isEqualTo(2000 + i);
            }
        }
    }

    private static ByteBuf row(List<byte[]> packets) {
        assertThat(RawClient.first(packets.get(0))).isEqualTo(2);
        return Unpooled.wrappedBuffer(packets.get(packets.size() - 2));
    }

    /** Executes a statement with one INT parameter, of four bytes. */
    private static List<byte[]> executeInt(RawClient client, int id, int value, boolean withTypes) throws IOException {
        ByteBuf body = Unpooled.buffer();
        body.writeIntLE(id).writeByte(0).writeIntLE(1).writeByte(0).writeByte(withTypes ? 1 : 0);
        if (withTypes) {
            body.writeShortLE(3);
        }
        body.writeIntLE(value);
        client.send(CommandType.COM_STMT_EXECUTE, ByteBufUtil.getBytes(body));
        return client.readResults();
    }

    @Test
    void anEqualStatementOfAnotherSessionDoesNotDecideTheTypeOfAParameter() throws Exception {
        String sql = "SELECT id, ? FROM t WHERE id = 5 FOR UPDATE";
        try (RawClient one = proxy.raw();
                RawClient two = proxy.raw()) {
            one.query("USE prep");
            two.query("USE prep");
            int number = one.prepare(sql);
            int text = two.prepare(sql);
            assertThat(row(one.execute(number, 1000, true)).getLongLE(6)).isEqualTo(1000);
            ByteBuf body = Unpooled.buffer();
            body.writeIntLE(text)
                    .writeByte(0)
                    .writeIntLE(1)
                    .writeByte(0)
                    .writeByte(1)
                    .writeShortLE(0xFD);
            body.writeByte(5).writeCharSequence("text0", StandardCharsets.US_ASCII);
            two.send(CommandType.COM_STMT_EXECUTE, ByteBufUtil.getBytes(body));
            ByteBuf row = row(two.readResults());
            assertThat(row.toString(7, 5, StandardCharsets.US_ASCII)).isEqualTo("text0");
        }
    }

    /** MySQL answers like that where the account may not run what it prepares. */
    @Test
    void anOkInPlaceOfAPreparedStatementIsPassedOn() throws IOException {
        try (RawClient client = proxy.raw()) {
            byte[] sql = "SET GLOBAL sql_select_limit = 1".getBytes(StandardCharsets.UTF_8);
            byte[] answer = client.ask(CommandType.COM_STMT_PREPARE, sql);
            assertThat(client.ok(answer).affectedRows()).isZero();
            assertThat(answer).hasSize(7);
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }
}
