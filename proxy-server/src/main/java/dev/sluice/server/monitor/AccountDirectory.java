package dev.sluice.server.monitor;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import java.net.InetAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
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

    private static final long SEARCH_NANOS = Duration.ofMillis(100).toNanos();
    /** Logins that are denied ask for a refresh each: a flood of them costs the primary no more than this. */
    private static final long WANTED_PAUSE_NANOS = Duration.ofMillis(20).toNanos();
    /** How long a login waits for a refresh: within the client's time for it, and several of the monitor's attempts. */
    private static final long REFRESH_LIMIT_MILLIS = 5000;

    private final TopologyMonitor monitor;
    private final long intervalNanos;
    private final Queue<CompletableFuture<Void>> waiting = new ConcurrentLinkedQueue<>();
    private final List<AccountListener> listeners = new CopyOnWriteArrayList<>();
    private final Thread thread;

    private volatile AccountTable table = AccountTable.EMPTY;
    private volatile boolean available;
    private volatile boolean wanted;
    private volatile boolean mariaDb;
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

    /** Whether they are those of a MariaDB server. */
    public boolean isMariaDb() {
        return mariaDb;
    }

    /**
     * The accounts that the server would check a login of a user against.
     *
     * @param client where the server is told that the client comes from; null if it sees this proxy
     */
    public AccountChoice lookup(String user, @Nullable InetAddress client) {
        return table.lookup(user, client);
    }

    /** A hint that an account may have changed, such as a refused login: refreshes at once. */
    public void refreshNow() {
        wanted = true;
        LockSupport.unpark(thread);
    }

    /** Done when {@link #lookup} knows what the server knew at this moment, or when that could not be found out in time. */
    public CompletableFuture<Void> refreshed() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (!available) {
            done.complete(null);
            return done;
        }
        waiting.add(done);
        refreshNow();
        return done.completeOnTimeout(null, REFRESH_LIMIT_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            wanted = false;
            List<CompletableFuture<Void>> waited = new ArrayList<>();
            for (CompletableFuture<Void> one = waiting.poll(); one != null; one = waiting.poll()) {
                waited.add(one);
            }
            BackendStatus primary = monitor.current().primary();
            boolean answered = primary != null && refresh(primary);
            if (!answered) {
                // What could not be asked is asked again soon; who has waited too long is not among them any more.
                waited.removeIf(CompletableFuture::isDone);
                waiting.addAll(waited);
            } else {
                waited.forEach(one -> one.complete(null));
            }
            pause(answered || waited.isEmpty());
        }
        waiting.forEach(one -> one.complete(null));
    }

    /** Until the next refresh is due. One that is wanted is due soon, but however many want one, there is time in between. */
    private void pause(boolean satisfied) {
        long from = System.nanoTime();
        long left;
        do {
            // Until the first primary is found, look for it often: clients wait for their accounts.
            boolean calm = available && satisfied;
            long pause = wanted ? WANTED_PAUSE_NANOS : calm ? intervalNanos : Math.min(intervalNanos, SEARCH_NANOS);
            left = from + pause - System.nanoTime();
            if (left > 0) {
                LockSupport.parkNanos(this, left);
            }
        } while (!closed && left > 0);
    }

    /** Whether the primary answered, if only that it may not be asked. */
    private boolean refresh(BackendStatus primary) {
        try (Connection connection = monitor.connect(primary.ordinal())) {
            if (source != primary.ordinal() || query == null) {
                ServerFacts facts = primary.facts();
                ServerFlavor flavor = facts == null ? ServerFlavor.MYSQL : facts.flavor();
                query = AccountReader.query(connection, flavor);
                mariaDb = flavor == ServerFlavor.MARIADB;
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
            return true;
        } catch (SQLException e) {
            query = null;
            if (AccountReader.isAccessDenied(e)) {
                denied(primary);
                return true;
            }
            // The prober of that backend finds out more, and says it.
            LOGGER.debug("Accounts of {} could not be read: {}", primary.address(), e.getMessage());
            return false;
        }
    }

    private void denied(BackendStatus primary) {
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
