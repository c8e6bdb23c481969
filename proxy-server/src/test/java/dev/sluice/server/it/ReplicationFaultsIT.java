package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalClusterException;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Replication that fails in ways that the replica itself does not notice: what clients read stays right, and no client gets an
 * error. Each test has servers of its own.
 */
@Timeout(180)
class ReplicationFaultsIT {
    private static final Duration MAX_LAG = Duration.ofSeconds(2);
    private static final String READ = "SELECT @@server_id FROM t WHERE id = 1";

    private LocalCluster cluster;
    private TestProxy proxy;

    @BeforeEach
    void start() throws Exception {
        cluster = LocalCluster.builder().flavor(ServerFlavor.mysql()).start();
        cluster.primary()
                .execute(
                        "CREATE TABLE app.t (id INT PRIMARY KEY, v INT)",
                        "CREATE TABLE app.big (id INT AUTO_INCREMENT PRIMARY KEY, b MEDIUMBLOB)",
                        "INSERT INTO app.t VALUES (1, 0)");
        cluster.awaitReplicated(TestProxy.SOON);
        proxy = TestProxy.options().maxLag(MAX_LAG).start(cluster);
    }

    @AfterEach
    void stop() {
        proxy.close();
        cluster.close();
    }

    private BackendStatus awaitReplica(int ordinal, Predicate<Topology> condition) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> condition.test(proxy.server().topology()));
        return proxy.server().topology().backend(ordinal);
    }

    private static boolean reads(Topology topology, int ordinal) {
        return (topology.readableReplicas() & 1L << ordinal) != 0;
    }

    /** Writes, and reads what was written, for so long as the replica still takes reads; says who answered afterwards. */
    private Set<String> writeUntilLeft(int ordinal, String write) throws SQLException {
        Set<String> afterwards = new TreeSet<>();
        try (Connection writer = proxy.connect();
                Connection other = proxy.connect()) {
            int v = 0;
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (reads(proxy.server().topology(), ordinal)) {
                assertThat(System.nanoTime() - deadline)
                        .as("the replica keeps its reads")
                        .isNegative();
                Sql.run(writer, "UPDATE t SET v = " + ++v + " WHERE id = 1", write);
                assertThat(Sql.value(writer, "SELECT v FROM t WHERE id = 1")).isEqualTo(Integer.toString(v));
                assertThat(Sql.value(other, READ)).isNotNull();
            }
            for (int i = 0; i < 50; i++) {
                afterwards.add(String.valueOf(Sql.value(other, READ)));
            }
        }
        return afterwards;
    }

    private String id(int ordinal) {
        return Integer.toString(cluster.servers().get(ordinal).serverId());
    }

    @Test
    void aReplicaThatNoLongerHearsFromItsSourceTakesNoReadsThoughItSaysThatAllIsWell() throws Exception {
        LocalServer deaf = cluster.servers().get(1);
        try (FaultyNetwork network = new FaultyNetwork(cluster.primary().port())) {
            deaf.execute(
                    "STOP REPLICA", "CHANGE REPLICATION SOURCE TO SOURCE_PORT = " + network.port(), "START REPLICA");
            await().atMost(TestProxy.SOON).until(deaf::isReplicating);
            proxy.awaitCaughtUp();
            proxy.awaitReplicas(2);

            network.blackHole();

            assertThat(writeUntilLeft(1, "UPDATE t SET v = v")).doesNotContain(id(1));
            assertThat(deaf.isReplicating()).as("its own opinion").isTrue();
            assertThat(proxy.server().topology().backend(1).lag()).isGreaterThan(MAX_LAG);
            deaf.execute(
                    "STOP REPLICA",
                    "CHANGE REPLICATION SOURCE TO SOURCE_PORT = "
                            + cluster.primary().port(),
                    "START REPLICA");
            BackendStatus back = awaitReplica(1, now -> reads(now, 1));
            assertThat(back.lag()).isLessThanOrEqualTo(MAX_LAG);
        }
    }

    @Test
    void aReplicaWhoseDiskIsFullTakesNoReadsUntilItHasCaughtUp(@TempDir Path copy) throws Exception {
        LocalServer full = cluster.servers().get(1);
        Path directory = Path.of(full.queryValue("SELECT @@datadir"));
        full.stop();
        command("cp", "-a", directory + "/.", copy.toString());
        long megabytes = megabytes(copy) + 24;
        if (!isMounted(directory, megabytes)) {
            abort("NOT RUN: this account may not mount a file system, so no disk could be filled");
        }
        try {
            command("cp", "-a", copy + "/.", directory.toString());
            full.start();
            proxy.awaitReplicas(2);
            Path filler = directory.resolve("filler");
            fill(filler);

            Set<String> afterwards = writeUntilLeft(1, "INSERT INTO big (b) VALUES (REPEAT('x', 2000))");

            assertThat(afterwards).doesNotContain(id(1));
            Files.delete(filler);
            // By itself the server looks at its disk again once a minute; a relay log that ends within an event is no
            // use.
            full.kill();
            full.start();
            // It lets clients in before its replication threads have begun, and can only stop those that have.
            await().atMost(TestProxy.SOON)
                    .ignoreExceptionsInstanceOf(LocalClusterException.class)
                    .until(() -> {
                        full.execute("STOP REPLICA", "RESET REPLICA");
                        return true;
                    });
            full.execute("START REPLICA");
            awaitReplica(1, now -> reads(now, 1));
            proxy.awaitCaughtUp();
        } finally {
            full.kill();
            command("umount", "-l", directory.toString());
        }
    }

    @Test
    void aSecondWritableServerGetsNoWrites() throws Exception {
        LocalServer second = cluster.servers().get(1);
        second.execute("STOP REPLICA", "SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF");
        awaitReplica(1, now -> now.writableServers() == 2);
        assertThat(proxy.server().topology().alarm())
                .contains(second.address())
                .contains(cluster.primary().address());
        try (Connection connection = proxy.connect()) {
            for (int i = 0; i < 20; i++) {
                Sql.run(connection, "INSERT INTO big (b) VALUES (@@server_id)");
            }
            assertThat(Sql.value(connection, "SELECT GROUP_CONCAT(DISTINCT CONVERT(b, CHAR)) FROM big FOR UPDATE"))
                    .isEqualTo(id(0));
        }
        second.execute("SET GLOBAL super_read_only = ON", "START REPLICA");
        awaitReplica(1, now -> now.alarm() == null && reads(now, 1));
    }

    @Test
    void aSecondWritableServerGetsNoWritesWhileThePrimaryIsSilentEither() throws Exception {
        proxy.close();
        Duration patience = Duration.ofSeconds(1);
        proxy = TestProxy.options()
                .maxLag(MAX_LAG)
                .acquireTimeout(patience)
                .primaryTimeout(patience)
                .start(cluster);
        LocalServer first = cluster.primary();
        LocalServer second = cluster.servers().get(1);
        second.execute("STOP REPLICA", "SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF");
        awaitReplica(1, now -> now.writableServers() == 2);
        try (Connection connection = proxy.connect()) {
            Sql.run(connection, "INSERT INTO big (b) VALUES (@@server_id)");
        }
        awaitReplica(
                1, now -> !now.backend(1).executed().contains(now.backend(0).executed()));

        try (Connection connection = proxy.connect()) {
            first.suspend();
            awaitReplica(0, now -> now.backend(0).health() != Health.ONLINE);
            assertThat(proxy.server().topology().alarm())
                    .startsWith("no primary: " + second.address() + " accepts writes but lacks writes of "
                            + first.address());
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO big (b) VALUES (@@server_id)"))
                    .isInstanceOf(SQLException.class);
        } finally {
            first.resume();
        }

        awaitReplica(0, now -> now.primaryOrdinal() == 0);
        try (Connection connection = proxy.connect()) {
            Sql.run(connection, "INSERT INTO big (b) VALUES (@@server_id)");
        }
        assertThat(first.queryValue("SELECT COUNT(*) FROM app.big")).isEqualTo("2");
        assertThat(second.queryValue("SELECT COUNT(*) FROM app.big")).isEqualTo("0");
    }

    private static boolean isMounted(Path directory, long megabytes) throws IOException, InterruptedException {
        return run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", directory.toString()) == 0;
    }

    private static long megabytes(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            return files.mapToLong(file -> file.toFile().length()).sum() / (1 << 20) + 1;
        }
    }

    /** Writes until there is no room for another byte. */
    private static void fill(Path file) throws IOException {
        byte[] piece = new byte[4096];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (true) {
                out.write(piece);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private static void command(String... words) throws IOException, InterruptedException {
        assertThat(run(words)).as("%s", String.join(" ", words)).isZero();
    }

    private static int run(String... words) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("%s", words[0]).isTrue();
        return process.exitValue();
    }
}
