package dev.sluice.server.it;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Types;

/** Routines and several statements in one packet, in the conversation. Thread-safe: no state. */
final class JdbcRoutines {
    private JdbcRoutines() {}

    static void hold(JdbcTalk talk, boolean multiStatements) throws Exception {
        talk.step("calls", c -> calls(talk, c));
        talk.step("calls as text", c -> texts(talk));
        talk.step(
                "several statements in one",
                c -> talk.run(
                        "SELECT 1 AS a; SELECT 2 AS b; INSERT INTO drv_w (v) VALUES ('m1'); SELECT COUNT(*) FROM drv_w WHERE v = 'm1'",
                        "INSERT INTO drv_w (v) VALUES ('m2'); SELEC; SELECT 3",
                        "SELECT v FROM drv_w WHERE v LIKE 'm%' ORDER BY v"));
        if (multiStatements) {
            talk.step("they answer", c -> talk.run("SET @x = 1; SELECT @x", "SELECT @x"));
        }
        talk.step(
                "prepared as text",
                c -> talk.run(
                        "PREPARE s FROM 'SELECT v FROM drv_r WHERE id = ?'",
                        "SET @id = 2",
                        "EXECUTE s USING @id",
                        "DEALLOCATE PREPARE s",
                        "EXECUTE s USING @id"));
    }

    private static void calls(JdbcTalk talk, Connection c) throws SQLException {
        try (CallableStatement call = c.prepareCall("{call drv_two(?, ?, ?)}")) {
            for (int i = 1; i <= 2; i++) {
                call.setInt(1, i);
                call.setInt(2, 10);
                call.registerOutParameter(2, Types.INTEGER);
                call.registerOutParameter(3, Types.VARCHAR);
                talk.results(call, call.execute());
                talk.add(call.getInt(2) + " " + call.getString(3));
                talk.ranOn("primary");
            }
        }
        try (CallableStatement call = c.prepareCall("{? = call drv_twice(?)}")) {
            call.registerOutParameter(1, Types.INTEGER);
            call.setInt(2, 21);
            call.execute();
            talk.add(call.getInt(1));
        }
        try (CallableStatement call = c.prepareCall("{call drv_signal()}")) {
            call.execute();
        } catch (SQLException e) {
            talk.failed(e);
        }
    }

    private static void texts(JdbcTalk talk) throws SQLException {
        talk.run(
                "CALL drv_write('c1')",
                "SET @b = 1",
                "CALL drv_two(5, @b, @c)",
                "SELECT @b, @c",
                "SELECT drv_twice(4)",
                "CALL drv_signal()",
                "CALL drv_nothing()",
                "SELECT v FROM drv_w WHERE v = 'c1'");
    }
}
