package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A cursor on a replica outlives whatever the session runs elsewhere, while the replicas are a minute behind: each script
 * gets, packet by packet, what it gets on a direct connection.
 */
@Timeout(120)
class TiedCursorIT {
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final int STATEMENT_ID_END = 5;
    private static final String DIRECT = "tied_d";
    private static final String PROXIED = "tied_p";

    private static final String OPEN = "@cursor c";

    /** Each has a row of its own to write to, {@code #}, and a schema, {@code $}. */
    private static final List<List<String>> SCRIPTS = List.of(
            // A transaction that autocommit=0 has begun on the replica, and another later that may not run there.
            List.of(
                    "SET SESSION TRANSACTION READ ONLY",
                    "SET autocommit = 0",
                    OPEN,
                    "@fetch c 2",
                    "COMMIT",
                    "SET SESSION TRANSACTION READ WRITE",
                    "UPDATE t SET v = 66 WHERE id = #",
                    "COMMIT",
                    "SET SESSION TRANSACTION READ ONLY",
                    "@prepare d SELECT v FROM t WHERE id = # AND 1 = 1",
                    "@fetch c 1",
                    "SELECT v FROM t WHERE id = #",
                    "@fetch c 1",
                    "COMMIT",
                    "@execute d",
                    "@fetch c 1",
                    "UPDATE t SET v = 67 WHERE id = #",
                    "ROLLBACK",
                    "@fetch c 100"),
            List.of(
                    OPEN,
                    "@fetch c 2",
                    "SET autocommit = 0",
                    "UPDATE t SET v = 66 WHERE id = #",
                    "@fetch c 1",
                    "COMMIT",
                    "@prepare d SELECT v FROM t WHERE id = # AND 2 = 2",
                    "SET SESSION TRANSACTION READ ONLY",
                    "SELECT v FROM t WHERE id = #",
                    "@fetch c 1",
                    "@execute d",
                    "ROLLBACK",
                    "@fetch c 100"),
            // A transaction that may write ends the one on the replica.
            List.of(
                    "START TRANSACTION READ ONLY",
                    OPEN,
                    "@fetch c 2",
                    "START TRANSACTION READ WRITE",
                    "UPDATE t SET v = 66 WHERE id = #",
                    "@fetch c 2",
                    "COMMIT",
                    "SELECT v FROM t WHERE id = #",
                    "@fetch c 100"),
            List.of(
                    "START TRANSACTION READ ONLY",
                    OPEN,
                    "LOCK TABLES t WRITE",
                    "UPDATE t SET v = 66 WHERE id = #",
                    "UNLOCK TABLES",
                    "@fetch c 2",
                    "SELECT v FROM t WHERE id = #",
                    "@fetch c 100"),
            List.of(
                    OPEN,
                    "SET TRANSACTION READ ONLY",
                    "SELECT v FROM t WHERE id = #",
                    "START TRANSACTION READ WRITE",
                    "UPDATE t SET v = 66 WHERE id = #",
                    "@fetch c 2",
                    "ROLLBACK",
                    "@fetch c 100"),
            // What looks like a read, until the replica refuses to write.
            List.of(OPEN, "@fetch c 2", "SELECT noted FROM hidden WHERE # = #", "@fetch c 100"),
            // A schema that the replica does not have yet.
            List.of(OPEN, "@fetch c 2", "CREATE DATABASE $_new#", "USE $_new#", "@fetch c 2", "USE $", "@fetch c 100"),
            // The transaction is elsewhere, and the flags are its.
            List.of(
                    OPEN,
                    "BEGIN",
                    "UPDATE t SET v = 66 WHERE id = #",
                    "@fetch c 2",
                    "SELECT v FROM t WHERE id = #",
                    "@fetch c 2",
                    "COMMIT",
                    "@fetch c 100"));

    @Test
    void onMySql() throws Exception {
        LocalCluster cluster = Servers.mysql();
        try {
            compare(cluster);
        } finally {
            delay(cluster, Duration.ZERO);
            drop(cluster, DIRECT);
            drop(cluster, PROXIED);
            cluster.awaitReplicated(TestProxy.SOON);
        }
    }

    @Test
    void onMariaDb() throws Exception {
        MariaDbServer.requireInstalled(TiedCursorIT.class);
        try (LocalCluster cluster = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .start()) {
            compare(cluster);
        }
    }

    private static void compare(LocalCluster cluster) throws Exception {
        create(cluster, DIRECT);
        create(cluster, PROXIED);
        try (TestProxy proxy =
                TestProxy.options().eventLoops(1).maxLag(Duration.ofMinutes(5)).start(cluster)) {
            proxy.awaitCaughtUp();
            delay(cluster, MINUTE);
            proxy.awaitReplicas(cluster.replicas().size());
            SoftAssertions all = new SoftAssertions();
            for (int i = 0; i < SCRIPTS.size(); i++) {
                compare(proxy, i, all);
            }
            all.assertAll();
            proxy.awaitQuiet();
        }
    }

    private static void delay(LocalCluster cluster, Duration delay) {
        cluster.replicas().forEach(replica -> cluster.delayReplica(replica, delay));
    }

    private static void compare(TestProxy proxy, int script, SoftAssertions all) throws IOException {
        List<String> steps = new ArrayList<>(List.of("USE $", "@prepare c SELECT id FROM t WHERE id > 0 ORDER BY id"));
        steps.addAll(SCRIPTS.get(script));
        int primary = proxy.cluster().primary().port();
        try (WireSession direct = new WireSession(primary, RawClient.CAPABILITIES, RawClient.UTF8MB4_0900_AI_CI);
                WireSession session =
                        new WireSession(proxy.port(), RawClient.CAPABILITIES, RawClient.UTF8MB4_0900_AI_CI)) {
            for (int i = 0; i < steps.size(); i++) {
                String step = steps.get(i).replace("#", Integer.toString(script + 1));
                Observation expected = run(direct, step, DIRECT);
                Observation found = run(session, step, PROXIED);
                all.assertThat(found.describe())
                        .as("step %d of script %d, %s", i, script, step)
                        .isEqualTo(expected.describe());
                all.assertThat(found.isSame(expected))
                        .as("step %d of script %d, %s", i, script, step)
                        .isTrue();
                if (step.equals(OPEN)) {
                    byte[] row = session.run("SHOW SLUICE ROUTE").packets().get(5);
                    assertThat(Route.ofTextRow(row).isReplica()).isTrue();
                    assertThat(Route.ofTextRow(row).pins()).isEqualTo("cursor");
                }
            }
        }
    }

    /** Both schemas have names of the same length, and prepared statements ids of their own. */
    private static Observation run(WireSession session, String step, String schema) throws IOException {
        Observation seen = session.run(step.replace("$", schema));
        List<byte[]> packets = new ArrayList<>();
        for (byte[] packet : seen.packets()) {
            packets.add(new String(packet, StandardCharsets.ISO_8859_1)
                    .replace(schema, DIRECT)
                    .getBytes(StandardCharsets.ISO_8859_1));
        }
        if (step.startsWith("@prepare") && !seen.isError()) {
            Arrays.fill(packets.get(0), 1, STATEMENT_ID_END, (byte) 0);
        }
        return new Observation(packets, seen.end());
    }

    private static void create(LocalCluster cluster, String schema) {
        cluster.primary()
                .execute(
                        "CREATE DATABASE " + schema,
                        "GRANT ALL ON `tied\\_%`.* TO 'native'@'%'",
                        "CREATE TABLE " + schema + ".t (id INT PRIMARY KEY, v INT)",
                        "INSERT INTO " + schema
                                + ".t VALUES (1,0),(2,0),(3,0),(4,0),(5,0),(6,0),(7,0),(8,0),(9,0),(10,0)",
                        "CREATE TABLE " + schema + ".noted (v INT)",
                        "CREATE FUNCTION " + schema + ".note() RETURNS INT DETERMINISTIC BEGIN INSERT INTO " + schema
                                + ".noted VALUES (1); RETURN 1; END",
                        "CREATE VIEW " + schema + ".hidden AS SELECT " + schema + ".note() AS noted");
    }

    private static void drop(LocalCluster cluster, String schema) {
        List<String> statements = new ArrayList<>(List.of("DROP DATABASE " + schema));
        for (int i = 1; i <= SCRIPTS.size(); i++) {
            statements.add("DROP DATABASE IF EXISTS " + schema + "_new" + i);
        }
        cluster.primary().execute(statements.toArray(String[]::new));
    }
}
