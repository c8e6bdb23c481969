package dev.sluice.server.it;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Timestamp;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.TimeZone;

/** The session in the conversation: transactions, settings, time zones. Thread-safe: no state. */
final class JdbcSessions {
    private static final int[] LEVELS = {
        Connection.TRANSACTION_READ_UNCOMMITTED,
        Connection.TRANSACTION_SERIALIZABLE,
        Connection.TRANSACTION_READ_COMMITTED,
        Connection.TRANSACTION_REPEATABLE_READ
    };

    private JdbcSessions() {}

    static void hold(JdbcTalk talk) throws Exception {
        talk.step("transactions", c -> transactions(talk, c));
        talk.step("isolation", c -> isolation(talk, c));
        talk.step("read only", c -> readOnly(talk, c));
        talk.step("settings", c -> settings(talk, c));
        talk.step("schemas", c -> schemas(talk, c));
        talk.step("time zones", c -> timeZones(talk, c));
        talk.step("the connection itself", c -> connection(talk, c));
    }

    private static void transactions(JdbcTalk talk, Connection c) throws SQLException {
        c.setAutoCommit(false);
        talk.run("INSERT INTO drv_w (v) VALUES ('t1')");
        talk.ranOn("primary");
        Savepoint named = c.setSavepoint("here");
        talk.run("INSERT INTO drv_w (v) VALUES ('t2')");
        Savepoint unnamed = c.setSavepoint();
        talk.run("INSERT INTO drv_w (v) VALUES ('t3')");
        c.rollback(unnamed);
        talk.run("SELECT v FROM drv_w WHERE v LIKE 't%' ORDER BY v");
        talk.ranOn("primary");
        c.rollback(named);
        c.commit();
        talk.run("SELECT v FROM drv_w WHERE v LIKE 't%' ORDER BY v", "INSERT INTO drv_w (v) VALUES ('t4')");
        c.rollback();
        talk.run("SELECT v FROM drv_w WHERE v LIKE 't%' ORDER BY v");
        try {
            c.rollback(named);
        } catch (SQLException e) {
            talk.failed(e);
        }
        c.setAutoCommit(true);
        talk.run(
                "START TRANSACTION",
                "INSERT INTO drv_w (v) VALUES ('t5')",
                "CREATE TABLE IF NOT EXISTS drv_r (id INT)",
                "ROLLBACK");
        talk.run("SELECT v FROM drv_w WHERE v LIKE 't%' ORDER BY v");
    }

    private static void isolation(JdbcTalk talk, Connection c) throws SQLException {
        talk.add(c.getTransactionIsolation());
        for (int level : LEVELS) {
            c.setTransactionIsolation(level);
            talk.add(c.getTransactionIsolation());
            talk.run("SELECT @@session.transaction_isolation");
        }
    }

    private static void readOnly(JdbcTalk talk, Connection c) throws SQLException {
        talk.add(c.isReadOnly());
        c.setReadOnly(true);
        c.setAutoCommit(false);
        talk.run("SELECT v FROM drv_r ORDER BY id");
        try {
            talk.run("INSERT INTO drv_w (v) VALUES ('ro')");
        } catch (SQLException e) {
            talk.failed(e);
        }
        c.rollback();
        c.setAutoCommit(true);
        c.setReadOnly(false);
        talk.run("INSERT INTO drv_w (v) VALUES ('rw')", "SELECT COUNT(*) FROM drv_w WHERE v IN ('ro', 'rw')");
    }

    private static void settings(JdbcTalk talk, Connection unused) throws SQLException {
        String ask = "SELECT @@session.sql_mode, @@session.time_zone, @@session.character_set_client,"
                + " @@session.character_set_results, @@session.collation_connection, @@session.autocommit,"
                + " @@session.net_write_timeout, @@session.max_allowed_packet, @@session.sql_select_limit";
        talk.run(ask);
        talk.run("SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', net_write_timeout = 77", ask);
        talk.run("SELECT \"v\" FROM \"drv_r\" WHERE id = 1");
        talk.prepared("SELECT \"v\", 'a\\b' FROM \"drv_r\" WHERE id = ?", 2);
        talk.run("SET SESSION sql_mode = DEFAULT, net_write_timeout = DEFAULT");
        talk.run("SET @a = 5, @b = 'text ü'", "SELECT @a, @b", "SET @a = @a + 1", "SELECT @a", "SELECT @b := 3, @b");
        talk.run(
                "SET SESSION sql_select_limit = 2",
                "SELECT id FROM drv_r ORDER BY id",
                "SET SESSION sql_select_limit = DEFAULT");
        talk.run(
                "CREATE TEMPORARY TABLE drv_temp (id INT)",
                "INSERT INTO drv_temp VALUES (1), (2)",
                "SELECT COUNT(*) FROM drv_temp");
        talk.run(
                "DROP TEMPORARY TABLE drv_temp",
                "SELECT GET_LOCK('drv', 0)",
                "SELECT IS_USED_LOCK('drv') = CONNECTION_ID()");
        talk.run(
                "SELECT RELEASE_LOCK('drv')",
                "SELECT SQL_CALC_FOUND_ROWS id FROM drv_r ORDER BY id LIMIT 1",
                "SELECT FOUND_ROWS()");
        talk.run(
                "DELETE FROM drv_w WHERE v = 'rw'",
                "SELECT ROW_COUNT()",
                "SELECT DATABASE(), SUBSTRING_INDEX(USER(), '@', 1)",
                ask);
    }

    private static void schemas(JdbcTalk talk, Connection c) throws SQLException {
        talk.add(c.getCatalog() + " " + c.getSchema());
        c.setCatalog("app2");
        talk.add(c.getCatalog());
        talk.run("SELECT DATABASE()", "SELECT COUNT(*) FROM app.drv_r", "SELECT * FROM drv_r");
        talk.run("USE app", "SELECT DATABASE()");
        talk.add(c.getCatalog());
        c.setCatalog("app");
        try {
            c.setCatalog("nowhere");
        } catch (SQLException e) {
            talk.failed(e);
        }
        talk.run("SELECT DATABASE()");
    }

    private static void timeZones(JdbcTalk talk, Connection c) throws SQLException {
        String ask = "SELECT ts, dtm FROM drv_types WHERE id = 1";
        for (String zone : new String[] {"+05:30", "-08:00", "SYSTEM"}) {
            talk.run(
                    "SET time_zone = '" + zone + "'", ask, "SELECT FROM_UNIXTIME(86400), UNIX_TIMESTAMP('2026-01-01')");
            talk.prepared(ask + " AND id = ?", 1);
        }
        Calendar tokyo = new GregorianCalendar(TimeZone.getTimeZone("Asia/Tokyo"));
        try (PreparedStatement statement = c.prepareStatement("SELECT ?, CAST(? AS DATETIME(3))")) {
            statement.setTimestamp(1, new Timestamp(1_700_000_000_123L), tokyo);
            statement.setTimestamp(2, new Timestamp(1_700_000_000_123L), tokyo);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                talk.add(row.getString(1) + " " + row.getTimestamp(2, tokyo).getTime());
            }
        }
    }

    private static void connection(JdbcTalk talk, Connection c) throws SQLException {
        talk.add(c.isValid(5));
        talk.add(c.nativeSQL("SELECT {fn NOW()}, {d '2026-01-01'}"));
        talk.add(c.getHoldability() + " " + c.getTypeMap() + " " + c.isClosed());
        c.setNetworkTimeout(Runnable::run, 15_000);
        talk.add(c.getNetworkTimeout());
        talk.run("SELECT 1");
        talk.add(c.createBlob().length() + " " + c.createClob().length());
        c.clearWarnings();
        talk.warnings(c.getWarnings());
    }
}
