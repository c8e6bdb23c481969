package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of the proxy and of servers behind it. The servers are this class's own, because it kills them. */
@Timeout(120)
class ShutdownIT {
    private static LocalCluster cluster;

    @BeforeAll
    static void start() {
        cluster = LocalCluster.builder().flavor(ServerFlavor.mysql()).start();
        cluster.primary().execute("CREATE TABLE app.t (id INT PRIMARY KEY, v INT)", "INSERT INTO app.t VALUES (1, 10)");
        cluster.awaitReplicated(TestProxy.SOON);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    void drainingFinishesTransactionsAndTellsIdleClients() throws Exception {
        try (TestProxy proxy = TestProxy.start(cluster);
                Connection busy = proxy.connect();
                RawClient idle = proxy.raw()) {
            assertThat(idle.value("SELECT 1")).isEqualTo("1");
            Sql.run(busy, "BEGIN", "UPDATE t SET v = 11 WHERE id = 1");
            proxy.server().drain();
            idle.expectSequence(0);
            assertThat(idle.err(idle.read()).code()).isEqualTo(1053);
            assertThat(idle.isClosedByServer()).isTrue();
            await().atMost(TestProxy.SOON).until(() -> refusesConnections(proxy));
            Sql.run(busy, "UPDATE t SET v = 12 WHERE id = 1");
            assertThat(Sql.value(busy, "SELECT v FROM t WHERE id = 1")).isEqualTo("12");
            busy.setAutoCommit(true);
            Sql.run(busy, "COMMIT");
            assertThatThrownBy(() -> Sql.value(busy, "SELECT 1")).isInstanceOf(SQLException.class);
            assertTerminates(proxy);
        }
        assertThat(cluster.primary().queryValue("SELECT v FROM app.t")).isEqualTo("12");
    }

    private static boolean refusesConnections(TestProxy proxy) throws java.io.IOException {
        try (RawClient client = RawClient.open(proxy.port())) {
            return client.isClosedByServer();
        } catch (java.net.ConnectException | IllegalStateException refused) {
            return true;
        }
    }

    private static void assertTerminates(TestProxy proxy) throws Exception {
        CompletableFuture<Void> ended = CompletableFuture.runAsync(() -> {
            try {
                proxy.server().awaitTermination();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        ended.get(20, TimeUnit.SECONDS);
        assertThat(proxy.server().sessions().sessions()).isZero();
    }

    @Test
    void theDeadlineEndsTransactionsThatDoNot() throws Exception {
        try (TestProxy proxy =
                        TestProxy.options().drainTimeout(Duration.ofSeconds(1)).start(cluster);
                RawClient busy = proxy.raw()) {
            busy.query("BEGIN");
            busy.query("INSERT INTO app.t VALUES (100, 1)");
            proxy.server().drain();
            busy.expectSequence(0);
            assertThat(busy.err(busy.read()).code()).isEqualTo(1053);
            assertTerminates(proxy);
        }
        await().atMost(TestProxy.SOON)
                .until(() -> cluster.primary()
                        .queryValue("SELECT COUNT(*) FROM app.t WHERE id = 100 FOR UPDATE")
                        .equals("0"));
    }

    @Test
    void aSecondRequestToStopIsImmediate() throws Exception {
        try (TestProxy proxy = TestProxy.start(cluster);
                Connection busy = proxy.connect()) {
            Sql.run(busy, "BEGIN", "SELECT * FROM t FOR UPDATE");
            proxy.server().drain();
            proxy.server().stopNow();
            assertTerminates(proxy);
        }
    }

    @Test
    void stoppingInTheMiddleOfAStatementEndsItsServerConnection() throws Exception {
        try (TestProxy proxy = TestProxy.start(cluster);
                Connection busy = proxy.connect()) {
            CompletableFuture<Integer> sleeping = CompletableFuture.supplyAsync(
                    () -> Sql.error(busy, "SELECT SLEEP(15) FROM t WHERE id = 1 FOR UPDATE"));
            await().atMost(TestProxy.SOON).until(() -> appThreads("info LIKE 'SELECT SLEEP%'") == 1);
            proxy.server().stopNow();
            assertThat(sleeping.get(20, TimeUnit.SECONDS)).isNotZero();
            assertTerminates(proxy);
        }
    }

    private static int appThreads(String condition) {
        return Integer.parseInt(cluster.primary()
                .queryValue("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app' AND " + condition));
    }

    @Test
    void idleSessionsDoNotNoticeTheRestartOfAReplica() throws Exception {
        try (TestProxy proxy = TestProxy.start(cluster);
                Connection connection = proxy.connect();
                Connection temporary = proxy.connect()) {
            for (int i = 0; i < 6; i++) {
                assertThat(Sql.value(connection, "SELECT id FROM t WHERE id = 1"))
                        .isEqualTo("1");
            }
            Sql.run(temporary, "CREATE TEMPORARY TABLE tmp AS SELECT 5 AS x");
            cluster.replicas().get(0).kill();
            for (int i = 0; i < 30; i++) {
                assertThat(Sql.value(connection, "SELECT id FROM t WHERE id = 1"))
                        .isEqualTo("1");
            }
            assertThat(Sql.value(temporary, "SELECT x FROM tmp")).isEqualTo("5");
            cluster.replicas().get(0).start();
            proxy.awaitReplicas(2);
            for (int i = 0; i < 10; i++) {
                assertThat(Sql.value(connection, "SELECT id FROM t WHERE id = 1"))
                        .isEqualTo("1");
            }
        }
    }

    @Test
    void theRestartOfThePrimaryCostsWhatLivedOnItAndNothingElse() throws Exception {
        try (TestProxy proxy = TestProxy.options()
                        .primaryTimeout(Duration.ofSeconds(20))
                        .start(cluster);
                Connection free = proxy.connect();
                Connection transaction = proxy.connect();
                Connection variable = proxy.connect()) {
            Sql.run(free, "UPDATE t SET v = 21 WHERE id = 1");
            Sql.run(variable, "SET @v = 1 + 0");
            Sql.run(transaction, "BEGIN", "UPDATE t SET v = 99 WHERE id = 1");
            proxy.awaitCaughtUp();
            cluster.primary().kill();
            assertThat(Sql.value(free, "SELECT v FROM t WHERE id = 1")).isEqualTo("21");
            CompletableFuture<Integer> waiting =
                    CompletableFuture.supplyAsync(() -> Sql.error(free, "UPDATE t SET v = 22 WHERE id = 1"));
            cluster.primary().start();
            assertThat(waiting.get(20, TimeUnit.SECONDS)).isZero();
            proxy.awaitCaughtUp();
            assertThat(Sql.error(transaction, "UPDATE t SET v = 100 WHERE id = 1"))
                    .isNotZero();
            assertThat(Sql.error(variable, "SELECT @v")).isNotZero();
            assertThat(Sql.value(transaction, "SELECT v FROM t WHERE id = 1")).isEqualTo("22");
            assertThat(Sql.value(variable, "SELECT @v")).isNull();
        }
    }
}
