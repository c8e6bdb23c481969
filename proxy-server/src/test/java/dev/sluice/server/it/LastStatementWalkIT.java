package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
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
            "@execute 1",
            "@execute 3",
            "INSERT INTO a VALUES (NULL)",
            "INSERT INTO a VALUES (4000)",
            "INSERT INTO u VALUES (1) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)",
            "SELECT @@identity",
            "SHOW VARIABLES LIKE 'identity'",
            "@load",
            "@reset 2",
            "CALL p()",
            "EXECUTE e",
            "GET DIAGNOSTICS @n = NUMBER, @r = ROW_COUNT");

    private static final Set<String> TYING =
            Set.of("BEGIN", "CALL p()", "EXECUTE e", "GET DIAGNOSTICS @n = NUMBER, @r = ROW_COUNT");

    /** A number of its own, made by statements whose answers do not tell it. */
    private static final Set<String> UNCOUNTED = Set.of(
            "INSERT INTO w SELECT 'x' FROM t",
            "UPDATE w SET s = 'c' WHERE s = 'b'",
            "DELETE FROM w",
            "DO 1",
            "SHOW TABLES",
            "SHOW CREATE TABLE t",
            "EXPLAIN SELECT v FROM t WHERE id = 1",
            "SELECT 1; SELECT v FROM t; UPDATE w SET s = 'd'",
            "SHOW VARIABLES LIKE 'identity'",
            "@load",
            "CALL p()");

    /** What is fetched for a user from the first such question on. */
    private static final String FIRST = "SELECT v FROM t ORDER BY v LIMIT 2 | " + LastStatementWalk.NUMBERS;

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
        try {
            for (boolean steals : new boolean[] {false, true}) {
                // What the sessions of a user were seen to ask changes what is kept for them.
                try (TestProxy proxy =
                                TestProxy.options().eventLoops(1).connections(1).start(cluster);
                        LastStatementWalk walk = LastStatementWalk.open(cluster, proxy, steals)) {
                    walk.walk(STATEMENTS, TYING);
                    assertThat(walk.differences()).isEmpty();
                    Set<String> gone = UNCOUNTED.stream()
                            .flatMap(statement ->
                                    LastStatementWalk.ROWS_FOUND.stream().map(asks -> statement + " | " + asks))
                            .collect(Collectors.toCollection(TreeSet::new));
                    if (steals) {
                        gone.add(FIRST);
                        assertThat(walk.gone()).containsExactlyElementsOf(gone);
                    } else {
                        assertThat(gone).containsAll(walk.gone());
                    }
                }
            }
        } finally {
            LastStatementWalk.drop(cluster);
        }
    }
}
