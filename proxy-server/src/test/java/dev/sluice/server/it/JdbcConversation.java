package dev.sluice.server.it;

import dev.sluice.server.localcluster.LocalServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * The smoke conversation of every JDBC driver, held with a server and through the proxy. Immutable.
 *
 * @param driver opens a connection to the application's database on a port of this machine
 * @param multiStatements whether the driver was told to let several statements in one packet pass
 */
record JdbcConversation(Driver driver, boolean multiStatements) {
    /** A driver with its options. */
    @FunctionalInterface
    interface Driver {
        Connection connect(int port) throws SQLException;
    }

    /** A part of the conversation, with a connection of its own. */
    @FunctionalInterface
    private interface Topic {
        void hold(JdbcTalk talk) throws Exception;
    }

    /** Makes what no application's account may make. */
    static void prepare(LocalServer primary) {
        dropAll(primary);
        primary.execute(
                "CREATE TABLE app.drv_r (id INT PRIMARY KEY, v VARCHAR(20))",
                "INSERT INTO app.drv_r VALUES (1, 'one'), (2, 'two'), (3, 'three')",
                "CREATE PROCEDURE app.drv_two(IN a INT, INOUT b INT, OUT c VARCHAR(20))"
                        + " BEGIN SELECT a AS first; SET b = b + a; SET c = CONCAT('out ', a); SELECT b, c; END",
                "CREATE PROCEDURE app.drv_write(IN v VARCHAR(20)) BEGIN INSERT INTO drv_w (v) VALUES (v); SELECT ROW_COUNT() AS n; END",
                "CREATE PROCEDURE app.drv_signal() BEGIN SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'as asked', MYSQL_ERRNO = 30001; END",
                "CREATE FUNCTION app.drv_twice(n INT) RETURNS INT DETERMINISTIC NO SQL RETURN 2 * n");
    }

    static void dropAll(LocalServer primary) {
        primary.execute(
                "DROP TABLE IF EXISTS app.drv_child, app.drv_parent, app.drv_types, app.drv_w, app.drv_big, app.drv_r",
                "DROP PROCEDURE IF EXISTS app.drv_two",
                "DROP PROCEDURE IF EXISTS app.drv_write",
                "DROP PROCEDURE IF EXISTS app.drv_signal",
                "DROP FUNCTION IF EXISTS app.drv_twice");
    }

    /** Holds the conversation both ways and fails where they differ. */
    void assertSame(TestProxy proxy) throws Exception {
        LocalServer primary = proxy.cluster().primary();
        Transcript direct = hold(proxy, primary.port(), false);
        Transcript proxied = hold(proxy, proxy.port(), true);
        proxied.assertSameAs(direct);
    }

    private Transcript hold(TestProxy proxy, int port, boolean proxied) throws Exception {
        LocalServer primary = proxy.cluster().primary();
        primary.execute("DROP TABLE IF EXISTS app.drv_child, app.drv_parent, app.drv_types, app.drv_w, app.drv_big");
        proxy.awaitCaughtUp();
        Transcript transcript = new Transcript();
        List<Topic> topics = List.of(
                JdbcReads::hold,
                JdbcWrites::hold,
                JdbcSessions::hold,
                talk -> JdbcRoutines.hold(talk, multiStatements));
        for (Topic topic : topics) {
            try (JdbcTalk talk = new JdbcTalk(driver.connect(port), transcript, proxied)) {
                topic.hold(talk);
            }
        }
        return transcript;
    }
}
