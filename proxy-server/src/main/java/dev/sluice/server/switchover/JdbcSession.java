package dev.sluice.server.switchover;

import dev.sluice.server.monitor.ServerDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A session over JDBC. Thread-safe: used by one thread at a time. */
final class JdbcSession implements SqlSession {
    private static final Logger LOGGER = LoggerFactory.getLogger(JdbcSession.class);
    private static final long CONNECT_MILLIS = 5_000;
    /**
     * Longer than any statement here is allowed to wait on the server, and shorter than what clients wait for a primary by
     * default: a server that falls silent must not make them fail.
     */
    private static final long SOCKET_MILLIS = 7_000;

    private final Connection connection;

    private JdbcSession(Connection connection) {
        this.connection = connection;
    }

    /** Opens sessions of an account. */
    static Connector connector(SwitchoverSettings settings) {
        return (host, port) -> {
            String url = "jdbc:mysql://" + host + ":" + port + "/?connectTimeout=" + CONNECT_MILLIS + "&socketTimeout="
                    + SOCKET_MILLIS
                    + "&connectionAttributes=program_name:sluice-switchover&logger=com.mysql.cj.log.Slf4JLogger";
            ServerDataSource source = new ServerDataSource(url, settings.user(), settings.password(), settings.tls());
            return new JdbcSession(source.getConnection());
        };
    }

    @Override
    public void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            boolean unused = statement.execute(sql);
        }
    }

    @Override
    public List<Map<String, @Nullable String>> query(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            ResultSetMetaData columns = rows.getMetaData();
            List<Map<String, @Nullable String>> all = new ArrayList<>();
            while (rows.next()) {
                Map<String, @Nullable String> row = new LinkedHashMap<>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    row.put(columns.getColumnLabel(i).toLowerCase(Locale.ROOT), rows.getString(i));
                }
                all.add(row);
            }
            return all;
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOGGER.debug("a connection did not close well: {}", e.getMessage());
        }
    }
}
