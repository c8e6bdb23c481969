package dev.sluice.server.it;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Random;

/** Writes of the conversation: generated keys, warnings, errors, batches, big values. Thread-safe: no state. */
final class JdbcWrites {

    private JdbcWrites() {}

    static void hold(JdbcTalk talk) throws Exception {
        talk.step("tables", c -> tables(talk));
        talk.step("generated keys", c -> keys(talk, c));
        talk.step("warnings", c -> warnings(talk, c));
        talk.step("errors", c -> errors(talk));
        talk.step("batches", c -> batches(talk, c));
        talk.step("a batch that fails", c -> brokenBatch(talk, c));
        talk.step("big values", c -> big(talk, c));
    }

    private static void tables(JdbcTalk talk) throws SQLException {
        talk.run(
                "CREATE TABLE drv_w (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20) NOT NULL UNIQUE, n INT DEFAULT 7)",
                "CREATE TABLE drv_parent (id INT PRIMARY KEY)",
                "CREATE TABLE drv_child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES drv_parent (id))",
                "CREATE TABLE drv_big (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT)");
        talk.ranOn("primary");
    }

    private static void keys(JdbcTalk talk, Connection c) throws SQLException {
        try (Statement statement = c.createStatement()) {
            for (String sql : new String[] {
                "INSERT INTO drv_w (v) VALUES ('k1')",
                "INSERT INTO drv_w (v) VALUES ('k2'), ('k3'), ('k4')",
                "INSERT INTO drv_w (id, v) VALUES (100, 'k100')",
                "INSERT INTO drv_w (v) VALUES ('k2') ON DUPLICATE KEY UPDATE n = n + 1",
                "INSERT INTO drv_w (v) VALUES ('k2') ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), n = n + 1",
                "REPLACE INTO drv_w (v) VALUES ('k3')",
                "INSERT IGNORE INTO drv_w (v) VALUES ('k4')",
                "UPDATE drv_w SET n = 5 WHERE v = 'k1'",
                "UPDATE drv_w SET n = 5 WHERE v = 'k1'",
                "DELETE FROM drv_w WHERE v = 'k4'"
            }) {
                talk.add(statement.executeUpdate(sql, Statement.RETURN_GENERATED_KEYS));
                talk.keys(statement);
            }
        }
        talk.run("SELECT LAST_INSERT_ID()");
        try (PreparedStatement insert =
                c.prepareStatement("INSERT INTO drv_w (v) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
            for (int i = 0; i < 3; i++) {
                insert.setString(1, "p" + i);
                talk.add(insert.executeUpdate());
                talk.keys(insert);
            }
            for (int i = 0; i < 5; i++) {
                insert.setString(1, "b" + i);
                insert.addBatch();
            }
            talk.add(Arrays.toString(insert.executeBatch()));
            talk.keys(insert);
        }
        talk.run("SELECT LAST_INSERT_ID(), @@identity", "SELECT id, v, n FROM drv_w ORDER BY id");
    }

    private static void warnings(JdbcTalk talk, Connection c) throws SQLException {
        talk.run(
                "SELECT CAST('12abc' AS SIGNED), 1 + '7x'",
                "SHOW WARNINGS",
                "SELECT 1",
                "SHOW WARNINGS",
                "DROP TABLE IF EXISTS drv_nowhere",
                "SHOW WARNINGS",
                "INSERT IGNORE INTO drv_w (v) VALUES ('k1'), ('a text that is much too long for it')",
                "SHOW COUNT(*) WARNINGS",
                "SELECT @@warning_count");
        try (PreparedStatement statement = c.prepareStatement("SELECT CAST(? AS SIGNED)")) {
            for (String text : new String[] {"1", "1x", "2"}) {
                statement.setString(1, text);
                talk.results(statement, statement.execute());
                statement.clearWarnings();
            }
        }
        talk.warnings(c.getWarnings());
    }

    private static void errors(JdbcTalk talk) throws SQLException {
        talk.run(
                "SELEC 1",
                "SELECT * FROM drv_nowhere",
                "SELECT nothing FROM drv_w",
                "INSERT INTO drv_w (v) VALUES ('k1')",
                "INSERT INTO drv_w (v) VALUES (NULL)",
                "INSERT INTO drv_w (v) VALUES ('a text that is much too long for it')",
                "INSERT INTO drv_w (n, v) VALUES ('no number', 'x')",
                "INSERT INTO drv_child VALUES (1, 1)",
                "SELECT * FROM mysql.user",
                "USE nowhere",
                "DROP TABLE drv_nowhere",
                "CREATE TABLE drv_w (id INT)",
                "SELECT 1 FROM (SELECT 1 UNION SELECT 2) t WHERE 1 = (SELECT 1 UNION SELECT 2)",
                "SET no_such_variable = 1",
                "KILL 4294967290",
                "SELECT 1");
        for (String sql :
                new String[] {"SELECT * FROM drv_nowhere WHERE id = ?", "INSERT INTO drv_w (v, n) VALUES ('k1', ?)"}) {
            try {
                talk.prepared(sql, 1);
            } catch (SQLException e) {
                talk.failed(e);
            }
        }
        talk.run("SHOW ERRORS", "SELECT COUNT(*) FROM drv_w");
    }

    private static void batches(JdbcTalk talk, Connection c) throws SQLException {
        try (Statement statement = c.createStatement()) {
            for (int i = 0; i < 8; i++) {
                statement.addBatch("INSERT INTO drv_w (v, n) VALUES ('s" + i + "', " + i + ")");
            }
            statement.addBatch("UPDATE drv_w SET n = n + 1 WHERE v LIKE 's%'");
            statement.addBatch("DELETE FROM drv_w WHERE v = 's7'");
            talk.add(Arrays.toString(statement.executeBatch()));
        }
        try (PreparedStatement update = c.prepareStatement("UPDATE drv_w SET n = ? WHERE v = ?");
                PreparedStatement upsert = c.prepareStatement(
                        "INSERT INTO drv_w (v, n) VALUES (?, ?) ON DUPLICATE KEY UPDATE n = VALUES(n)")) {
            for (int i = 0; i < 8; i++) {
                update.setInt(1, 100 + i);
                update.setString(2, "s" + i);
                update.addBatch();
                upsert.setString(1, "s" + 2 * i);
                upsert.setInt(2, i);
                upsert.addBatch();
            }
            talk.add(Arrays.toString(update.executeBatch()));
            talk.add(Arrays.toString(upsert.executeBatch()));
        }
        talk.run("SELECT v, n FROM drv_w ORDER BY v");
    }

    private static void brokenBatch(JdbcTalk talk, Connection c) throws SQLException {
        try (PreparedStatement insert = c.prepareStatement("INSERT INTO drv_w (v, n) VALUES (?, ?)")) {
            for (String v : new String[] {"e1", "e2", "k1", "e3"}) {
                insert.setString(1, v);
                insert.setInt(2, 1);
                insert.addBatch();
            }
            talk.add(Arrays.toString(insert.executeBatch()));
        } catch (SQLException e) {
            talk.failed(e);
        }
        talk.run("SELECT v, n FROM drv_w WHERE v LIKE 'e%' ORDER BY v");
    }

    private static void big(JdbcTalk talk, Connection c) throws SQLException {
        byte[] bytes = new byte[200_017];
        new Random(11).nextBytes(bytes);
        String text = "ä🙂".repeat(20_000);
        try (PreparedStatement insert = c.prepareStatement("INSERT INTO drv_big VALUES (?, ?, ?)")) {
            insert.setInt(1, 1);
            insert.setBytes(2, bytes);
            insert.setString(3, text);
            talk.add(insert.executeUpdate());
            insert.setInt(1, 2);
            insert.setBinaryStream(2, new ByteArrayInputStream(bytes));
            insert.setCharacterStream(3, new StringReader(text));
            talk.add(insert.executeUpdate());
        }
        talk.run("SELECT id, LENGTH(b), MD5(b), CHAR_LENGTH(t), MD5(t) FROM drv_big ORDER BY id");
        talk.prepared("SELECT b, t FROM drv_big WHERE id = ?", 2);
        talk.run("SELECT b, t FROM drv_big WHERE id = 1");
    }
}
