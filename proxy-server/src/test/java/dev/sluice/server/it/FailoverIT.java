package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.config.HostPort;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What applications notice when servers die, fall silent or change places. Each test has servers of its own. */
@Timeout(120)
class FailoverIT {
    private LocalCluster cluster;
    private FaultyNetwork network;
    private TestProxy proxy;

    @BeforeEach
    void start() throws Exception {
        cluster = LocalCluster.builder().flavor(ServerFlavor.mysql()).start();
        cluster.primary().execute("CREATE TABLE app.t (id INT PRIMARY KEY, v INT)", "INSERT INTO app.t VALUES (1, 10)");
        cluster.awaitReplicated(TestProxy.SOON);
        network = new FaultyNetwork(cluster.primary().port());
        proxy = TestProxy.options()
                .primaryTimeout(Duration.ofSeconds(15))
                .primaryAt(new HostPort("127.0.0.1", network.port()))
                .start(cluster);
    }

    @AfterEach
    void stop() {
        proxy.close();
        network.close();
        cluster.close();
    }

    /** SQLSTATE and message of the error; empty if there was none. */
    private static String failure(Connection connection, String sql) {
        try {
            Sql.run(connection, sql);
            return "";
        } catch (SQLException e) {
            return e.getSQLState() + " " + e.getMessage();
        }
    }

    private static CompletableFuture<String> begins(Connection connection, String sql) {
        return CompletableFuture.supplyAsync(() -> failure(connection, sql));
    }

    private static String endOf(CompletableFuture<String> statement) throws Exception {
        return statement.get(30, TimeUnit.SECONDS);
    }

    private String onPrimary(String sql) {
        return cluster.primary().queryValue(sql);
    }

    private void promoteFirstReplica() {
        cluster.promote(cluster.replicas().get(0));
    }

    @Test
    void writesWaitForTheNewPrimaryAndIdleSessionsNoticeNothing() throws Exception {
        List<Connection> idle = new ArrayList<>();
        try (Connection writer = proxy.connect()) {
            for (int i = 0; i < 10; i++) {
                Connection connection = proxy.connect();
                idle.add(connection);
                Sql.run(
                        connection,
                        "SET time_zone = '+0" + i + ":00'",
                        i % 2 == 0 ? "SELECT v FROM t" : "UPDATE t SET v = v");
            }
            proxy.awaitCaughtUp();
            cluster.primary().kill();
            CompletableFuture<String> waiting = begins(writer, "UPDATE t SET v = 11 WHERE id = 1");
            promoteFirstReplica();
            assertThat(endOf(waiting)).isEmpty();
            assertThat(onPrimary("SELECT v FROM app.t WHERE id = 1")).isEqualTo("11");
            for (int i = 0; i < idle.size(); i++) {
                assertThat(failure(idle.get(i), "UPDATE t SET v = v + 1 WHERE id = 1"))
                        .isEmpty();
                assertThat(Sql.value(idle.get(i), "SELECT @@time_zone")).isEqualTo("+0" + i + ":00");
            }
        } finally {
            for (Connection connection : idle) {
                connection.close();
            }
        }
    }

    @Test
    void clientsLogInBeforeAnybodyHasNoticedThatThePrimaryIsGone() throws Exception {
        proxy.raw().close();
        cluster.primary().kill();
        for (int i = 0; i < 20; i++) {
            // No driver, whose SETs would wait for the new primary.
            try (RawClient client = proxy.raw()) {
                assertThat(client.value("SELECT v FROM t WHERE id = 1")).isEqualTo("10");
            }
        }
        promoteFirstReplica();
    }

    @Test
    void aTransactionThatDiedWithThePrimaryIsToldSoOnceAndItsSessionGoesOn() throws Exception {
        try (Connection between = proxy.connect();
                Connection waiting = proxy.connect()) {
            Sql.run(between, "BEGIN", "INSERT INTO t VALUES (2, 2)");
            Sql.run(waiting, "BEGIN", "SELECT v FROM t WHERE id = 1 FOR UPDATE");
            CompletableFuture<String> running = begins(waiting, "SELECT SLEEP(20)");
            await().atMost(TestProxy.SOON)
                    .until(() -> onPrimary("SELECT COUNT(*) FROM information_schema.processlist"
                                    + " WHERE info LIKE 'SELECT SLEEP%'")
                            .equals("1"));
            cluster.primary().kill();
            promoteFirstReplica();
            assertThat(endOf(running)).startsWith("40001");
            assertThat(failure(between, "SELECT 1")).startsWith("40001");
            assertThat(failure(between, "INSERT INTO t VALUES (2, 3)")).isEmpty();
            assertThat(Sql.value(waiting, "SELECT v FROM t WHERE id = 1")).isEqualTo("10");
        }
    }

    @Test
    void stateThatCannotBeRebuiltIsLostWithOneErrorThatNamesIt() throws Exception {
        try (Connection connection = proxy.connect()) {
            Sql.run(connection, "CREATE TEMPORARY TABLE tmp (id INT)");
            cluster.primary().kill();
            promoteFirstReplica();
            assertThat(failure(connection, "SELECT v FROM t WHERE id = 1"))
                    .startsWith("08S01")
                    .contains("temporary_table");
            assertThat(failure(connection, "UPDATE t SET v = 12 WHERE id = 1")).isEmpty();
        }
    }

    @Test
    void withoutANewPrimaryTheErrorNamesEveryBackend() throws Exception {
        try (TestProxy hasty = TestProxy.options()
                        .primaryTimeout(Duration.ofSeconds(2))
                        .start(cluster);
                Connection connection = hasty.connect()) {
            cluster.primary().kill();
            assertThat(failure(connection, "UPDATE t SET v = 12 WHERE id = 1"))
                    .startsWith("08S01")
                    .contains("No primary for this statement: ", "does not answer", "is a replica", "; waited 2.")
                    .contains(
                            cluster.servers().stream().map(LocalServer::address).toList());
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1")).isEqualTo("10");
        }
    }

    @Test
    void whenAsManyWaitForAPrimaryAsMayTheNextIsToldSoAtOnce() throws Exception {
        try (TestProxy small = TestProxy.options().waiting(1, 1 << 20).start(cluster);
                Connection first = small.connect();
                Connection second = small.connect()) {
            cluster.primary().kill();
            await().atMost(TestProxy.SOON).until(() -> small.server().topology().primary() == null);
            CompletableFuture<String> one = begins(first, "UPDATE t SET v = v + 1 WHERE id = 1");
            CompletableFuture<String> other = begins(second, "UPDATE t SET v = v + 1 WHERE id = 1");
            assertThat((String) CompletableFuture.anyOf(one, other).get(2, TimeUnit.SECONDS))
                    .startsWith("08S01 No primary for this statement: ")
                    .contains("does not answer", "1 wait with", "the bounds are 1 statements (pool.waiting-max)");
            promoteFirstReplica();
            assertThat(List.of(endOf(one), endOf(other))).contains("");
            assertThat(Sql.value(first, "SELECT v FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo("11");
        }
    }

    @Test
    void aStatementThatHoldsMoreMemoryThanMayWaitIsTurnedAwayAtOnceAndASmallerOneWaits() throws Exception {
        try (TestProxy small = TestProxy.options().waiting(10, 32 << 10).start(cluster);
                Connection large = small.connect();
                Connection modest = small.connect()) {
            cluster.primary().kill();
            await().atMost(TestProxy.SOON).until(() -> small.server().topology().primary() == null);
            CompletableFuture<String> waiting = begins(modest, "UPDATE t SET v = v + 1 WHERE id = 1");
            assertThat(begins(large, "UPDATE t SET v = 1 /* " + "x".repeat(40_000) + " */")
                            .get(2, TimeUnit.SECONDS))
                    .startsWith("08S01 No primary for this statement: ")
                    .contains("the queue of waiting statements is full", "32768 bytes (pool.waiting-bytes-max)");
            promoteFirstReplica();
            assertThat(endOf(waiting)).isEmpty();
            assertThat(Sql.value(large, "SELECT v FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo("11");
        }
    }

    @Test
    void aReadOnAReplicaThatFallsSilentIsAnsweredByAnother() throws Exception {
        try (Connection connection = proxy.connect()) {
            CompletableFuture<@Nullable String> read = CompletableFuture.supplyAsync(() -> {
                try {
                    return Sql.value(connection, "SELECT CONCAT(@@server_id, SLEEP(1.5)) FROM t WHERE id = 1");
                } catch (SQLException e) {
                    return e.getMessage();
                }
            });
            LocalServer busy = await().atMost(TestProxy.SOON)
                    .until(
                            () -> cluster.replicas().stream()
                                    .filter(server -> server.queryValue(
                                                    "SELECT COUNT(*) FROM information_schema.processlist"
                                                            + " WHERE info LIKE 'SELECT CONCAT%'")
                                            .equals("1"))
                                    .findFirst()
                                    .orElse(null),
                            server -> server != null);
            String silent = busy.queryValue("SELECT @@server_id");
            busy.suspend();
            try {
                assertThat(read.get(15, TimeUnit.SECONDS)).matches("\\d0").isNotEqualTo(silent + "0");
            } finally {
                busy.resume();
            }
        }
    }

    @Test
    void aCommitWhoseAnswerIsLostHasAnUnknownOutcome() throws Exception {
        try (Connection connection = proxy.connect()) {
            Sql.run(connection, "BEGIN", "INSERT INTO t VALUES (5, 5)");
            network.loseAnswers();
            CompletableFuture<String> commit = begins(connection, "COMMIT");
            await().atMost(TestProxy.SOON)
                    .until(() ->
                            onPrimary("SELECT COUNT(*) FROM app.t WHERE id = 5").equals("1"));
            network.cut();
            assertThat(endOf(commit)).startsWith("08S01").contains("COMMIT", "unknown");
            network.heal();
            assertThat(failure(connection, "UPDATE t SET v = 6 WHERE id = 5")).isEmpty();
            assertThat(onPrimary("SELECT v FROM app.t WHERE id = 5")).isEqualTo("6");
        }
    }

    @Test
    void aWriteThatMayHaveReachedTheServerIsNotSentAgain() throws Exception {
        // Without the option the driver asks for transaction_read_only before each update.
        try (Connection connection = proxy.connect("useLocalSessionState=true")) {
            Sql.run(connection, "UPDATE t SET v = 1 WHERE id = 1");
            network.loseAnswers();
            CompletableFuture<String> write = begins(connection, "UPDATE t SET v = v + 1 WHERE id = 1");
            await().atMost(TestProxy.SOON)
                    .until(() -> onPrimary("SELECT v FROM app.t WHERE id = 1").equals("2"));
            network.cut();
            assertThat(endOf(write)).startsWith("08S01").contains("may or may not have been executed");
            network.heal();
            assertThat(failure(connection, "INSERT INTO t VALUES (6, 6)")).isEmpty();
            assertThat(onPrimary("SELECT v FROM app.t WHERE id = 1")).isEqualTo("2");
        }
    }

    @Test
    void aBeginWhoseAnswerIsLostIsPlacedAgain() throws Exception {
        cluster.primary().execute("SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log = ON");
        try (Connection connection = proxy.connect()) {
            Sql.run(connection, "UPDATE t SET v = 1 WHERE id = 1");
            for (String begin : List.of("BEGIN", "START TRANSACTION", "START TRANSACTION WITH CONSISTENT SNAPSHOT")) {
                network.loseAnswers();
                CompletableFuture<String> begun = begins(connection, begin);
                await().atMost(TestProxy.SOON).until(() -> heard(begin) == 1);
                network.cut();
                network.heal();
                assertThat(endOf(begun)).as(begin).isEmpty();
                Sql.run(connection, "UPDATE t SET v = v + 1 WHERE id = 1", "ROLLBACK");
            }
            assertThat(onPrimary("SELECT v FROM app.t WHERE id = 1")).isEqualTo("1");
        }
    }

    @Test
    void aBeginThatWouldCommitIsNotSentAgain() throws Exception {
        cluster.primary().execute("SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log = ON");
        try (Connection connection = proxy.connect()) {
            Sql.run(connection, "BEGIN", "UPDATE t SET v = 5 WHERE id = 1");
            network.loseAnswers();
            CompletableFuture<String> begun = begins(connection, "START TRANSACTION");
            await().atMost(TestProxy.SOON).until(() -> heard("START TRANSACTION") == 1);
            network.cut();
            network.heal();
            assertThat(endOf(begun)).startsWith("08S01").contains("unknown");
            await().atMost(TestProxy.SOON)
                    .until(() -> onPrimary("SELECT v FROM app.t WHERE id = 1").equals("5"));
        }
    }

    /** How often the primary has heard a statement, if it keeps a log of them. */
    private int heard(String sql) {
        return Integer.parseInt(onPrimary("SELECT COUNT(*) FROM mysql.general_log WHERE argument = '" + sql + "'"));
    }

    @Test
    void anIdlePreparedStatementGoesOnOnTheNewPrimary() throws Exception {
        try (Connection connection = proxy.connect("useServerPrepStmts=true");
                PreparedStatement update = connection.prepareStatement("UPDATE t SET v = ? WHERE id = 1");
                PreparedStatement select = connection.prepareStatement("SELECT v FROM t WHERE id = ? FOR UPDATE")) {
            update.setInt(1, 20);
            assertThat(update.executeUpdate()).isEqualTo(1);
            select.setInt(1, 1);
            assertThat(first(select)).isEqualTo(20);
            proxy.awaitCaughtUp();
            cluster.primary().kill();
            promoteFirstReplica();
            update.setInt(1, 21);
            assertThat(update.executeUpdate()).isEqualTo(1);
            assertThat(first(select)).isEqualTo(21);
            assertThat(onPrimary("SELECT v FROM app.t WHERE id = 1")).isEqualTo("21");
        }
    }

    private static int first(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            assertThat(rows.next()).isTrue();
            return rows.getInt(1);
        }
    }

    @Test
    void aSessionReadsItsOwnWriteThoughThePrimaryHasFallenSilent() throws Exception {
        try (Connection connection = proxy.connect("useLocalSessionState=true")) {
            Sql.run(connection, "UPDATE t SET v = 3 WHERE id = 1");
            network.blackHole();
            // On the way to the primary, or not: in time it comes from a replica that has the write.
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1")).isEqualTo("3");
        }
    }

    @Test
    void anAnswerThatBreaksOffEndsTheClientsConnection() throws Exception {
        try (Connection connection = proxy.connect()) {
            network.cutAfterAnswerBytes(300_000);
            assertThat(failure(connection, "SELECT REPEAT('x', 1000000) FROM t WHERE id = 1 FOR UPDATE"))
                    .contains("connection was unexpectedly lost");
            assertThat(failure(connection, "SELECT 1")).startsWith("08");
        }
    }

    @Test
    void aPrimaryBehindADeadNetworkIsGivenUpWhenAnotherTakesItsPlace() throws Exception {
        try (Connection transaction = proxy.connect();
                Connection writer = proxy.connect()) {
            Sql.run(transaction, "BEGIN", "UPDATE t SET v = 99 WHERE id = 1");
            network.blackHole();
            CompletableFuture<String> inTransaction = begins(transaction, "SELECT 1");
            CompletableFuture<String> write = begins(writer, "INSERT INTO t VALUES (7, 7)");
            promoteFirstReplica();
            assertThat(endOf(inTransaction)).startsWith("40001");
            // It went to the old primary, where it may have been executed, or had to wait for the new one.
            assertThat(endOf(write)).matches("|08S01 .*may or may not.*");
            assertThat(failure(writer, "INSERT INTO t VALUES (8, 8)")).isEmpty();
            assertThat(onPrimary("SELECT v FROM app.t WHERE id = 8")).isEqualTo("8");
        }
    }
}
