package dev.sluice.server.monitor;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The accounts of the primary, kept up to date on a thread of its own. Thread-safe: readers take an immutable table from a
 * volatile field.
 *
 * <p>A checksum is asked for at each refresh, the table only when it has changed. While there is no primary the last table
 * stays valid. The table follows the primary to another server.
 */
public final class AccountDirectory implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(AccountDirectory.class);

    private final TopologyMonitor monitor;
    private final long intervalNanos;
    private final List<AccountListener> listeners = new CopyOnWriteArrayList<>();
    private final Thread thread;

    private volatile AccountTable table = AccountTable.EMPTY;
    private volatile boolean available;
    private volatile boolean wanted;
    private volatile boolean closed;

    /** Of the directory's thread only. */
    private String checksum = "";

    private int source = -1;
    private @Nullable String query;
    private boolean deniedLogged;

    /** A directory that is empty before {@link #start}. */
    public AccountDirectory(TopologyMonitor monitor, Duration interval) {
        this.monitor = monitor;
        this.intervalNanos = interval.toNanos();
        this.thread = new Thread(this::run, "sluice-accounts");
        thread.setDaemon(true);
    }

    /** Starts refreshing; returns at once. */
    public void start() {
        thread.start();
    }

    /** Adds a listener, which is told of every change from now on. */
    public void addListener(AccountListener listener) {
        listeners.add(listener);
    }

    /** Whether the account table was read and may still be read. */
    public boolean isAvailable() {
        return available;
    }

    /** The account that the server would check a login of this proxy with that user name against; null if none. */
    public @Nullable Account lookup(String user) {
        return table.lookup(user);
    }

    /** A hint that an account may have changed, such as a refused login: refreshes at once. */
    public void refreshNow() {
        wanted = true;
        LockSupport.unpark(thread);
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            BackendStatus primary = monitor.current().primary();
            if (primary != null) {
                refresh(primary);
            }
            // Until the first primary is found, look for it often: clients wait for their accounts.
            long pause = available
                    ? intervalNanos
                    : Math.min(intervalNanos, Duration.ofMillis(100).toNanos());
            long from = System.nanoTime();
            while (!closed && !wanted && System.nanoTime() - from < pause) {
                LockSupport.parkNanos(this, pause - (System.nanoTime() - from));
            }
            wanted = false;
        }
    }

    private void refresh(BackendStatus primary) {
        try (Connection connection = monitor.connect(primary.ordinal())) {
            if (source != primary.ordinal() || query == null) {
                ServerFacts facts = primary.facts();
                query = AccountReader.query(connection, facts == null ? ServerFlavor.MYSQL : facts.flavor());
                checksum = "";
                source = primary.ordinal();
            }
            String now = checksum(connection, Objects.requireNonNull(query));
            if (!now.equals(checksum)) {
                replace(AccountReader.read(connection, query));
                checksum = now;
            }
            available = true;
            deniedLogged = false;
        } catch (SQLException e) {
            failed(primary, e);
        }
    }

    private void failed(BackendStatus primary, SQLException e) {
        query = null;
        if (!AccountReader.isAccessDenied(e)) {
            // The prober of that backend finds out more, and says it.
            LOGGER.debug("Accounts of {} could not be read: {}", primary.address(), e.getMessage());
            return;
        }
        available = false;
        if (!deniedLogged) {
            deniedLogged = true;
            LOGGER.warn(
                    "The monitor account lacks SELECT on mysql.user at {}: clients with mysql_native_password cannot log in,"
                            + " and changed passwords are noticed late",
                    primary.address());
        }
    }

    private static String checksum(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(AccountReader.checksum(query))) {
            row.next();
            return Objects.requireNonNullElse(row.getString(1), "");
        }
    }

    private void replace(AccountTable now) {
        Set<String> changed = now.changedUsers(table);
        table = now;
        for (String user : changed) {
            for (AccountListener listener : listeners) {
                tell(listener, user);
            }
        }
        LOGGER.info("{} accounts known, {} users changed", now.size(), changed.size());
    }

    private static void tell(AccountListener listener, String user) {
        try {
            listener.onAccountChanged(user);
        } catch (RuntimeException e) {
            LOGGER.error("A listener failed on a changed account", e);
        }
    }
}
