package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBufUtil;
import java.sql.BatchUpdateException;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.Arrays;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * One JDBC connection, direct or through the proxy, whose answers go to a transcript. Thread-safe: confined to the test's
 * thread.
 */
final class JdbcTalk implements AutoCloseable {
    private static final int BYTES_SHOWN = 64;

    private final Connection connection;
    private final Transcript transcript;
    private final boolean proxied;

    JdbcTalk(Connection connection, Transcript transcript, boolean proxied) {
        this.connection = connection;
        this.transcript = transcript;
        this.proxied = proxied;
    }

    /** What is done in a step. */
    @FunctionalInterface
    interface Step {
        void run(Connection connection) throws Exception;
    }

    /** Does a step; what it throws belongs to the transcript. */
    void step(String name, Step step) throws Exception {
        transcript.begin(name);
        try {
            step.run(connection);
        } catch (SQLException e) {
            failed(e);
        }
    }

    /** Runs statements one after the other, each with everything that it answers. */
    void run(String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                try {
                    results(statement, statement.execute(sql));
                } catch (SQLException e) {
                    failed(e);
                }
            }
        }
    }

    /** Runs a prepared statement with parameters. */
    void prepared(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            results(statement, statement.execute());
        }
    }

    /** Everything that a statement answers: rows, numbers, more results, warnings. */
    void results(Statement statement, boolean first) throws SQLException {
        boolean rows = first;
        while (true) {
            if (rows) {
                try (ResultSet result = statement.getResultSet()) {
                    rows(result);
                }
            } else if (statement.getUpdateCount() == -1) {
                break;
            } else {
                add("updated " + statement.getUpdateCount());
            }
            rows = statement.getMoreResults();
        }
        warnings(statement.getWarnings());
    }

    void warnings(@Nullable SQLWarning first) {
        for (SQLWarning warning = first; warning != null; warning = warning.getNextWarning()) {
            add("warning %d %s %s".formatted(warning.getErrorCode(), warning.getSQLState(), warning.getMessage()));
        }
    }

    void keys(Statement statement) throws SQLException {
        try (ResultSet keys = statement.getGeneratedKeys()) {
            add("keys");
            rows(keys);
        }
    }

    /** Metadata and all rows. */
    void rows(ResultSet result) throws SQLException {
        ResultSetMetaData meta = result.getMetaData();
        int columns = meta.getColumnCount();
        columns(meta);
        while (result.next()) {
            StringJoiner row = new StringJoiner(" | ");
            for (int i = 1; i <= columns; i++) {
                row.add(value(result, i));
            }
            add("row " + row);
        }
    }

    void columns(ResultSetMetaData meta) throws SQLException {
        for (int i = 1; i <= meta.getColumnCount(); i++) {
            add("column %s/%s %s.%s %s %s %s p%d s%d n%d %b %b %d"
                    .formatted(
                            meta.getColumnLabel(i),
                            meta.getColumnName(i),
                            meta.getCatalogName(i),
                            meta.getTableName(i),
                            meta.getColumnType(i),
                            meta.getColumnTypeName(i),
                            meta.getColumnClassName(i),
                            meta.getPrecision(i),
                            meta.getScale(i),
                            meta.isNullable(i),
                            meta.isAutoIncrement(i),
                            meta.isSigned(i),
                            meta.getColumnDisplaySize(i)));
        }
    }

    void parameters(ParameterMetaData meta) throws SQLException {
        add("parameters " + meta.getParameterCount());
    }

    private static String value(ResultSet result, int column) {
        return read(() -> result.getObject(column)) + " '" + read(() -> result.getString(column)) + "'";
    }

    /** A getter of a value. */
    @FunctionalInterface
    private interface Getter {
        @Nullable
        Object get() throws SQLException;
    }

    private static String read(Getter getter) {
        try {
            return show(getter.get());
        } catch (SQLException e) {
            return e.getClass().getSimpleName() + ": " + e.getMessage();
        }
    }

    static String show(@Nullable Object value) throws SQLException {
        if (value instanceof Blob blob) {
            return show(blob.getBytes(1, (int) blob.length()));
        }
        if (value instanceof byte[] bytes) {
            return bytes.length <= BYTES_SHOWN
                    ? ByteBufUtil.hexDump(bytes)
                    : bytes.length + " bytes " + Arrays.hashCode(bytes);
        }
        if (value instanceof String text && text.length() > BYTES_SHOWN) {
            return text.length() + " characters " + text.hashCode();
        }
        return value == null ? "null" : value.getClass().getSimpleName() + " " + value;
    }

    /** An error with its number, its state and what it says. */
    void failed(SQLException e) {
        if (e instanceof BatchUpdateException batch) {
            add("batch " + Arrays.toString(batch.getUpdateCounts()));
        }
        // MariaDB's driver says on which connection, whose id is another one each time.
        String message = String.valueOf(e.getMessage()).replaceFirst("\\(conn=\\d+\\)", "(conn=?)");
        add("%s %d %s %s".formatted(e.getClass().getSimpleName(), e.getErrorCode(), e.getSQLState(), message));
    }

    void add(@Nullable Object line) {
        transcript.add(String.valueOf(line));
    }

    /** Through the proxy: where the last statement ran. */
    void ranOn(String role) throws SQLException {
        if (proxied) {
            Route route = route();
            assertThat(route.role()).as(route.toString()).isEqualTo(role);
        }
    }

    /** Through the proxy: returns when a read is known as one, which may take the parser a moment. */
    void awaitReplica(String read) {
        if (proxied) {
            await().atMost(TestProxy.SOON).until(() -> {
                Sql.run(connection, read);
                return route().isReplica();
            });
        }
    }

    /** By text, also where the driver would rather have a cursor: what Sluice answers itself cannot be prepared. */
    private Route route() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(0);
            try (ResultSet row = statement.executeQuery("SHOW SLUICE ROUTE")) {
                assertThat(row.next()).isTrue();
                return new Route(
                        row.getString("backend"),
                        row.getString("role"),
                        row.getString("reason"),
                        row.getString("pins"));
            }
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
