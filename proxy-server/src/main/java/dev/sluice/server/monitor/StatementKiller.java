package dev.sluice.server.monitor;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Ends statements on the servers, by the monitor account. Thread-safe: it keeps nothing between two calls. */
public final class StatementKiller {
    private static final int ER_NO_SUCH_THREAD = 1094;
    private static final int ER_KILL_DENIED = 1095;
    private static final int ER_SPECIFIC_ACCESS_DENIED = 1227;

    private final TopologyMonitor monitor;

    /** How it went. Immutable. */
    public enum Outcome {
        /** The server has been told. */
        KILLED,
        /** The connection had ended before. */
        GONE,
        /** The monitor account may not. */
        DENIED
    }

    public StatementKiller(TopologyMonitor monitor) {
        this.monitor = monitor;
    }

    /**
     * {@code KILL QUERY} on a backend.
     *
     * @throws IOException if the backend cannot be asked
     */
    public Outcome killQuery(int ordinal, long threadId) throws IOException {
        try (Connection connection = monitor.connect(ordinal);
                Statement statement = connection.createStatement()) {
            boolean unused = statement.execute("KILL QUERY " + threadId);
            return Outcome.KILLED;
        } catch (SQLException e) {
            return switch (e.getErrorCode()) {
                case ER_NO_SUCH_THREAD -> Outcome.GONE;
                case ER_KILL_DENIED, ER_SPECIFIC_ACCESS_DENIED -> Outcome.DENIED;
                default -> throw new IOException("KILL QUERY failed: " + e.getMessage(), e);
            };
        }
    }
}
