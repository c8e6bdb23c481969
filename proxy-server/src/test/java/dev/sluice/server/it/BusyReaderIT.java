package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.ConsistencyConfig;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A session that reads without a pause, while somebody else writes all the time: it must not stick where it once read. */
@Timeout(120)
class BusyReaderIT {
    private static final LocalCluster CLUSTER = Servers.mysql();
    private static final String READ = "SELECT @@server_id FROM busy.t";

    private TestProxy proxy;
    private Writer writer;

    /** Writes to the primary, around the proxy, without a pause. Thread-safe: a flag ends it. */
    private static final class Writer {
        private final AtomicBoolean over = new AtomicBoolean();
        private final CompletableFuture<Void> running = CompletableFuture.runAsync(this::run);

        private void run() {
            try (Connection connection = CLUSTER.primary().connect()) {
                while (!over.get()) {
                    Sql.run(connection, "UPDATE busy.t SET v = v + 1");
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        void end() throws InterruptedException, ExecutionException, TimeoutException {
            over.set(true);
            running.get(30, TimeUnit.SECONDS);
        }
    }

    @BeforeEach
    void start() throws Exception {
        CLUSTER.primary()
                .execute(
                        "CREATE DATABASE IF NOT EXISTS busy",
                        "GRANT ALL ON busy.* TO 'app'@'%'",
                        "CREATE TABLE IF NOT EXISTS busy.t (id INT PRIMARY KEY, v BIGINT)",
                        "REPLACE INTO busy.t VALUES (1, 0)");
        CLUSTER.awaitReplicated(TestProxy.SOON);
        // A replica under such load may be behind by any time: what a read waits for is not what is asked here.
        proxy = TestProxy.options()
                .consistency(ConsistencyConfig.defaults().withCausalWait(Duration.ofSeconds(5)))
                .start(CLUSTER);
        writer = new Writer();
    }

    @AfterEach
    void stop() throws Exception {
        writer.end();
        proxy.close();
        CLUSTER.primary().execute("DROP DATABASE busy");
    }

    private static String id(LocalServer server) {
        return Integer.toString(server.serverId());
    }

    private void run(Operation operation) throws Exception {
        ResultTable unused = proxy.server().administration().run(operation, new Caller("dba", null), step -> {});
    }

    @Test
    void aReadOfThePrimaryDoesNotKeepItThere() throws SQLException {
        try (Connection reader = proxy.connect()) {
            int onReplicas = 0;
            for (int i = 0; i < 60; i++) {
                Sql.run(reader, "SELECT v FROM busy.t FOR UPDATE");
                for (int j = 0; j < 5; j++) {
                    onReplicas += id(CLUSTER.primary()).equals(Sql.value(reader, READ)) ? 0 : 1;
                }
            }
            assertThat(onReplicas).as("of 300").isGreaterThan(180);
        }
    }

    /** Reads without a pause until a server answers that will do. */
    private static void awaitReading(Connection reader, Predicate<String> server) {
        await().atMost(Duration.ofSeconds(30))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> server.test(String.valueOf(Sql.value(reader, READ))));
    }

    @Test
    void itGoesToTheOtherReplicaWhenItsOwnIsDrainedAndComesBackInTime() throws Exception {
        try (Connection reader = proxy.connect()) {
            String favourite = String.valueOf(Sql.value(reader, READ));
            int ordinal = favourite.equals(id(CLUSTER.servers().get(1))) ? 1 : 2;
            String other = id(CLUSTER.servers().get(3 - ordinal));

            run(new Operation.DrainBackend(CLUSTER.servers().get(ordinal).address(), Duration.ofSeconds(5)));
            for (int i = 0; i < 100; i++) {
                awaitReading(reader, server -> {
                    // Where the other one is behind for longer than a read waits, the primary answers.
                    assertThat(server).isNotEqualTo(favourite);
                    return server.equals(other);
                });
            }

            run(new Operation.ResumeBackend(CLUSTER.servers().get(ordinal).address()));
            awaitReading(reader, favourite::equals);
        }
    }
}
