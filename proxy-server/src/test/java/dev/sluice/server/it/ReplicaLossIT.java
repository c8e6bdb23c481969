package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What readers notice of replicas that go away: nothing. Each test has servers of its own. */
@Timeout(120)
class ReplicaLossIT {
    private static final int REPLICAS = 4;
    private static final int READERS = 12;

    private LocalCluster cluster;
    private TestProxy proxy;

    @BeforeEach
    void start() throws Exception {
        cluster = LocalCluster.builder()
                .flavor(ServerFlavor.mysql())
                .replicas(REPLICAS)
                .start();
        cluster.primary()
                .execute(
                        "CREATE TABLE app.t (id INT PRIMARY KEY, v INT)",
                        "INSERT INTO app.t VALUES (1, 10), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8)");
        cluster.awaitReplicated(TestProxy.SOON);
        proxy = TestProxy.start(cluster);
        proxy.awaitCaughtUp();
    }

    @AfterEach
    void stop() {
        proxy.close();
        cluster.close();
    }

    /** The answer, or the message of the error. */
    private static CompletableFuture<@Nullable String> asked(Connection connection, String sql) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return Sql.value(connection, sql);
            } catch (SQLException e) {
                return e.getSQLState() + " " + e.getMessage();
            }
        });
    }

    /** A read that no replica answers before it is found there, and the primary at once. */
    private String endlessOnReplicas() {
        return "SELECT CONCAT(@@port, CASE @@port WHEN " + cluster.primary().port()
                + " THEN 0 ELSE SLEEP(100) END) FROM t WHERE id = 1";
    }

    /** How many of them run on a server. */
    private static int running(LocalServer server, String sql) {
        return Integer.parseInt(
                server.queryValue("SELECT COUNT(*) FROM information_schema.processlist WHERE info = '" + sql + "'"));
    }

    @Test
    void readersNoticeNothingWhenAllReplicasDieAtOnce() throws Exception {
        AtomicBoolean stopped = new AtomicBoolean();
        AtomicInteger answers = new AtomicInteger();
        List<CompletableFuture<String>> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            readers.add(CompletableFuture.supplyAsync(() -> {
                try (Connection connection = proxy.connect()) {
                    while (!stopped.get()) {
                        assertThat(Sql.value(connection, "SELECT v + SLEEP(0.02) FROM t WHERE id = 1"))
                                .isEqualTo("10");
                        answers.incrementAndGet();
                    }
                    return Sql.routeOf(connection, "SELECT v FROM t WHERE id = 1")
                            .backend();
                } catch (SQLException e) {
                    return e.getSQLState() + " " + e.getMessage();
                }
            }));
        }
        await().atMost(TestProxy.SOON).until(() -> answers.get() > 20 * READERS);
        cluster.replicas().parallelStream().forEach(LocalServer::kill);
        int then = answers.get();
        await().atMost(TestProxy.SOON)
                .until(() ->
                        answers.get() > then + 10 * READERS || readers.stream().anyMatch(r -> r.isDone()));
        stopped.set(true);
        Set<String> ends = new HashSet<>();
        for (CompletableFuture<String> reader : readers) {
            ends.add(reader.get(30, TimeUnit.SECONDS));
        }
        assertThat(ends).containsExactly(cluster.primary().address());
    }

    @Test
    void aReadOutlivesEveryReplicaThatItWasGivenTo() throws Exception {
        String sql = endlessOnReplicas();
        try (Connection connection = proxy.connect()) {
            CompletableFuture<@Nullable String> read = asked(connection, sql);
            for (int i = 0; i < REPLICAS; i++) {
                LocalServer busy = await().atMost(TestProxy.SOON)
                        .until(
                                () -> cluster.replicas().stream()
                                        .filter(LocalServer::isRunning)
                                        .filter(server -> running(server, sql) == 1)
                                        .findFirst()
                                        .orElse(null),
                                server -> server != null);
                busy.kill();
            }
            assertThat(read.get(30, TimeUnit.SECONDS))
                    .isEqualTo(cluster.primary().port() + "0");
        }
    }

    @Test
    void readsOnAReplicaThatIsShutDownAreAnsweredByOthers() throws Exception {
        // A sleep alone would end early, with a result and not an error.
        LocalServer leaving = cluster.replicas().get(0);
        String sql =
                "SELECT CONCAT(@@port, SUM(CASE @@port WHEN " + leaving.port() + " THEN SLEEP(2) ELSE 0 END)) FROM t";
        List<Connection> connections = new ArrayList<>();
        List<CompletableFuture<@Nullable String>> reads = new ArrayList<>();
        try {
            for (int i = 0; i < READERS; i++) {
                connections.add(proxy.connect());
            }
            connections.forEach(connection -> reads.add(asked(connection, sql)));
            await().atMost(TestProxy.SOON).until(() -> running(leaving, sql) > 0);
            leaving.execute("SHUTDOWN");
            for (CompletableFuture<@Nullable String> read : reads) {
                assertThat(read.get(30, TimeUnit.SECONDS))
                        .matches("\\d+0")
                        .doesNotStartWith(Integer.toString(leaving.port()));
            }
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    @Test
    void readsWhoseConnectionsAreKilledOnTheReplicaAreAnsweredAllTheSame() throws Exception {
        String sql = endlessOnReplicas();
        try (Connection connection = proxy.connect()) {
            CompletableFuture<@Nullable String> read = asked(connection, sql);
            Set<LocalServer> left = new HashSet<>();
            while (left.size() < REPLICAS) {
                await().atMost(TestProxy.SOON).until(() -> {
                    for (LocalServer server : cluster.replicas()) {
                        String id = server.queryValue("SELECT COALESCE(MAX(id), 0) FROM"
                                + " information_schema.processlist WHERE info = '" + sql + "'");
                        if (!left.contains(server) && !id.equals("0")) {
                            server.execute("KILL " + id);
                            return left.add(server);
                        }
                    }
                    return false;
                });
            }
            assertThat(read.get(30, TimeUnit.SECONDS))
                    .isEqualTo(cluster.primary().port() + "0");
        }
    }
}
