package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ServerStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions stay whole on one server, and the server's word decides whether one is open. */
@Timeout(90)
class TransactionIT {
    private static final String READ = "SELECT v FROM t WHERE id = 1";
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE tx",
                        "GRANT ALL ON tx.* TO 'app'@'%'",
                        "GRANT ALL ON tx.* TO 'native'@'%'",
                        "CREATE TABLE tx.t (id INT PRIMARY KEY, v INT)",
                        "CREATE TABLE tx.n (id INT) ENGINE = MyISAM",
                        "CREATE TABLE app2.t LIKE tx.t",
                        "INSERT INTO app2.t VALUES (1, 10), (2, 20), (3, 30)",
                        "CREATE TABLE app2.n LIKE tx.n");
        proxy = TestProxy.options().acquireTimeout(Duration.ofSeconds(15)).start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE tx", "DROP TABLE app2.t, app2.n");
    }

    @BeforeEach
    void refill() {
        Servers.mysql().primary().execute("DELETE FROM tx.t", "INSERT INTO tx.t VALUES (1, 10), (2, 20), (3, 30)");
        proxy.awaitCaughtUp();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static Connection connect(String... options) throws SQLException {
        return proxy.connectAs("app", "app-secret", "tx", options);
    }

    private static void assertInTransaction(Connection connection) throws SQLException {
        Route route = Sql.routeOf(connection, READ);
        assertThat(route.role()).isEqualTo("primary");
        assertThat(route.reason()).isEqualTo("in_transaction");
    }

    private static void assertFree(Connection connection) throws SQLException {
        assertThat(Sql.routeOf(connection, READ).reason()).isIn("read", "replica_behind", "causal_wait");
        // The test writes around the proxy: the primary must have been asked after the read there.
        await().atMost(TestProxy.SOON)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> Sql.routeOf(connection, READ).role().equals("replica"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BEGIN",
                "begin work",
                "START TRANSACTION",
                "START TRANSACTION READ WRITE",
                "START TRANSACTION WITH CONSISTENT SNAPSHOT",
                "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ WRITE",
                "/* c */ START /* d */ TRANSACTION"
            })
    void aTransactionStaysOnThePrimaryUntilItEnds(String begin) throws SQLException {
        for (String end : new String[] {"COMMIT", "ROLLBACK", "COMMIT WORK", "ROLLBACK AND NO CHAIN NO RELEASE"}) {
            try (Connection connection = connect()) {
                Sql.run(connection, begin);
                assertInTransaction(connection);
                Sql.run(connection, "UPDATE t SET v = 11 WHERE id = 1");
                assertInTransaction(connection);
                Sql.run(connection, end);
                assertFree(connection);
            }
        }
    }

    @Test
    void autocommitOffKeepsTheTransactionTogetherFromItsFirstStatement() throws SQLException {
        try (Connection connection = connect();
                Connection other = connect()) {
            connection.setAutoCommit(false);
            assertThat(Sql.routeOf(connection, READ).role()).isEqualTo("primary");
            Sql.run(other, "UPDATE t SET v = 99 WHERE id = 1");
            assertThat(Sql.value(connection, READ)).isEqualTo("10");
            Sql.run(connection, "UPDATE t SET v = 12 WHERE id = 2");
            connection.rollback();
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 2")).isEqualTo("20");
            connection.commit();
            connection.setAutoCommit(true);
            assertFree(connection);
        }
    }

    @Test
    void aFailedFirstStatementWithAutocommitOffLeavesTheSessionOnThePrimary() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "SET autocommit = 0");
            assertThat(Sql.error(connection, "INSERT INTO t VALUES (1, 1)")).isEqualTo(1062);
            long id = Long.parseLong(Sql.value(connection, "SELECT CONNECTION_ID() + 0"));
            assertThat(Sql.routeOf(connection, READ).role()).isEqualTo("primary");
            Sql.run(connection, "INSERT INTO t VALUES (9, 9)");
            assertThat(Sql.value(connection, "SELECT CONNECTION_ID() + 0")).isEqualTo(Long.toString(id));
            assertThat(Sql.value(connection, "SELECT COUNT(*) FROM t")).isEqualTo("4");
            Sql.run(connection, "ROLLBACK");
            assertThat(Sql.value(connection, "SELECT COUNT(*) FROM t")).isEqualTo("3");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE ddl (id INT)",
                "DROP TABLE IF EXISTS ddl",
                "ALTER TABLE t COMMENT 'x'",
                "TRUNCATE TABLE n",
                "ANALYZE TABLE n"
            })
    void ddlCommitsImplicitlyAndFreesTheSession(String ddl) throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "DROP TABLE IF EXISTS ddl", "BEGIN", "UPDATE t SET v = 77 WHERE id = 1");
            Sql.run(connection, ddl);
            assertFree(connection);
            Sql.run(connection, "ROLLBACK");
            assertThat(Sql.value(connection, READ)).isEqualTo("77");
        }
    }

    @Test
    void beginInsideATransactionCommitsTheFirst() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "BEGIN", "UPDATE t SET v = 5 WHERE id = 1", "BEGIN", "UPDATE t SET v = 6 WHERE id = 2");
            Sql.run(connection, "ROLLBACK");
            assertThat(Sql.value(connection, READ)).isEqualTo("5");
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 2")).isEqualTo("20");
        }
    }

    @Test
    void savepointsRollBackInPart() throws SQLException {
        try (Connection connection = connect()) {
            connection.setAutoCommit(false);
            Sql.run(connection, "UPDATE t SET v = 1 WHERE id = 1");
            var savepoint = connection.setSavepoint("s");
            Sql.run(connection, "UPDATE t SET v = 2 WHERE id = 2");
            connection.rollback(savepoint);
            assertInTransaction(connection);
            connection.releaseSavepoint(savepoint);
            connection.commit();
            assertThat(Sql.rows(connection, "SELECT v FROM t ORDER BY id")).containsExactly("1", "20", "30");
        }
    }

    @Test
    void commitAndChainOpensTheNextTransactionAtOnce() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "BEGIN", "UPDATE t SET v = 1 WHERE id = 1", "COMMIT AND CHAIN");
            assertInTransaction(connection);
            Sql.run(connection, "UPDATE t SET v = 2 WHERE id = 1", "ROLLBACK AND CHAIN");
            assertInTransaction(connection);
            assertThat(Sql.value(connection, READ)).isEqualTo("1");
            Sql.run(connection, "COMMIT");
            assertFree(connection);
        }
    }

    @Test
    void commitReleaseEndsTheConnectionAsTheServerDoes() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "BEGIN", "UPDATE t SET v = 4 WHERE id = 1", "COMMIT RELEASE");
            assertThatThrownBy(() -> Sql.value(connection, READ)).isInstanceOf(SQLException.class);
        }
        assertThat(Servers.mysql().primary().queryValue("SELECT v FROM tx.t WHERE id = 1"))
                .isEqualTo("4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"COMMIT", "ROLLBACK", "COMMIT AND NO CHAIN", "COMMIT RELEASE"})
    void completionTypeEndsTheConnectionAsTheServerDoes(String end) throws SQLException {
        try (Connection connection = connect();
                Connection direct = proxy.direct()) {
            for (Connection one : List.of(connection, direct)) {
                Sql.run(one, "SET completion_type = 'RELEASE'", "BEGIN", "COMMIT NO RELEASE", "BEGIN", end);
                assertThat(Sql.error(one, "SELECT 1")).isEqualTo(-1);
            }
        }
    }

    @Test
    void theConnectionThatEndsWithATransactionIsNobodyElses() throws Exception {
        try (TestProxy narrow = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
                Connection waiting = narrow.connectAs("app", "app-secret", "tx")) {
            for (int i = 0; i < 20; i++) {
                try (Connection ending = narrow.connectAs("app", "app-secret", "tx")) {
                    Sql.run(ending, "BEGIN", "UPDATE t SET v = 4 WHERE id = 1");
                    CompletableFuture<Integer> error =
                            CompletableFuture.supplyAsync(() -> Sql.error(waiting, "UPDATE t SET v = 5 WHERE id = 2"));
                    await().atMost(TestProxy.SOON).until(() -> narrow.waiting() > 0);
                    Sql.run(ending, "COMMIT RELEASE");
                    assertThat(error.join()).isZero();
                }
            }
        }
    }

    @Test
    void nothingRunsThatTheClientHasSentBehindCommitRelease() throws IOException {
        try (RawClient client = proxy.raw()) {
            client.query("BEGIN");
            client.query("UPDATE tx.t SET v = 4 WHERE id = 1");
            byte[] commit = command("COMMIT RELEASE");
            client.writeBytes(ByteBufUtil.getBytes(
                    Unpooled.wrappedBuffer(commit, command("UPDATE tx.t SET v = 5 WHERE id = 1"))));
            assertThat(RawClient.first(client.read())).isEqualTo(RawClient.OK);
            assertThatThrownBy(client::read).isInstanceOf(IOException.class);
        }
        proxy.awaitNoClients();
        assertThat(Servers.mysql().primary().queryValue("SELECT v FROM tx.t WHERE id = 1"))
                .isEqualTo("4");
    }

    private static byte[] command(String sql) {
        ByteBuf packet = Unpooled.buffer();
        packet.writeIntLE(1 + sql.length()).writeByte(CommandType.COM_QUERY.code());
        packet.writeCharSequence(sql, StandardCharsets.US_ASCII);
        return ByteBufUtil.getBytes(packet);
    }

    @Test
    void anXaTransactionStaysOnThePrimaryFromStartToCommit() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "XA START 'x1'");
            Sql.run(connection, "UPDATE t SET v = 41 WHERE id = 1");
            assertThat(Sql.routeOf(connection, READ).role()).isEqualTo("primary");
            Sql.run(connection, "XA END 'x1'");
            Sql.run(connection, "XA PREPARE 'x1'");
            Sql.run(connection, "XA COMMIT 'x1'");
            assertFree(connection);
            assertThat(Sql.value(connection, READ)).isEqualTo("41");
            Sql.run(connection, "XA START 'x2'", "UPDATE t SET v = 42 WHERE id = 1", "XA END 'x2'", "XA ROLLBACK 'x2'");
            assertFree(connection);
            assertThat(Sql.value(connection, READ)).isEqualTo("41");
        }
    }

    @Test
    void aDuplicateKeyDoesNotEndTheTransaction() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "BEGIN", "INSERT INTO t VALUES (7, 7)");
            assertThat(Sql.error(connection, "INSERT INTO t VALUES (7, 8)")).isEqualTo(1062);
            assertInTransaction(connection);
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 7")).isEqualTo("7");
            Sql.run(connection, "ROLLBACK");
            assertThat(Sql.value(connection, "SELECT COUNT(*) FROM t WHERE id = 7"))
                    .isEqualTo("0");
        }
    }

    @Test
    void aDeadlockEndsTheTransaction() throws Exception {
        try (Connection one = connect();
                Connection two = connect()) {
            Sql.run(one, "BEGIN", "UPDATE t SET v = 1 WHERE id = 1");
            Sql.run(two, "BEGIN", "UPDATE t SET v = 2 WHERE id = 2");
            CompletableFuture<Integer> blocked =
                    CompletableFuture.supplyAsync(() -> Sql.error(one, "UPDATE t SET v = 1 WHERE id = 2"));
            int second = Sql.error(two, "UPDATE t SET v = 2 WHERE id = 1");
            int first = blocked.get(20, TimeUnit.SECONDS);
            assertThat(Set.of(first, second)).containsExactlyInAnyOrder(0, 1213);
            Connection loser = first == 1213 ? one : two;
            Connection winner = first == 1213 ? two : one;
            assertThat(Sql.routeOf(loser, "SELECT v FROM t WHERE id = 3").reason())
                    .isIn("read", "replica_behind", "causal_wait");
            assertInTransaction(winner);
            Sql.run(winner, "COMMIT");
        }
    }

    @Test
    void aClientThatGoesAwayRollsItsTransactionBack() throws SQLException {
        Connection connection = connect();
        Sql.run(connection, "BEGIN", "UPDATE t SET v = 666 WHERE id = 1");
        connection.abort(Runnable::run);
        try (Connection other = connect()) {
            await().atMost(TestProxy.SOON)
                    .until(() -> Sql.error(other, "SELECT * FROM t WHERE id = 1 FOR UPDATE NOWAIT") == 0);
            assertThat(Sql.value(other, READ)).isEqualTo("10");
        }
    }

    @Test
    void statementsOfOneTransactionUseOneConnection() throws SQLException {
        try (Connection connection = connect()) {
            connection.setAutoCommit(false);
            Set<String> ids = new HashSet<>();
            for (int i = 0; i < 50; i++) {
                try (Statement statement = connection.createStatement();
                        ResultSet row = statement.executeQuery("SELECT CONNECTION_ID(), v FROM t WHERE id = 1")) {
                    assertThat(row.next()).isTrue();
                    ids.add(row.getString(1));
                }
            }
            assertThat(ids).hasSize(1);
            connection.rollback();
        }
    }

    private static final String[] RANDOM_STATEMENTS = {
        "BEGIN",
        "START TRANSACTION",
        "START TRANSACTION READ ONLY",
        "COMMIT",
        "ROLLBACK",
        "COMMIT AND CHAIN",
        "SET autocommit = 0",
        "SET autocommit = 1",
        "SET SESSION autocommit = ON",
        "SELECT v FROM tx.t WHERE id = 1",
        "SELECT 1",
        "SELECT v FROM tx.t WHERE id = 1 FOR UPDATE",
        "UPDATE tx.t SET v = v + 1 WHERE id = 2",
        "INSERT INTO tx.t VALUES (1, 1)",
        "INSERT IGNORE INTO tx.t VALUES (1, 1)",
        "SAVEPOINT s",
        "ROLLBACK TO SAVEPOINT s",
        "RELEASE SAVEPOINT s",
        "SELECT nonsense",
        "SELECT v FROM tx.nothing",
        "TRUNCATE TABLE tx.n",
        "INSERT INTO tx.n VALUES (1)",
        "SET @x = 1",
        "DO 1",
        "SHOW TABLES FROM tx",
        "SET TRANSACTION READ ONLY",
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SELECT v FROM tx.t; UPDATE tx.t SET v = 1 WHERE id = 3; COMMIT",
        "BEGIN; SELECT 1",
    };

    /** The flag that the client sees, the proxy's idea of it, and what a server without a proxy says, are the same. */
    @Test
    void theTransactionStateIsThatOfADirectConnectionAfterEachRandomStatement() throws Exception {
        long seed = Long.getLong("sluice.seed", 20260901L);
        SplittableRandom random = new SplittableRandom(seed);
        try (RawClient proxied = proxy.raw();
                RawClient direct = RawClient.connect(Servers.mysql().primary().port())) {
            for (int i = 0; i < 2_000; i++) {
                String sql = RANDOM_STATEMENTS[random.nextInt(RANDOM_STATEMENTS.length)];
                // Their locks must not meet: the direct connection has tables of its own.
                String context = "seed " + seed + ", statement " + i + ": " + sql;
                byte[] expected = last(direct, sql.replace("tx.", "app2."));
                byte[] actual = last(proxied, sql);
                assertThat(RawClient.first(actual)).as(context).isEqualTo(RawClient.first(expected));
                if (RawClient.first(actual) == RawClient.ERR) {
                    assertThat(proxied.err(actual).code())
                            .as(context)
                            .isEqualTo(direct.err(expected).code());
                    continue;
                }
                int flags = ServerStatus.SERVER_STATUS_IN_TRANS
                        | ServerStatus.SERVER_STATUS_AUTOCOMMIT
                        | ServerStatus.SERVER_STATUS_IN_TRANS_READONLY;
                assertThat(ServerStatus.describe(proxied.ok(actual).status() & flags))
                        .as(context)
                        .isEqualTo(ServerStatus.describe(direct.ok(expected).status() & flags));
                String ping = ServerStatus.describe(
                        proxied.ok(proxied.ask(dev.sluice.protocol.CommandType.COM_PING, new byte[0]))
                                        .status()
                                & flags);
                assertThat(ping)
                        .as("COM_PING after " + context)
                        .isEqualTo(ServerStatus.describe(direct.ok(expected).status() & flags));
            }
        }
    }

    private static byte[] last(RawClient client, String sql) throws Exception {
        var packets = client.query(sql);
        return packets.get(packets.size() - 1);
    }
}
