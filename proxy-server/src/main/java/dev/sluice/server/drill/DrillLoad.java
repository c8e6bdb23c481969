package dev.sluice.server.drill;

import com.mysql.cj.jdbc.MysqlDataSource;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sluice.server.drill.DrillRecord.Work;
import dev.sluice.server.localcluster.Accounts;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The clients of a drill: one pool of connections through Sluice whose threads write, run transactions and read, as an
 * application's do; and connections that are idle but for a question now and then. Thread-safe: its threads share nothing
 * but the pool and the record.
 */
final class DrillLoad implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(DrillLoad.class);
    private static final long THINK_NANOS = Duration.ofMillis(2).toNanos();
    private static final long WAKE_NANOS = Duration.ofMillis(250).toNanos();
    private static final String TIME_ZONE = "+03:00";
    private static final int TIMEOUT_MILLIS = 30_000;

    private final DrillRecord record;
    private final HikariDataSource pool;
    private final MysqlDataSource source;
    private final List<Thread> threads = new ArrayList<>();
    private final List<Connection> idle = new ArrayList<>();
    private volatile boolean closed;

    private DrillLoad(DrillRecord record, int port, int clients) {
        this.record = record;
        this.source = new MysqlDataSource();
        source.setUrl("jdbc:mysql://127.0.0.1:" + port + "/" + Accounts.DATABASE
                + "?sslMode=DISABLED&allowPublicKeyRetrieval=true&connectTimeout=" + TIMEOUT_MILLIS
                + "&socketTimeout=" + TIMEOUT_MILLIS + "&logger=com.mysql.cj.log.Slf4JLogger");
        source.setUser(Accounts.APP_USER);
        source.setPassword(Accounts.APP_PASSWORD);
        HikariConfig config = new HikariConfig();
        config.setPoolName("drill");
        config.setDataSource(source);
        config.setMaximumPoolSize(clients);
        config.setConnectionTimeout(TIMEOUT_MILLIS);
        this.pool = new HikariDataSource(config);
    }

    /** One client does one thing. */
    @FunctionalInterface
    private interface Step {
        void run(Connection connection) throws SQLException;
    }

    /**
     * Starts the clients: half of the threads write, one in four of those in transactions, and half read.
     *
     * @param clients threads, at least 4
     * @param sessions connections that are idle
     */
    static DrillLoad start(DrillRecord record, int port, int clients, int sessions) throws SQLException {
        DrillLoad load = new DrillLoad(record, port, clients);
        for (int i = 0; i < sessions; i++) {
            load.idle.add(load.openIdle());
        }
        for (int i = 0; i < clients; i++) {
            Work work = i % 2 == 0 ? Work.READ : i % 8 == 1 ? Work.TRANSACTION : Work.WRITE;
            load.run("drill-" + work + "-" + i, () -> load.repeat(work));
        }
        load.run("drill-idle", load::wakeNowAndThen);
        return load;
    }

    private void run(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void repeat(Work work) {
        Step step = switch (work) {
            case WRITE -> this::write;
            case TRANSACTION -> this::transact;
            case READ, IDLE -> this::read;
        };
        while (!closed) {
            try (Connection connection = pool.getConnection()) {
                step.run(connection);
            } catch (SQLException e) {
                if (!closed) {
                    record.failed(work, e);
                }
            }
            LockSupport.parkNanos(THINK_NANOS);
        }
    }

    private void write(Connection connection) throws SQLException {
        long token = record.token();
        insert(connection, token);
        record.wrote(token);
    }

    private void transact(Connection connection) throws SQLException {
        long first = record.token();
        long second = record.token();
        connection.setAutoCommit(false);
        try {
            insert(connection, first);
            insert(connection, second);
            connection.commit();
        } catch (SQLException e) {
            // What the pool does to a connection that it gets back in a transaction is not what is measured here.
            rollBack(connection, e);
            throw e;
        }
        record.wrote(first, second);
    }

    private static void rollBack(Connection connection, SQLException cause) {
        try {
            if (!connection.isClosed()) {
                connection.rollback();
            }
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    private static void insert(Connection connection, long token) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO drill (token) VALUES (?)")) {
            insert.setLong(1, token);
            insert.executeUpdate();
        }
    }

    private void read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT token FROM drill WHERE id = 1")) {
            while (rows.next()) {
                long unused = rows.getLong(1);
            }
        }
        record.read();
    }

    // ---- idle sessions ----

    private Connection openIdle() throws SQLException {
        Connection connection = source.getConnection();
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET time_zone = '" + TIME_ZONE + "'");
        }
        return connection;
    }

    private void wakeNowAndThen() {
        int next = 0;
        while (!closed) {
            wake(next % idle.size(), false);
            next++;
            LockSupport.parkNanos(WAKE_NANOS);
        }
    }

    /** Wakes every idle session: each must read and write as if nothing had happened. */
    void wakeAll() {
        for (int i = 0; i < idle.size(); i++) {
            wake(i, true);
        }
    }

    private void wake(int index, boolean writes) {
        synchronized (idle) {
            Connection connection = idle.get(index);
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT @@session.time_zone, (SELECT COUNT(*) FROM drill WHERE id = 1)")) {
                if (!row.next() || !TIME_ZONE.equals(row.getString(1))) {
                    throw new SQLException("the session's time_zone is " + row.getString(1), "HY000");
                }
            } catch (SQLException e) {
                idleFailed(index, e);
                return;
            }
            if (writes) {
                try {
                    long token = record.token();
                    insert(connection, token);
                    record.wrote(token);
                } catch (SQLException e) {
                    idleFailed(index, e);
                }
            }
        }
    }

    private void idleFailed(int index, SQLException e) {
        if (closed) {
            return;
        }
        record.failed(Work.IDLE, e);
        try {
            idle.get(index).close();
            idle.set(index, openIdle());
        } catch (SQLException again) {
            record.failed(Work.IDLE, again);
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
        pool.close();
        for (Connection connection : idle) {
            try {
                connection.close();
            } catch (SQLException e) {
                // It was being used, or had failed: its end is all that was wanted.
                LOGGER.debug("an idle connection did not close well: {}", e.getMessage());
            }
        }
    }
}
