package dev.sluice.server.demo;

import com.mysql.cj.jdbc.ServerPreparedStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * A connection of the tour that is a real Connector/J connection.
 *
 * <p>Thread-safe: confined to the thread of the tour.
 */
final class JdbcTourSession implements TourSession {
    private static final String SOCKET_TIMEOUT_MILLIS = "20000";

    private final Connection connection;

    private JdbcTourSession(Connection connection) {
        this.connection = connection;
    }

    static JdbcTourSession open(String url) throws SQLException {
        Properties properties = new Properties();
        // A proxy that hangs is a failed step, not a demonstration that never ends.
        properties.put("socketTimeout", SOCKET_TIMEOUT_MILLIS);
        properties.put("connectTimeout", SOCKET_TIMEOUT_MILLIS);
        return new JdbcTourSession(DriverManager.getConnection(url, properties));
    }

    @Override
    public Answer run(String sql) throws SQLException {
        List<String> row;
        try (Statement statement = connection.createStatement()) {
            row = statement.execute(sql) ? firstRow(statement.getResultSet()) : List.of();
        }
        return new Answer(sql, row, route());
    }

    @Override
    public Answer runPrepared(String sql, int parameter) throws SQLException {
        List<String> row;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            // The driver falls back to text without a word when the server refuses to prepare.
            if (!(statement instanceof ServerPreparedStatement)) {
                throw new SQLException("The statement was not prepared on the server: " + sql);
            }
            statement.setInt(1, parameter);
            try (ResultSet rows = statement.executeQuery()) {
                row = firstRow(rows);
            }
            // Closing the statement is a command too; the question comes before it.
            return new Answer(sql, row, route());
        }
    }

    private Route route() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SHOW SLUICE ROUTE")) {
            if (!rows.next()) {
                throw new SQLException("SHOW SLUICE ROUTE has no row");
            }
            return new Route(
                    rows.getString("backend"),
                    rows.getString("role"),
                    rows.getString("reason"),
                    String.valueOf(rows.getString("pins")));
        }
    }

    private static List<String> firstRow(ResultSet rows) throws SQLException {
        List<String> row = new ArrayList<>();
        if (rows.next()) {
            for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                String value = rows.getString(column);
                row.add(value == null ? "NULL" : value);
            }
        }
        return row;
    }

    @Override
    public boolean isOpen() throws SQLException {
        return !connection.isClosed();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
