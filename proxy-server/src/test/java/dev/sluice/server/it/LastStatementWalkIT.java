package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client learns about its last statement, after statements of every kind, is what a direct session would say. */
@Timeout(300)
class LastStatementWalkIT {
    private static final List<String> STATEMENTS = List.of(
            "SELECT 1",
            "SELECT v FROM t WHERE id > 2",
            "SELECT v FROM t WHERE 1 = 0",
            "SELECT v FROM t ORDER BY v LIMIT 2",
            "SELECT v FROM t LIMIT 2 OFFSET 3",
            "SELECT SQL_CALC_FOUND_ROWS v FROM t LIMIT 2",
            "SELECT SQL_CALC_FOUND_ROWS CAST('x' AS SIGNED) FROM t LIMIT 2",
            "SELECT v FROM t UNION ALL SELECT v FROM t LIMIT 3",
            "SELECT CAST('x' AS SIGNED), v FROM t",
            "SELECT v FROM t WHERE id = 1 FOR UPDATE",
            "WITH c AS (SELECT v FROM t) SELECT * FROM c WHERE v < 4",
            "INSERT INTO w VALUES ('a'), ('b')",
            "INSERT IGNORE INTO u VALUES (1), (1)",
            "INSERT INTO u VALUES (1)",
            "INSERT INTO w VALUES ('too long')",
            "INSERT INTO w SELECT 'x' FROM t",
            "UPDATE w SET s = 'c' WHERE s = 'b'",
            "DELETE FROM w",
            "CREATE TABLE x (a INT)",
            "DROP TABLE x",
            "DROP TABLE IF EXISTS nothing",
            "SELECT nothing FROM t",
            "SELECT * FROM nothing",
            "SELECT v FROM",
            "SELECT CAST('y' AS SIGNED) FROM t LIMIT 2",
            "SET @a = 1",
            "SET SESSION sort_buffer_size = 262144",
            "SET NAMES utf8mb4",
            "DO 1",
            "BEGIN",
            "COMMIT",
            "USE last_none",
            "SHOW TABLES",
            "SHOW WARNINGS",
            "SHOW COUNT(*) WARNINGS",
            "SHOW CREATE TABLE t",
            "EXPLAIN SELECT v FROM t WHERE id = 1",
            "SELECT ROW_COUNT()",
            "SELECT FOUND_ROWS()",
            "SELECT @@warning_count",
            "SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'hi'",
            "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'hi'",
            "SELECT 1; SELECT v FROM t; UPDATE w SET s = 'd'",
            "@prepare SELECT v FROM t",
            "@prepare SELECT nothing",
            "@execute 0",
            "@execute 1");

    @Test
    void onMySql() throws Exception {
        walk(Servers.mysql());
    }

    @Test
    void onMariaDb() throws Exception {
        MariaDbServer.requireInstalled(LastStatementWalkIT.class);
        try (LocalCluster cluster = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .start()) {
            walk(cluster);
        }
    }

    private static void walk(LocalCluster cluster) throws Exception {
        LastStatementWalk.create(cluster);
        try (TestProxy proxy = TestProxy.options().eventLoops(1).connections(1).start(cluster)) {
            proxy.awaitCaughtUp();
            for (boolean steals : new boolean[] {false, true}) {
                try (LastStatementWalk walk = LastStatementWalk.open(cluster, proxy, steals)) {
                    walk.walk(STATEMENTS);
                    assertThat(walk.differences()).isEmpty();
                    // A number of its own, made by a statement whose answer does not tell it.
                    assertThat(walk.gone()).allMatch(question -> question.contains("FOUND_ROWS()"));
                }
            }
            proxy.awaitQuiet();
        } finally {
            LastStatementWalk.drop(cluster);
        }
    }
}
