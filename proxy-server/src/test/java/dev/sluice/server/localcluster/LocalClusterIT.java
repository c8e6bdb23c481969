package dev.sluice.server.localcluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The local cluster on the servers that this machine can run: MySQL 8.0.31 always, MariaDB when it is installed. */
@Timeout(120)
class LocalClusterIT {
    private static final Duration REPLICATION = Duration.ofSeconds(20);

    static List<ServerFlavor> flavors() {
        List<ServerFlavor> flavors = new ArrayList<>(List.of(ServerFlavor.mysql()));
        if (ExecutableFlavor.find("mariadbd") != null) {
            flavors.add(ServerFlavor.executable("mariadbd"));
        }
        if (ContainerFlavor.isDockerAvailable()) {
            flavors.add(new ContainerFlavor());
        } else {
            log("Docker required: no daemon answers, so the cluster is not tested on image mysql:8.4.");
        }
        return flavors;
    }

    @ParameterizedTest
    @MethodSource("flavors")
    void aClusterReplicatesFailsOverAndTakesTheOldPrimaryBack(ServerFlavor flavor) throws SQLException {
        ProcessHandle added;
        try (LocalCluster cluster = LocalCluster.builder()
                .flavor(flavor)
                .progress(LocalClusterIT::log)
                .start()) {
            LocalServer first = cluster.primary();
            LocalServer second = cluster.replicas().get(0);
            LocalServer third = cluster.replicas().get(1);

            // Accounts and replication
            write(first, "CREATE TABLE t (id INT PRIMARY KEY)");
            write(first, "INSERT INTO t VALUES (1)");
            cluster.awaitReplicated(REPLICATION);
            assertThat(rows(second)).containsExactly(1);
            assertThat(rows(third)).containsExactly(1);
            assertThatThrownBy(() -> write(second, "INSERT INTO t VALUES (2)"))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getErrorCode()).isEqualTo(1290));

            // A replica that dies comes back on its port and catches up
            int port = second.port();
            second.kill();
            assertThat(second.isRunning()).isFalse();
            write(first, "INSERT INTO t VALUES (3)");
            second.restart();
            assertThat(second.port()).isEqualTo(port);
            cluster.awaitReplicated(REPLICATION);
            assertThat(rows(second)).containsExactly(1, 3);

            // The primary dies
            first.kill();
            cluster.promote(second);
            assertThat(cluster.primary()).isSameAs(second);
            write(second, "INSERT INTO t VALUES (4)");
            cluster.awaitReplicated(REPLICATION);
            assertThat(rows(third)).containsExactly(1, 3, 4);

            // The old primary returns
            first.restart();
            cluster.rejoin(first);
            cluster.awaitReplicated(REPLICATION);
            assertThat(rows(first)).containsExactly(1, 3, 4);

            // And takes over again in good order
            cluster.switchOver(first);
            write(first, "INSERT INTO t VALUES (5)");
            cluster.awaitReplicated(REPLICATION);
            assertThat(rows(second)).containsExactly(1, 3, 4, 5);

            delayAndSuspend(cluster);
            added = addReplica(cluster);
        }
        assertThat(added.isAlive()).isFalse();
    }

    /** A new server gets everything that was written before it existed, and goes with the cluster. */
    private static ProcessHandle addReplica(LocalCluster cluster) throws SQLException {
        LocalServer added = cluster.addReplica();
        cluster.awaitReplicated(REPLICATION);
        assertThat(cluster.replicas()).hasSize(3).contains(added);
        assertThat(added.queryValue("SELECT @@server_id")).isEqualTo("4");
        assertThat(rows(added)).containsExactlyElementsOf(rows(cluster.primary()));
        assertThatThrownBy(() -> write(added, "INSERT INTO t VALUES (7)")).isInstanceOf(SQLException.class);
        return ProcessHandle.of(added.pid()).orElseThrow();
    }

    private static void delayAndSuspend(LocalCluster cluster) throws SQLException {
        LocalServer primary = cluster.primary();
        LocalServer delayed = cluster.replicas().get(0);
        LocalServer stopped = cluster.replicas().get(1);
        cluster.delayReplica(delayed, Duration.ofMinutes(10));
        cluster.stopReplication(stopped);
        write(primary, "INSERT INTO t VALUES (6)");
        assertThatThrownBy(() -> cluster.awaitReplicated(Duration.ofMillis(500)))
                .isInstanceOf(LocalClusterException.class);
        assertThat(rows(delayed)).doesNotContain(6);
        assertThat(rows(stopped)).doesNotContain(6);
        cluster.delayReplica(delayed, Duration.ZERO);
        cluster.startReplication(stopped);
        cluster.awaitReplicated(REPLICATION);
        assertThat(rows(delayed)).contains(6);

        stopped.suspend();
        assertThatThrownBy(() -> rows(stopped, "&socketTimeout=300")).isInstanceOf(SQLException.class);
        stopped.resume();
        assertThat(rows(stopped)).contains(6);
    }

    @Test
    void theAccountsHaveTheirPluginsAndNoMoreThanAnApplicationNeeds() throws SQLException {
        try (LocalCluster cluster =
                LocalCluster.builder().flavor(ServerFlavor.mysql()).replicas(0).start()) {
            LocalServer server = cluster.primary();

            assertThat(server.queryValue("SELECT @@global.gtid_executed")).isEmpty();
            assertThat(plugin(server, Accounts.APP_USER)).isEqualTo("caching_sha2_password");
            assertThat(plugin(server, Accounts.NATIVE_USER)).isEqualTo("mysql_native_password");
            assertThat(plugin(server, Accounts.MONITOR_USER)).isEqualTo("caching_sha2_password");
            for (String[] account : new String[][] {
                {Accounts.APP_USER, Accounts.APP_PASSWORD}, {Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD}
            }) {
                try (Connection connection = server.connect(account[0], account[1]);
                        Statement statement = connection.createStatement()) {
                    statement.execute("CREATE TABLE IF NOT EXISTS app2.t (id INT)");
                    statement.execute("CREATE FUNCTION f() RETURNS INT NO SQL RETURN 1");
                    statement.execute("DROP FUNCTION f");
                    assertThatThrownBy(() -> statement.execute("SET GLOBAL read_only = ON"))
                            .isInstanceOf(SQLException.class);
                }
            }
            try (Connection connection = server.connect(Accounts.MONITOR_USER, Accounts.MONITOR_PASSWORD, "");
                    Statement statement = connection.createStatement()) {
                statement.execute("SHOW REPLICA STATUS");
                statement.execute("SELECT authentication_string FROM mysql.user");
            }
        }
    }

    @Test
    void aServerWhosePortSomebodyElseTookMeanwhileTakesAnother() throws IOException {
        try (LocalCluster other =
                LocalCluster.builder().flavor(ServerFlavor.mysql()).replicas(0).start()) {
            int taken = other.primary().port();
            Path late = Files.createDirectory(other.directory().resolve("late"));
            ServerInstallation installation =
                    ServerFlavor.mysql().install(ServerCache.perUser(), ProgressListener.silent());
            Iterator<Integer> ports = List.of(taken, FreePorts.pick()).iterator();
            LocalServer server = new LocalServer(
                    installation.create(late, ProgressListener.silent()),
                    ServerDialect.of(installation.version()),
                    1,
                    ServerDialect.of(installation.version()).arguments(false),
                    ports::next);

            server.start();

            try {
                assertThat(server.port()).isNotEqualTo(taken);
                assertThat(server.queryValue("SELECT @@global.port")).isEqualTo(String.valueOf(server.port()));
                assertThat(server.queryValue("SELECT @@global.datadir")).startsWith(late.toString());
            } finally {
                server.kill();
            }
        }
    }

    @Test
    void aKilledParentLeavesNoServerAndNoDirectory() throws IOException, InterruptedException {
        Path temporary = Files.createTempDirectory("local-cluster-it-");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ClusterInAnotherJvm.class.getName(),
                temporary.toString());
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        Process parent = builder.start();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8))) {
            List<ProcessHandle> servers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                servers.add(ProcessHandle.of(Long.parseLong(String.valueOf(output.readLine())))
                        .orElseThrow());
            }
            assertThat(servers).allMatch(ProcessHandle::isAlive);

            parent.destroyForcibly().waitFor();

            await().atMost(Duration.ofSeconds(10)).until(() -> servers.stream().noneMatch(ProcessHandle::isAlive));
            await().atMost(Duration.ofSeconds(15)).until(() -> isEmpty(temporary));
        } finally {
            parent.destroyForcibly();
            Directories.delete(temporary);
        }
    }

    /** The victim of {@link #aKilledParentLeavesNoServerAndNoDirectory}: prints its servers' process ids and waits. */
    static final class ClusterInAnotherJvm {
        public static void main(String[] arguments) throws IOException {
            LocalCluster cluster = LocalCluster.builder()
                    .flavor(ServerFlavor.mysql())
                    .replicas(1)
                    .baseDirectory(Path.of(arguments[0]))
                    .start();
            // A suspended server must die as well.
            cluster.primary().suspend();
            cluster.servers().forEach(server -> System.out.println(server.pid()));
            int end = System.in.read();
            throw new IllegalStateException("The parent closed the pipe before it killed this process: " + end);
        }
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.noneMatch(path -> path.getFileName().toString().startsWith("sluice-cluster-"));
        }
    }

    private static String plugin(LocalServer server, String user) {
        return server.queryValue("SELECT plugin FROM mysql.user WHERE user = '" + user + "'");
    }

    private static void write(LocalServer server, String sql) throws SQLException {
        try (Connection connection = server.connect(Accounts.APP_USER, Accounts.APP_PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<Integer> rows(LocalServer server) throws SQLException {
        return rows(server, "");
    }

    private static List<Integer> rows(LocalServer server, String urlOptions) throws SQLException {
        String url = server.jdbcUrl() + urlOptions;
        try (Connection connection = DriverManager.getConnection(url, Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id FROM t ORDER BY id")) {
            List<Integer> ids = new ArrayList<>();
            while (rows.next()) {
                ids.add(rows.getInt(1));
            }
            return ids;
        }
    }

    private static void log(String line) {
        System.out.println(line);
    }
}
