package dev.sluice.server.it;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The schemas that scripts run in, and what brings them to where every script begins. Thread-safe: functions without state. */
final class DifferentialData {
    /** Ids of a script begin behind those of the one before: setting the counter back would be a definition. */
    private static final long IDS_PER_SCRIPT = 1_000;

    private static final String TABLE_N =
            "CREATE TABLE n (id INT PRIMARY KEY, i INT, b BIGINT UNSIGNED, d DECIMAL(12,4), f DOUBLE, s VARCHAR(40), KEY (i))";
    private static final List<String> OBJECTS = List.of(
            TABLE_N,
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
            "CREATE FUNCTION fn(k INT) RETURNS INT DETERMINISTIC RETURN k * 2",
            "CREATE FUNCTION fw(k INT) RETURNS INT BEGIN INSERT INTO a (v) VALUES (k); RETURN k; END");
    /**
     * In characters that every client's character set has. A row that is as it was is not written: what is deleted stays in
     * the index until it is purged, sooner or later, and has a part in the choice of a plan.
     */
    private static final String ROWS = "BEGIN; DELETE FROM w WHERE id NOT IN (1, 2, 3, 4);"
            + " INSERT INTO n VALUES (1, 1, 18446744073709551615, 12345.6789, 1.5, 'a'), (2, 2, 0, -0.5, -2e-7, 'B'),"
            + " (3, 2, 3, NULL, 3.25, _utf8mb4 x'c3a4c3b6c3bc'), (4, NULL, NULL, 4, 1e100, NULL), (5, -5, 5, 5.5, 0, ''),"
            + " (6, 2147483647, 6, 6, 6, '12abc'), (7, 7, 7, 7.7777, 0.1, 'it''s'), (8, 2, 8, 8, 8, _utf8mb4 x'f09f9982')"
            + updates("i, b, d, f, s")
            + "; INSERT INTO w VALUES (1, 1, _utf8mb4 x'636166c3a9', _utf8mb4 x'c384', '2026-01-02 03:04:05.678', '2026-01-02 03:04:05', '2026-01-02',"
            + " '-10:11:12.34', 2026, 'b', 'x,z', b'101010101', x'00ff', 'text', '{\"k\": 1, \"m\": {\"n\": \"\\\\u00e4\"}}'),"
            + " (2, 1, 'b', _utf8mb4 x'c3a4', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
            + " (3, 3, '', '', '1999-12-31 23:59:59.999', '1970-01-01 00:00:01', '0001-01-01', '838:59:59', 1901,"
            + " 'a', '', b'0', '', '', '[]'),"
            + " (4, NULL, 'x', 'X', '2026-06-15', '2038-01-19 03:14:07', '9999-12-31', '0', 0, 'c', 'y', b'1',"
            + " 'bytes', REPEAT('long ', 60), '\"text\"')"
            + updates("n_id, c, u, dt, ts, da, ti, y, e, st, bi, bn, tx, j")
            + "; DELETE FROM n WHERE id NOT BETWEEN 1 AND 8; DELETE FROM a;"
            // An instance of a table in the server's cache counts on by the auto_increment_increment of whoever was
            // given an id
            // by it last, so that one is asked for first.
            + " INSERT INTO a (id, v, u) VALUES (1, 1, 1), (2, 2, NULL), (3, 3, 3), (NULL, 3, NULL), (%d, 3, NULL);"
            // LAST_INSERT_ID() does not depend on the script before.
            + " INSERT INTO a (v) VALUES (3); DELETE FROM a WHERE id > 3; COMMIT";

    private DifferentialData() {}

    private static String updates(String columns) {
        return Arrays.stream(columns.split(", "))
                .map(column -> column + " = VALUES(" + column + ")")
                .collect(Collectors.joining(", ", " ON DUPLICATE KEY UPDATE ", ""));
    }

    static String schema(int session) {
        return "diff" + session;
    }

    static String other(int session) {
        return schema(session) + "_other";
    }

    /** The statements that make the schemas of so many sessions. */
    static List<String> definitions(int sessions) {
        List<String> sql = new ArrayList<>();
        for (int i = 0; i < sessions; i++) {
            sql.addAll(List.of("CREATE DATABASE " + schema(i), "USE " + schema(i)));
            sql.addAll(OBJECTS);
            // What plans are made from, on all servers the same.
            sql.addAll(List.of(ROWS.formatted(IDS_PER_SCRIPT).split("; ")));
            sql.add("ANALYZE TABLE n, w, a");
            sql.addAll(List.of("CREATE DATABASE " + other(i), "USE " + other(i), TABLE_N));
            sql.add("INSERT INTO n (id, s) VALUES (1, 'other')");
        }
        return sql;
    }

    /**
     * One packet in front of a script. Every definition takes milliseconds, so what no script has touched stays.
     *
     * @param redefines whether the script before may have made objects
     * @param number of the script in this schema
     */
    static String setUp(String schema, boolean redefines, int number) {
        String objects = redefines ? "DROP TABLE IF EXISTS x0, x1; DROP VIEW IF EXISTS x2; " : "";
        return "USE " + schema + "; " + objects + "DELETE FROM " + schema + "_other.n WHERE id > 1; "
                + ROWS.formatted(number * IDS_PER_SCRIPT);
    }
}
