package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.server.it.DifferentialRun.Mismatch;
import dev.sluice.server.it.DifferentialRun.Script;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A cluster for Sluice, a server of the same kind for direct sessions, and the same schemas on both, two for each of the
 * sessions that run side by side. Confined to the test's thread.
 */
final class DifferentialServers implements AutoCloseable {
    /** Sessions side by side. */
    static final int SESSIONS = 4;

    private static final int MISMATCHES_MAX = 3;
    /** Of so many scripts one may end because its session could not leave a replica. */
    private static final int ENDED_ON_REPLICA = 10;

    /** utf8mb4_0900_ai_ci more often than utf8mb4_general_ci, utf8mb3_general_ci, latin1_swedish_ci and utf8mb4_bin. */
    private static final int[] COLLATIONS = {255, 255, 255, 255, 45, 33, 8, 46};

    private static final Path MEMORY = Path.of("/dev/shm");
    private static final List<String> OBJECTS = List.of(
            "CREATE TABLE n (id INT PRIMARY KEY, i INT, b BIGINT UNSIGNED, d DECIMAL(12,4), f DOUBLE, s VARCHAR(40), KEY (i))",
            "CREATE TABLE w (id INT PRIMARY KEY, n_id INT, c CHAR(8) CHARSET latin1, u VARCHAR(20) COLLATE utf8mb4_bin,"
                    + " dt DATETIME(3), ts TIMESTAMP NULL, da DATE, ti TIME(2), y YEAR, e ENUM('a','b','c'), st SET('x','y','z'),"
                    + " bi BIT(9), bn VARBINARY(16), tx TEXT, j JSON, FOREIGN KEY (n_id) REFERENCES n (id))",
            "CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, v INT CHECK (v < 1000), u INT UNIQUE, t VARCHAR(3) NOT NULL"
                    + " DEFAULT 'x')",
            "CREATE VIEW vw AS SELECT id, s AS name FROM n WHERE id < 6",
            "CREATE PROCEDURE pr(k INT) BEGIN SELECT k AS k, NULL AS nothing; INSERT INTO a (v) VALUES (k); SELECT COUNT(*) FROM n; END",
            "CREATE PROCEDURE po(k INT, OUT o INT) SET o = k + 1",
            "CREATE PROCEDURE pe() BEGIN SELECT 1; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'from pe'; END",
            "CREATE PROCEDURE pt() BEGIN START TRANSACTION; INSERT INTO a (v) VALUES (5); SET SESSION sql_select_limit = 2; END",
            "CREATE FUNCTION fn(k INT) RETURNS INT DETERMINISTIC RETURN k * 2");

    private final LocalCluster cluster;
    private final LocalCluster alone;

    private DifferentialServers(LocalCluster cluster, LocalCluster alone) {
        this.cluster = cluster;
        this.alone = alone;
    }

    /** Starts the servers, in memory if there is a file system for that: definitions take most of their time on a disk. */
    static DifferentialServers start() {
        LocalCluster cluster = server().replicas(2).start();
        LocalCluster alone = server().replicas(0).start();
        DifferentialServers servers = new DifferentialServers(cluster, alone);
        for (LocalServer server : List.of(alone.primary(), cluster.primary())) {
            server.execute("GRANT ALL ON `diff%`.* TO 'native'@'%'", "SET GLOBAL log_bin_trust_function_creators = ON");
            for (int i = 0; i < SESSIONS; i++) {
                List<String> sql = new ArrayList<>(List.of("CREATE DATABASE " + schema(i), "USE " + schema(i)));
                sql.addAll(OBJECTS);
                sql.addAll(List.of("CREATE DATABASE " + other(i), "USE " + other(i), OBJECTS.get(0)));
                sql.add("INSERT INTO n (id, s) VALUES (1, 'other')");
                server.execute(sql.toArray(String[]::new));
            }
        }
        return servers;
    }

    private static LocalCluster.Builder server() {
        LocalCluster.Builder builder = LocalCluster.builder()
                .flavor(ServerFlavor.mysql())
                .serverArgument("--loose-innodb_doublewrite=OFF")
                .serverArgument("--loose-innodb_flush_method=nosync");
        return Files.isWritable(MEMORY) ? builder.baseDirectory(MEMORY) : builder;
    }

    /** The cluster for Sluice. */
    LocalCluster cluster() {
        return cluster;
    }

    private static String schema(int session) {
        return "diff" + session;
    }

    private static String other(int session) {
        return "diff" + session + "_other";
    }

    /** Every definition takes milliseconds, so what a script has not touched is not defined again. */
    private static List<String> objects() {
        return List.of("DROP TABLE IF EXISTS x0, x1", "DROP VIEW IF EXISTS x2");
    }

    /** In characters that every client's character set has. */
    private static List<String> rows(int session) {
        return List.of(
                "@init_db " + schema(session),
                // Refused inserts take ids on one side only.
                "TRUNCATE TABLE a",
                "BEGIN; DELETE FROM w; DELETE FROM n;"
                        + " INSERT INTO n VALUES (1, 1, 18446744073709551615, 12345.6789, 1.5, 'a'), (2, 2, 0, -0.5, -2e-7, 'B'),"
                        + " (3, 2, 3, NULL, 3.25, _utf8mb4 x'c3a4c3b6c3bc'), (4, NULL, NULL, 4, 1e100, NULL), (5, -5, 5, 5.5, 0, ''),"
                        + " (6, 2147483647, 6, 6, 6, '12abc'), (7, 7, 7, 7.7777, 0.1, 'it''s'), (8, 2, 8, 8, 8, _utf8mb4 x'f09f9982');"
                        + " INSERT INTO w VALUES (1, 1, _utf8mb4 x'636166c3a9', _utf8mb4 x'c384', '2026-01-02 03:04:05.678', '2026-01-02 03:04:05', '2026-01-02',"
                        + " '-10:11:12.34', 2026, 'b', 'x,z', b'101010101', x'00ff', 'text', '{\"k\": 1, \"m\": {\"n\": \"\\\\u00e4\"}}'),"
                        + " (2, 1, 'b', _utf8mb4 x'c3a4', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
                        + " (3, 3, '', '', '1999-12-31 23:59:59.999', '1970-01-01 00:00:01', '0001-01-01', '838:59:59', 1901,"
                        + " 'a', '', b'0', '', '', '[]'),"
                        + " (4, NULL, 'x', 'X', '2026-06-15', '2038-01-19 03:14:07', '9999-12-31', '0', 0, 'c', 'y', b'1',"
                        + " 'bytes', REPEAT('long ', 60), '\"text\"');"
                        + " INSERT INTO a (id, v, u) VALUES (1, 1, 1), (2, 2, NULL), (3, 3, 3); COMMIT");
    }

    /**
     * Runs random scripts of a rule in sessions side by side, and fails with the shortest script that was found to differ.
     *
     * @param count the statements of all sessions
     */
    void compare(TestProxy proxy, String rule, long seed, int count) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(SESSIONS);
        List<String> mismatches = new ArrayList<>();
        try {
            List<Future<List<String>>> sessions = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                int session = i;
                Callable<List<String>> task = () -> run(session, proxy, rule, seed, count / SESSIONS);
                sessions.add(threads.submit(task));
            }
            for (Future<List<String>> session : sessions) {
                mismatches.addAll(session.get());
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(mismatches).as("-Dsluice.seed=%d, %s", seed, rule).isEmpty();
    }

    private List<String> run(int session, TestProxy proxy, String rule, long seed, int count) throws IOException {
        DifferentialRun run = new DifferentialRun(alone.primary().port(), proxy.port(), objects(), rows(session));
        StatementGenerator generator = new StatementGenerator(rule, schema(session), other(session));
        SplittableRandom seeds = new SplittableRandom(seed * SESSIONS + session);
        List<String> mismatches = new ArrayList<>();
        int done = 0;
        while (done < count && mismatches.size() < MISMATCHES_MAX) {
            long scriptSeed = seeds.nextLong();
            List<String> steps = generator.script(scriptSeed);
            Script script = new Script(
                    scriptSeed, capabilities(seeds.nextInt(4)), COLLATIONS[seeds.nextInt(COLLATIONS.length)], steps);
            done += steps.size();
            Mismatch mismatch = run.run(script);
            if (mismatch != null) {
                mismatches.add("\n" + run.shrink(script, mismatch).describe());
            }
        }
        int limit = run.scripts() / ENDED_ON_REPLICA;
        if (run.endedOnReplica() > limit + 1) {
            mismatches.add("%d of %d scripts ended on a replica".formatted(run.endedOnReplica(), run.scripts()));
        }
        return mismatches;
    }

    private static int capabilities(int kind) {
        return switch (kind) {
            case 0 -> RawClient.CAPABILITIES & ~Capabilities.CLIENT_DEPRECATE_EOF;
            case 1 -> RawClient.CAPABILITIES | Capabilities.CLIENT_FOUND_ROWS;
            default -> RawClient.CAPABILITIES;
        };
    }

    @Override
    public void close() {
        cluster.close();
        alone.close();
    }
}
