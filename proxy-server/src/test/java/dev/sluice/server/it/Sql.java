package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.localcluster.LocalServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Short forms of JDBC for tests. Thread-safe: functions without state. */
final class Sql {
    private static final int NO_SUCH_THREAD = 1094;

    private Sql() {}

    /** A connection to a port of this machine, with options as {@code name=value}. */
    static Connection open(int port, String user, String password, String database, String... options)
            throws SQLException {
        Properties properties = new Properties();
        properties.put("user", user);
        properties.put("password", password);
        properties.put("connectTimeout", Integer.toString(TestProxy.TIMEOUT_MILLIS));
        properties.put("socketTimeout", Integer.toString(TestProxy.TIMEOUT_MILLIS));
        properties.put("sslMode", "DISABLED");
        properties.put("allowPublicKeyRetrieval", "true");
        for (String option : options) {
            int equals = option.indexOf('=');
            properties.put(option.substring(0, equals), option.substring(equals + 1));
        }
        return DriverManager.getConnection("jdbc:mysql://127.0.0.1:" + port + "/" + database, properties);
    }

    /** Runs statements one after the other and reads all their results. */
    static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                boolean rows = statement.execute(sql);
                while (rows || statement.getUpdateCount() != -1) {
                    rows = statement.getMoreResults();
                }
            }
        }
    }

    /** The first column of the first row; null for NULL and for no row. */
    static @Nullable String value(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    /** Ends all connections that a user has at a server; some may end by themselves meanwhile. */
    static void endConnectionsOf(String user, LocalServer server) throws SQLException {
        try (Connection root = server.connect()) {
            for (String id : rows(root, "SELECT id FROM information_schema.processlist WHERE user = '" + user + "'")) {
                assertThat(error(root, "KILL " + id)).isIn(0, NO_SUCH_THREAD);
            }
        }
    }

    /** As {@link #value}, by a prepared statement. */
    static @Nullable String prepared(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        }
    }

    static int update(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }

    /** All rows, the columns of each joined by commas. */
    static List<String> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> all = new ArrayList<>();
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    row.add(String.valueOf(rows.getString(i)));
                }
                all.add(String.join(",", row));
            }
            return all;
        }
    }

    /** The error number of a statement; 0 if it does not fail, -1 if the driver and not the server refused it. */
    static int error(Connection connection, String sql) {
        try {
            run(connection, sql);
            return 0;
        } catch (SQLException e) {
            return e.getErrorCode() == 0 ? -1 : e.getErrorCode();
        }
    }

    static Route route(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW SLUICE ROUTE")) {
            if (!row.next()) {
                throw new SQLException("nothing was routed yet");
            }
            return new Route(
                    row.getString("backend"), row.getString("role"), row.getString("reason"), row.getString("pins"));
        }
    }

    /** Runs a statement and says where it ran. */
    static Route routeOf(Connection connection, String sql) throws SQLException {
        run(connection, sql);
        return route(connection);
    }
}
