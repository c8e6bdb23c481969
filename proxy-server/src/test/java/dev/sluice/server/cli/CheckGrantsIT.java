package dev.sluice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.it.MariaDbServer;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import dev.sluice.server.localcluster.ServerVersion;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/** {@code sluice check} on real servers: running the statements that it prints makes it content. */
@Timeout(120)
class CheckGrantsIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Pattern STATEMENT = Pattern.compile("(?:wrong|note): .*; (GRANT .* TO '.*'@'.*')");
    private static final String ADMIN = """
            admin:
              switchover-user: switcher
              switchover-password: sw
            """;

    @Test
    void onMySqlTheStatementsThatItPrintsAreAllThatIsNeeded() throws Exception {
        check(ServerFlavor.mysql(), "REPLICATION CLIENT", "SYSTEM_VARIABLES_ADMIN", "mysql.slave_master_info");
    }

    @Test
    void onMariaDbTheStatementsThatItPrintsAreAllThatIsNeeded() throws Exception {
        MariaDbServer.requireInstalled(CheckGrantsIT.class);
        check(ServerFlavor.executable("mariadbd"), "SLAVE MONITOR", "READ_ONLY ADMIN", "mysql.global_priv");
    }

    private static void check(ServerFlavor flavor, String... asked) throws Exception {
        try (LocalCluster cluster =
                LocalCluster.builder().flavor(flavor).replicas(1).start()) {
            LocalServer primary = cluster.primary();
            primary.execute(
                    "CREATE USER 'bare'@'%' IDENTIFIED BY 'b'",
                    "CREATE USER 'switcher'@'%' IDENTIFIED BY 'sw'",
                    "CREATE TABLE app.beat (id INT PRIMARY KEY, beat_ms BIGINT NOT NULL)");
            cluster.awaitReplicated(SOON);
            Path file = cluster.directory().resolve("check.yaml");
            Files.writeString(file, configuration(cluster));
            String first = run(file, 1);
            for (String privilege : asked) {
                assertThat(first).contains(privilege);
            }
            assertThat(first)
                    .contains("SELECT, INSERT, UPDATE ON app.beat", "the account of admin.switchover-user lacks");
            // What is missing on the replica is the same; grants replicate.
            List<String> statements = first.lines()
                    .map(STATEMENT::matcher)
                    .filter(Matcher::matches)
                    .map(found -> found.group(1))
                    .distinct()
                    .toList();
            primary.execute(statements.toArray(String[]::new));
            cluster.awaitReplicated(SOON);
            assertThat(run(file, 0)).contains("everything needed is there").doesNotContain("lacks");
            checkHeaders(cluster, file);
        }
    }

    private static void checkHeaders(LocalCluster cluster, Path file) throws IOException {
        Files.writeString(file, configuration(cluster) + "pool: {proxy-protocol: v2}\n");
        String address = "wrong: " + cluster.primary().address() + ": pool.proxy-protocol is v2, but ";
        if (cluster.version().vendor() == ServerVersion.Vendor.MYSQL) {
            assertThat(run(file, 1)).contains(address + "only MariaDB servers take such headers");
            return;
        }
        assertThat(run(file, 1))
                .contains(address + "the server takes no header from ", "proxy_protocol_networks is ''");
        cluster.servers().forEach(server -> server.execute("SET GLOBAL proxy_protocol_networks = '127.0.0.0/8'"));
        assertThat(run(file, 0)).contains("everything needed is there");
    }

    private static String configuration(LocalCluster cluster) {
        StringBuilder text = new StringBuilder("listen: 127.0.0.1:0\nlog: {level: error}\nbackends:\n");
        cluster.servers()
                .forEach(server ->
                        text.append("  - address: ").append(server.address()).append('\n'));
        return text.append("monitor: {user: bare, password: b, discover: true, heartbeat: write, heartbeat-table: "
                        + Accounts.DATABASE + ".beat}\n")
                .append(ADMIN)
                .toString();
    }

    private static String run(Path file, int exitCode) {
        StringWriter out = new StringWriter();
        CommandLine sluice = Main.commandLine(Wiring.production()).setOut(new PrintWriter(out, true));
        assertThat(sluice.execute("check", "-c", file.toString()))
                .as(out::toString)
                .isEqualTo(exitCode);
        return out.toString();
    }
}
