package dev.sluice.benchmarks.macro;

import com.mysql.cj.jdbc.ServerPreparedStatement;
import dev.sluice.server.config.HostPort;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.SplittableRandom;

/**
 * What one client of the built-in loads does over its own connection: one call is what is timed. Confined to one thread at
 * a time.
 */
abstract class ClientWork implements AutoCloseable {
    private static final String SELECT = "SELECT c FROM " + BenchTable.NAME + " WHERE id = ";

    /** Any size makes the driver ask for a cursor. */
    private static final int CURSOR_ROWS = 10;

    private final Connection connection;
    private final SplittableRandom random;
    private final int rows;

    private ClientWork(Connection connection, int seed, int rows) {
        this.connection = connection;
        this.random = new SplittableRandom(seed);
        this.rows = rows;
    }

    /** Connects a client; its number decides which rows it asks for. */
    static ClientWork open(LoadKind kind, Jdbc jdbc, HostPort address, int number, int rows) throws SQLException {
        Connection connection = kind == LoadKind.POINT_SELECT_CURSOR
                ? jdbc.connectForCursors(address)
                : jdbc.connect(address, kind == LoadKind.POINT_SELECT_PREPARED);
        try {
            return switch (kind) {
                case POINT_SELECT -> new TextSelect(connection, number, rows);
                case POINT_SELECT_PREPARED -> new PreparedSelect(connection, number, rows, 0);
                case POINT_SELECT_CURSOR -> new PreparedSelect(connection, number, rows, CURSOR_ROWS);
                case READ_WRITE -> new Transaction(connection, number, rows);
                case READ_AFTER_WRITE -> new ReadAfterWrite(connection, number, rows);
                default -> throw new IllegalArgumentException(kind + " is not a load of Connector/J");
            };
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** Does it once and returns how many statements were sent. */
    abstract int run() throws SQLException;

    int randomId() {
        return random.nextInt(1, rows + 1);
    }

    static void readRow(ResultSet found) throws SQLException {
        try (found) {
            if (!found.next() || found.getString(1).isEmpty()) {
                throw new SQLException("a row of " + BenchTable.NAME + " is missing");
            }
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    /** A point select as text. Confined to one thread at a time. */
    private static final class TextSelect extends ClientWork {
        private final Statement statement;

        TextSelect(Connection connection, int seed, int rows) throws SQLException {
            super(connection, seed, rows);
            statement = connection.createStatement();
        }

        @Override
        int run() throws SQLException {
            readRow(statement.executeQuery(SELECT + randomId()));
            return 1;
        }
    }

    /** A point select prepared once on the server, with a cursor if it has a fetch size. Confined to one thread at a time. */
    private static final class PreparedSelect extends ClientWork {
        private final PreparedStatement statement;

        PreparedSelect(Connection connection, int seed, int rows, int fetchSize) throws SQLException {
            super(connection, seed, rows);
            statement = connection.prepareStatement(SELECT + "?");
            // The driver falls back to text without a word when the server refuses to prepare.
            if (!(statement instanceof ServerPreparedStatement)) {
                throw new SQLException("the statement was not prepared on the server");
            }
            statement.setFetchSize(fetchSize);
        }

        @Override
        int run() throws SQLException {
            statement.setInt(1, randomId());
            readRow(statement.executeQuery());
            return 1;
        }
    }

    /** Two reads and a write in a transaction, as text. Confined to one thread at a time. */
    private static final class Transaction extends ClientWork {
        private static final int STATEMENTS = 4;

        private final Connection connection;
        private final Statement statement;

        Transaction(Connection connection, int seed, int rows) throws SQLException {
            super(connection, seed, rows);
            this.connection = connection;
            connection.setAutoCommit(false);
            statement = connection.createStatement();
        }

        @Override
        int run() throws SQLException {
            readRow(statement.executeQuery(SELECT + randomId()));
            statement.executeUpdate("UPDATE " + BenchTable.NAME + " SET k = k + 1 WHERE id = " + randomId());
            readRow(statement.executeQuery(SELECT + randomId()));
            connection.commit();
            return STATEMENTS;
        }
    }

    /** A write, and at once a read that must not miss it, each on its own, as text. Confined to one thread at a time. */
    private static final class ReadAfterWrite extends ClientWork {
        private static final int STATEMENTS = 2;

        private final Statement statement;

        ReadAfterWrite(Connection connection, int seed, int rows) throws SQLException {
            super(connection, seed, rows);
            statement = connection.createStatement();
        }

        @Override
        int run() throws SQLException {
            int id = randomId();
            statement.executeUpdate("UPDATE " + BenchTable.NAME + " SET k = k + 1 WHERE id = " + id);
            readRow(statement.executeQuery(SELECT + id));
            return STATEMENTS;
        }
    }
}
