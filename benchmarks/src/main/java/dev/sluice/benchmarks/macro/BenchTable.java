package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
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
 * The table that all loads use, in the form that sysbench expects, on all servers; dropped when it is closed. Confined to
 * the main thread.
 */
final class BenchTable implements AutoCloseable {
    /** The name by which sysbench finds its first table. */
    static final String NAME = "sbtest1";

    private static final int ROWS_PER_INSERT = 500;
    private static final int C_CHARACTERS = 119;
    private static final int PAD_CHARACTERS = 59;
    private static final long SEED = 7;
    private static final Duration REPLICATION_DEADLINE = Duration.ofSeconds(60);
    private static final long POLL_NANOS = Duration.ofMillis(20).toNanos();

    private final Servers servers;

    private BenchTable(Servers servers) {
        this.servers = servers;
    }

    /** Makes the table on the primary and returns when the replicas have all of its rows. */
    static BenchTable create(Servers servers, int rows) throws CommandFailure {
        try (Connection connection = servers.jdbc().connect(servers.primary(), false);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE " + NAME + " (id INT NOT NULL PRIMARY KEY, k INT NOT NULL DEFAULT 0,"
                    + " c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '', KEY k_1 (k))");
        } catch (SQLException e) {
            throw new CommandFailure(
                    "cannot make the table " + servers.database() + "." + NAME + ": " + Jdbc.reason(e));
        }
        BenchTable table = new BenchTable(servers);
        try {
            table.fill(rows);
            for (HostPort replica : servers.replicas()) {
                table.awaitRows(replica, rows);
            }
            return table;
        } catch (SQLException | CommandFailure e) {
            table.close();
            throw new CommandFailure("cannot fill the table " + NAME + ": " + e.getMessage());
        }
    }

    private void fill(int rows) throws SQLException {
        SplittableRandom random = new SplittableRandom(SEED);
        try (Connection connection = servers.jdbc().connect(servers.primary(), false)) {
            for (int first = 1; first <= rows; first += ROWS_PER_INSERT) {
                int last = Math.min(rows, first + ROWS_PER_INSERT - 1);
                String sql = "INSERT INTO " + NAME + " (id, k, c, pad) VALUES (?, ?, ?, ?)"
                        + ", (?, ?, ?, ?)".repeat(last - first);
                try (PreparedStatement insert = connection.prepareStatement(sql)) {
                    int parameter = 1;
                    for (int id = first; id <= last; id++) {
                        insert.setInt(parameter++, id);
                        insert.setInt(parameter++, random.nextInt(1, rows + 1));
                        insert.setString(parameter++, digits(random, C_CHARACTERS));
                        insert.setString(parameter++, digits(random, PAD_CHARACTERS));
                    }
                    insert.executeUpdate();
                }
            }
        }
    }

    private static String digits(SplittableRandom random, int characters) {
        StringBuilder text = new StringBuilder(characters);
        for (int i = 0; i < characters; i++) {
            text.append((char) ('0' + random.nextInt(10)));
        }
        return text.toString();
    }

    private void awaitRows(HostPort replica, int rows) throws CommandFailure {
        long deadline = System.nanoTime() + REPLICATION_DEADLINE.toNanos();
        @Nullable String problem = null;
        do {
            try (Connection connection = servers.jdbc().connect(replica, false);
                    Statement statement = connection.createStatement();
                    ResultSet found = statement.executeQuery("SELECT COUNT(*) FROM " + NAME)) {
                found.next();
                if (found.getInt(1) == rows) {
                    return;
                }
                problem = found.getInt(1) + " of " + rows + " rows";
            } catch (SQLException notYet) {
                problem = notYet.getMessage();
            }
            LockSupport.parkNanos(POLL_NANOS);
        } while (System.nanoTime() < deadline);
        throw new CommandFailure("the replica " + replica + " has not got it after " + REPLICATION_DEADLINE.toSeconds()
                + " s: " + problem);
    }

    @Override
    public void close() throws CommandFailure {
        try (Connection connection = servers.jdbc().connect(servers.primary(), false);
                Statement statement = connection.createStatement()) {
            // After a signal clients may still hold it.
            statement.execute("SET SESSION lock_wait_timeout = 5");
            statement.execute("DROP TABLE IF EXISTS " + NAME);
        } catch (SQLException e) {
            throw new CommandFailure("the table " + NAME + " stays on the servers: " + Jdbc.reason(e));
        }
    }
}
