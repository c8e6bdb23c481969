package dev.sluice.server.it;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * How a login ends for a client: who it is then, or the error. Immutable.
 *
 * @param code the server's error number; 0 where the client itself gives up, and where it is let in
 * @param state the SQLSTATE; empty where it is let in
 * @param said the message; or user, account and mapped user
 */
record LoginOutcome(int code, String state, String said) {
    /** What MariaDB's driver puts into messages: ids and ports. */
    private static final Pattern OF_ONE_SERVER = Pattern.compile("(conn=|127\\.0\\.0\\.1:)\\d+");

    private static final String WHO = "SELECT CONCAT_WS(' ', USER(), CURRENT_USER(), @@proxy_user)";

    /** What comes of a login with a driver. */
    static LoginOutcome of(String url, Properties properties) {
        try (Connection connection = DriverManager.getConnection(url, properties)) {
            return new LoginOutcome(0, "", String.valueOf(Sql.value(connection, WHO)));
        } catch (SQLException e) {
            return of(e);
        }
    }

    private static LoginOutcome of(SQLException e) {
        Throwable cause = e;
        while (e.getErrorCode() == 0 && cause.getCause() != null) {
            // The driver has given up: the reason is at the end of the chain.
            cause = cause.getCause();
        }
        String said = String.valueOf(cause.getMessage());
        return new LoginOutcome(
                e.getErrorCode(),
                String.valueOf(e.getSQLState()),
                OF_ONE_SERVER.matcher(said).replaceAll("$1..."));
    }

    boolean letIn() {
        return state.isEmpty();
    }
}
