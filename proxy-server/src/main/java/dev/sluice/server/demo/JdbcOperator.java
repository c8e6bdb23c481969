package dev.sluice.server.demo;

import dev.sluice.server.admin.ResultTable;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An operator with a real connection to the admin port for each statement. Immutable. */
record JdbcOperator(int port, String user, String password) implements Operator {
    private static final int TIMEOUT_MILLIS = 30_000;

    @Override
    public ResultTable run(String text) throws SQLException {
        String url = "jdbc:mysql://127.0.0.1:%d/?allowPublicKeyRetrieval=true&connectTimeout=%d&socketTimeout=%d"
                .formatted(port, TIMEOUT_MILLIS, TIMEOUT_MILLIS);
        try (Connection connection = DriverManager.getConnection(url, user, password);
                Statement statement = connection.createStatement()) {
            if (!statement.execute(text)) {
                return new ResultTable(List.of(), List.of());
            }
            try (ResultSet rows = statement.getResultSet()) {
                return table(rows);
            }
        }
    }

    private static ResultTable table(ResultSet rows) throws SQLException {
        List<String> columns = new ArrayList<>();
        for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
            columns.add(rows.getMetaData().getColumnLabel(column));
        }
        List<List<@Nullable String>> values = new ArrayList<>();
        while (rows.next()) {
            List<@Nullable String> row = new ArrayList<>();
            for (int column = 1; column <= columns.size(); column++) {
                row.add(rows.getString(column));
            }
            values.add(row);
        }
        return new ResultTable(columns, values);
    }
}
