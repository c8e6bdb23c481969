package dev.sluice.server.it;

import dev.sluice.server.localcluster.Accounts;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One client of a soak, as applications are: it connects, does this and that at a moderate rate, checks what it is told, and
 * connects anew. Confined to its thread, but for the flag that ends it.
 */
final class SoakClient implements Runnable {
    private static final String[] ZONES = {"+01:00", "+05:30", "-03:00"};
    private static final long THINK_NANOS = Duration.ofMillis(40).toNanos();
    private static final int STEPS = 60;

    /** What a server tells the statement of a session that an operator kills. */
    private static final int INTERRUPTED = 1317;

    /** How Connector/J calls a connection that ends in the middle of a packet. */
    private static final String CUT_OFF = "connection was unexpectedly lost";

    private static final int LARGE = 1 << 20;
    private static final String ROWS = "SELECT id, token FROM soak ORDER BY id DESC LIMIT 200";

    private final SoakRecord record;
    private final int port;
    private final SplittableRandom random;
    private final String[] options;
    private volatile boolean stopped;

    SoakClient(SoakRecord record, int port, int ordinal) {
        this.record = record;
        this.port = port;
        this.random = new SplittableRandom(ordinal);
        this.options = new String[] {
            "useServerPrepStmts=" + (ordinal % 2 == 0),
            "useCursorFetch=" + (ordinal % 4 == 0),
            "useCompression=" + (ordinal % 3 == 0)
        };
    }

    /** Lets it end after what it does now. */
    void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        while (!stopped) {
            try (Connection connection =
                    Sql.open(port, Accounts.APP_USER, Accounts.APP_PASSWORD, Accounts.DATABASE, options)) {
                for (int i = 0; i < STEPS && !stopped; i++) {
                    step(connection);
                    LockSupport.parkNanos(THINK_NANOS);
                }
            } catch (SQLException e) {
                failed(e);
                LockSupport.parkNanos(THINK_NANOS);
            } catch (RuntimeException | Error e) {
                record.wrong("a client failed: " + e);
                throw e;
            }
        }
    }

    /** Connections end when servers are killed and operators say so; an answer that never comes, and other errors, are wrong. */
    private void failed(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        if (e.getErrorCode() == 0 && String.valueOf(e.getMessage()).contains(CUT_OFF)) {
            record.count("answers cut off");
        } else if (e.getErrorCode() == INTERRUPTED) {
            record.count("statements interrupted");
        } else if (isTimeout(e) || !(state.startsWith("08") || state.startsWith("40"))) {
            record.wrong("a client was told " + state + "/" + e.getErrorCode() + " " + e.getMessage());
        } else {
            record.count("errors of class " + state.substring(0, 2));
        }
    }

    private static boolean isTimeout(Throwable e) {
        Throwable cause = e;
        while (cause != null && !(cause instanceof SocketTimeoutException)) {
            cause = cause.getCause();
        }
        return cause != null;
    }

    private void step(Connection connection) throws SQLException {
        switch (random.nextInt(12)) {
            case 0, 1 -> insert(connection);
            case 2 -> transact(connection);
            case 3 -> scroll(connection);
            case 4 -> large(connection);
            case 5 -> keepState(connection);
            case 6 -> prepareMuch(connection);
            case 7 -> temporaryTable(connection);
            default -> read(connection);
        }
    }

    private void read(Connection connection) throws SQLException {
        String unused = Sql.prepared(connection, "SELECT token FROM soak WHERE id = ?", random.nextInt(1000));
        record.count("reads");
    }

    private void insert(Connection connection) throws SQLException {
        int losses = record.losses();
        long token = record.token();
        insert(connection, token);
        record.wrote(token, "by itself");
        record.count("writes");
        String found = Sql.prepared(connection, "SELECT COUNT(*) FROM soak WHERE token = ?", token);
        if (losses == record.losses() && !"1".equals(found)) {
            record.wrong("the session's own write " + token + " was found " + found + " times");
        }
    }

    private static void insert(Connection connection, long token) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO soak (token) VALUES (?)")) {
            insert.setLong(1, token);
            insert.executeUpdate();
        }
    }

    private void transact(Connection connection) throws SQLException {
        long first = record.token();
        long second = record.token();
        connection.setAutoCommit(false);
        insert(connection, first);
        insert(connection, second);
        if (random.nextInt(4) == 0) {
            connection.rollback();
        } else {
            connection.commit();
            record.wrote(first, "first of a transaction");
            record.wrote(second, "second of a transaction");
        }
        connection.setAutoCommit(true);
        record.count("transactions");
    }

    private void scroll(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ROWS)) {
            statement.setFetchSize(20);
            try (ResultSet rows = statement.executeQuery()) {
                int left = 1 + random.nextInt(200);
                while (left > 0 && rows.next()) {
                    left--;
                }
            }
        }
        record.count("cursors");
    }

    private void large(Connection connection) throws SQLException {
        String text = Sql.value(connection, "SELECT REPEAT('x', " + LARGE + ")");
        if (text == null || text.length() != LARGE) {
            record.wrong("a large value came back as another");
        }
        record.count("large results");
    }

    private void keepState(Connection connection) throws SQLException {
        String zone = ZONES[random.nextInt(ZONES.length)];
        Sql.run(connection, "SET time_zone = '" + zone + "', @soak = '" + zone + "'");
        String kept = Sql.value(connection, "SELECT CONCAT(@@time_zone, @soak)");
        if (!(zone + zone).equals(kept)) {
            record.wrong("a session's state was " + kept + " and not " + zone + zone);
        }
        record.count("settings");
    }

    private void prepareMuch(Connection connection) throws SQLException {
        for (int i = 0; i < 5; i++) {
            int column = random.nextInt(300);
            String value = Sql.prepared(connection, "SELECT ? + " + column, 7);
            if (!isSum(value, 7 + column)) {
                record.wrong("7 + " + column + " came back as " + value);
            }
        }
        record.count("prepared statements");
    }

    private static boolean isSum(@Nullable String value, int sum) {
        return value != null && Double.compare(Double.parseDouble(value), sum) == 0;
    }

    private void temporaryTable(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMPORARY TABLE mine (n INT)");
            statement.execute("INSERT INTO mine VALUES (1), (2)");
            if (!"2".equals(Sql.value(connection, "SELECT COUNT(*) FROM mine"))) {
                record.wrong("a temporary table has lost its rows");
            }
            statement.execute("DROP TEMPORARY TABLE mine");
        }
        record.count("temporary tables");
    }
}
