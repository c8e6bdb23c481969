package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Compares user variables on whatever connection a session gets with those of a direct connection. Functions only. */
final class UserVariableWalk {
    /** What a session does first; all of it is to be replayed. */
    static final List<String> STATEMENTS = List.of(
            "SET @a = 1",
            "SET @a := -2, @b = @a IS NULL OR 1, @b = 3",
            "SET @a = +18446744073709551615",
            "SET @a = -9223372036854775808",
            "SET @a = 123456789012345678901234567890",
            "SET @a = 1.50",
            "SET @a = .5",
            "SET @a = 1e5",
            "SET @a = -1.5e-3",
            "SET @a = TRUE, @b = FALSE",
            "SET @a = 0x41",
            "SET @a = x'4142'",
            "SET @a = b'01000001', @b = 0b01",
            "SET @a = ''",
            "SET @a = 'x'",
            "SET @a = \"x\"",
            "SET @a = 'a''b\\'c\\n\\t\\0\\Z\\%\\_\\\\'",
            "SET @a = 'é\uD83D\uDE00'",
            "SET @a = 'x' COLLATE utf8mb4_bin",
            "SET @a = _latin1'x' COLLATE latin1_german1_ci",
            "SET @a = _binary'x'",
            "SET NAMES latin1; SET @a = 'x'; SET NAMES utf8mb4",
            "SET NAMES utf8mb4 COLLATE utf8mb4_danish_ci; SET @a = 'x'; SET NAMES utf8mb4",
            "SET collation_connection = 'latin1_bin'; SET @a = 'x'",
            "SET character_set_connection = 'binary'; SET @a = 'x'; SET NAMES utf8mb4",
            "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'; SET @\"a\" = 'a\\n'; SET sql_mode = ''",
            "SET @a = 'x', sql_mode = 'NO_BACKSLASH_ESCAPES', @b = '\\\\'",
            "SET @a = NULL",
            "SET @a = 1; SET @a = NULL",
            "SET @a = 1.5; SET @a = NULL; SET @a = NULL",
            "SET @a = 'x'; SET @a = NULL",
            "SET @a = NULL; SET @a = 'x'",
            "SET @a = 'x'; SET @a = 1",
            "SET @a = 1; SET @a = 'x'",
            "SET @`A` = 1; SET @'b' = 2",
            "DO 1");

    /** Not the primary because it has shown something last, and could not be asked for its position soon enough. */
    private static final String ANY_REPLICA = " /* sluice: consistency=none */";

    private UserVariableWalk() {}

    /**
     * Runs the statements on both and looks at the variables, while another session leaves its own on every connection. The
     * sessions need a proxy with one connection to each server, and a table {@code t} with a row 1.
     */
    static void walk(String statements, Connection direct, Connection session, Connection other) throws SQLException {
        String[] sets = statements.split("; ", -1);
        Sql.run(direct, sets);
        Sql.run(session, sets);
        assertThat(Sql.route(session).pins()).isEmpty();
        List<String> expected = seen(direct, "");
        for (String dirt : List.of("SET @a = 'dirt'", "SET @a = 7, @c = 1", "SET @a = 1.5, @b = NULL", "SET @c = 1")) {
            Sql.run(other, dirt);
            Sql.run(other, "SELECT @a, @b, @c", "SELECT @a, @b, @c FROM t WHERE id = 1 FOR UPDATE");
            assertThat(seen(session, ANY_REPLICA))
                    .as("on a replica after %s", dirt)
                    .isEqualTo(expected);
            assertThat(Sql.route(session).role()).isEqualTo("replica");
            assertThat(seen(session, " FROM t WHERE id = 1 FOR UPDATE"))
                    .as("on the primary after %s", dirt)
                    .isEqualTo(expected);
        }
    }

    /** Everything that a client can see of a variable. */
    private static List<String> seen(Connection connection, String suffix) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT @a, HEX(@a), CHARSET(@a), COLLATION(@a), COERCIBILITY(@a),"
                                + " @a IS NULL, @a + 0, LENGTH(@a), @b" + suffix)) {
            ResultSetMetaData columns = rows.getMetaData();
            List<String> seen = new ArrayList<>();
            while (rows.next()) {
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    seen.add(columns.getColumnLabel(i) + " " + columns.getColumnTypeName(i) + " "
                            + columns.getPrecision(i) + "," + columns.getScale(i) + " " + rows.getString(i));
                }
            }
            return seen;
        }
    }
}
