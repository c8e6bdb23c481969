package dev.sluice.server.switchover;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One connection to one server, as far as a switchover needs it. Thread-safe: used by one thread at a time. */
interface SqlSession extends AutoCloseable {
    /** Opens sessions by the account that is configured for it. Thread-safe: it keeps no state. */
    @FunctionalInterface
    interface Connector {
        SqlSession open(String host, int port) throws SQLException;
    }

    /** Runs a statement that has no result. */
    void execute(String sql) throws SQLException;

    /** The rows of a query, by column names in lower case. */
    List<Map<String, @Nullable String>> query(String sql) throws SQLException;

    @Override
    void close();
}
