package dev.sluice.server.it;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;

/** Queries of the conversation: where they run, types and their metadata, the catalog. Thread-safe: no state. */
final class JdbcReads {
    private static final String TYPES =
            "CREATE TABLE drv_types (id INT AUTO_INCREMENT PRIMARY KEY, ti TINYINT, tu TINYINT UNSIGNED,"
                    + " flag TINYINT(1), si SMALLINT, mi MEDIUMINT UNSIGNED, bi BIGINT, bu BIGINT UNSIGNED, dec_ DECIMAL(20, 6), f FLOAT,"
                    + " d DOUBLE, b1 BIT(1), b9 BIT(9), dt DATE, t TIME, t6 TIME(6), dtm DATETIME, dtm6 DATETIME(6), ts TIMESTAMP(3) NULL,"
                    + " y YEAR, c CHAR(5), vc VARCHAR(50), vb VARBINARY(20), tx TEXT, lt LONGTEXT, bl BLOB, js JSON, en ENUM('a', 'b'),"
                    + " st SET('x', 'y', 'z'), latin VARCHAR(20) CHARACTER SET latin1, pt POINT) CHARACTER SET utf8mb4";

    private JdbcReads() {}

    static void hold(JdbcTalk talk) throws Exception {
        talk.step("reads run on replicas", c -> plainReads(talk, c));
        talk.step("types", c -> types(talk, c));
        talk.step("typed getters", c -> getters(talk, c));
        talk.step("metadata before execution", c -> early(talk, c));
        talk.step("scrolling and streaming", c -> streaming(talk, c));
        talk.step("catalog", c -> catalog(talk, c.getMetaData()));
    }

    private static void plainReads(JdbcTalk talk, Connection c) throws SQLException {
        String read = "SELECT v FROM drv_r WHERE id = 1";
        if (!c.getAutoCommit()) {
            // A driver that was told to begin so: each read opens a transaction.
            talk.run(read);
            talk.ranOn("primary");
            c.commit();
            c.setAutoCommit(true);
        }
        talk.awaitReplica(read);
        talk.run(read);
        talk.ranOn("replica");
        try (PreparedStatement statement = c.prepareStatement("SELECT v FROM drv_r WHERE id = ?")) {
            for (int i = 1; i <= 4; i++) {
                statement.setInt(1, i);
                talk.results(statement, statement.execute());
                talk.ranOn("replica");
            }
        }
        talk.run("SELECT v FROM drv_r WHERE id = 1 FOR UPDATE");
        talk.ranOn("primary");
        c.setAutoCommit(false);
        talk.run("SELECT v FROM drv_r ORDER BY id");
        talk.ranOn("primary");
        c.rollback();
        c.setAutoCommit(true);
    }

    private static void types(JdbcTalk talk, Connection c) throws SQLException {
        talk.run(TYPES);
        talk.ranOn("primary");
        talk.run(
                "INSERT INTO drv_types VALUES (1, -128, 255, 1, -32768, 16777215, -9223372036854775808, 18446744073709551615,"
                        + " 12345678901234.567891, 1.5, -2.25e100, b'1', b'100000001', '2024-02-29', '-12:34:56',"
                        + " '23:59:59.123456', '1999-12-31 23:59:59', '2026-01-02 03:04:05.678901', '2026-06-15 12:00:00.123',"
                        + " 2026, 'ab', 'grüße 🙂', x'00ff10', 'text', REPEAT('long ', 100), x'deadbeef',"
                        + " '{\"k\": [1, 2.5, null, \"🙂\"]}', 'b', 'x,z', 'café', POINT(1, 2))",
                "INSERT INTO drv_types (id) VALUES (2)");
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO drv_types (bu, dec_, f, d, dt, t, dtm6, ts, vc, vb, js, flag) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            insert.setBigDecimal(1, new BigDecimal(new BigInteger("18446744073709551614")));
            insert.setBigDecimal(2, new BigDecimal("-0.000001"));
            insert.setFloat(3, 3.25f);
            insert.setDouble(4, 1e-300);
            insert.setObject(5, LocalDate.of(2026, 11, 21));
            insert.setObject(6, LocalTime.of(1, 2, 3));
            insert.setObject(7, LocalDateTime.of(2026, 11, 21, 4, 5, 6, 789_000_000));
            insert.setTimestamp(8, java.sql.Timestamp.valueOf("2026-07-01 10:20:30.456"));
            insert.setString(9, "prepared ñ 🚀 ' \" \\ \0 \n");
            insert.setBytes(10, new byte[] {0, 1, '\'', '\\', (byte) 0xff});
            insert.setString(11, "[true]");
            insert.setNull(12, Types.TINYINT);
            talk.results(insert, insert.execute());
            talk.ranOn("primary");
        }
        talk.run("SELECT * FROM drv_types ORDER BY id");
        talk.prepared("SELECT * FROM drv_types WHERE id > ? ORDER BY id", 0);
        talk.prepared("SELECT ? AS a, ? AS b, ? AS c, ? AS d", 1, "x🙂", null, new BigDecimal("1.50"));
        talk.run("SELECT 1/3, 1e0, 'x', NULL, x'41', 10/4, SUM(id), AVG(id), COUNT(*), MAX(dtm) FROM drv_types");
    }

    private static void getters(JdbcTalk talk, Connection c) throws SQLException {
        try (PreparedStatement statement = c.prepareStatement("SELECT * FROM drv_types WHERE id = ?")) {
            for (int id = 1; id <= 3; id++) {
                statement.setInt(1, id);
                try (ResultSet row = statement.executeQuery()) {
                    if (!row.next()) {
                        continue;
                    }
                    talk.add(row.getBoolean("flag") + " " + row.wasNull() + " " + row.getInt("ti") + " "
                            + row.wasNull());
                    talk.add(row.getLong("bi") + " " + row.getBigDecimal("bu") + " " + row.getBigDecimal("dec_"));
                    talk.add(row.getFloat("f") + " " + row.getDouble("d") + " " + row.getDate("dt"));
                    talk.add(row.getTimestamp("dtm6") + " " + row.getTimestamp("ts"));
                    talk.add(row.getObject("dtm", LocalDateTime.class) + " " + row.getObject("dt", LocalDate.class));
                    talk.add(JdbcTalk.show(row.getBytes("vb")) + JdbcTalk.show(row.getBytes("pt")));
                }
            }
        }
    }

    private static void early(JdbcTalk talk, Connection c) throws SQLException {
        try (PreparedStatement statement =
                c.prepareStatement("SELECT id, vc, dec_, js FROM drv_types WHERE id = ? AND vc LIKE ?")) {
            talk.columns(statement.getMetaData());
            talk.parameters(statement.getParameterMetaData());
        }
        try (PreparedStatement statement = c.prepareStatement("UPDATE drv_types SET ti = ? WHERE id = ?")) {
            talk.parameters(statement.getParameterMetaData());
            talk.add(statement.getMetaData() == null);
        }
    }

    private static void streaming(JdbcTalk talk, Connection c) throws SQLException {
        String many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
                + " SELECT i, REPEAT('x', i) AS pad FROM n ORDER BY i";
        for (int fetchSize : new int[] {0, 50, Integer.MIN_VALUE}) {
            try (Statement statement = c.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
                try {
                    statement.setFetchSize(fetchSize);
                } catch (SQLException e) {
                    // Only Connector/J has a meaning for a negative size.
                    talk.failed(e);
                    continue;
                }
                long sum = 0;
                int rows = 0;
                try (ResultSet result = statement.executeQuery(many)) {
                    while (result.next() && rows < 700 + fetchSize % 2) {
                        rows++;
                        sum += result.getInt(1) + result.getString(2).length();
                    }
                }
                talk.add(rows + " rows, sum " + sum);
            }
        }
        try (Statement statement = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
                ResultSet result = statement.executeQuery("SELECT id, vc FROM drv_types ORDER BY id")) {
            talk.add(result.last() + " " + result.getRow() + " " + result.getString(2));
            result.updateString(2, "updated in place");
            result.updateRow();
            talk.add(result.absolute(1) + " " + result.getString(2));
        }
        talk.run("SELECT id, vc FROM drv_types ORDER BY id");
    }

    private static void catalog(JdbcTalk talk, DatabaseMetaData meta) throws SQLException {
        talk.add(meta.getDatabaseProductName() + " " + meta.getDatabaseProductVersion());
        talk.add(meta.getDatabaseMajorVersion() + " " + meta.getDriverVersion() + " " + meta.getUserName());
        talk.add(meta.getIdentifierQuoteString() + " " + meta.getMaxTableNameLength() + " " + meta.isReadOnly());
        talk.rows(meta.getTables("app", null, "drv\\_%", null));
        talk.rows(meta.getColumns("app", null, "drv\\_types", "%"));
        talk.rows(meta.getPrimaryKeys("app", null, "drv_types"));
        talk.rows(meta.getProcedures("app", null, "drv\\_%"));
        talk.rows(meta.getProcedureColumns("app", null, "drv\\_two", "%"));
        talk.rows(meta.getFunctions("app", null, "drv\\_%"));
        talk.rows(meta.getCatalogs());
        talk.rows(meta.getTypeInfo());
        talk.rows(meta.getTableTypes());
        talk.rows(meta.getBestRowIdentifier("app", null, "drv_types", DatabaseMetaData.bestRowSession, true));
        // Without the cardinality, which each server estimates for itself.
        try (ResultSet index = meta.getIndexInfo("app", null, "drv_r", false, true)) {
            while (index.next()) {
                talk.add(index.getString("INDEX_NAME") + " " + index.getBoolean("NON_UNIQUE"));
            }
        }
    }
}
