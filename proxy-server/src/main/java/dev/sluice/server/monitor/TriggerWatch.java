package dev.sluice.server.monitor;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows whether the primary has triggers that may assign variables which no server reports to the session whose
 * statement fires them. It looks at their definitions on a thread of its own, seldom, and at once when one was made through
 * Sluice. An account that may not see a trigger finds none. Thread-safe: a volatile flag, and two counters of changes.
 */
public final class TriggerWatch implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(TriggerWatch.class);

    private static final String QUERY = "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, ACTION_STATEMENT, SQL_MODE FROM"
            + " information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN ('sys', 'mysql')";

    /** Older servers open every table for the answer: the next look waits for so many times the time of this one. */
    private static final int REST_BETWEEN_LOOKS = 50;

    private static final Duration RETRY = Duration.ofMillis(100);

    private final TopologyMonitor monitor;
    private final long intervalNanos;
    private final Thread thread;
    /** Definitions that were changed through Sluice, the start among them. */
    private final AtomicLong changes = new AtomicLong(1);

    private volatile long seen;
    private volatile boolean found;
    private volatile boolean closed;

    /** A watch that takes triggers for possible before {@link #start}. */
    public TriggerWatch(TopologyMonitor monitor, Duration interval) {
        this.monitor = monitor;
        this.intervalNanos = interval.toNanos();
        this.thread = new Thread(this::run, "sluice-triggers");
        thread.setDaemon(true);
    }

    /** Starts looking; returns at once. */
    public void start() {
        thread.start();
    }

    /** Whether a statement that fires triggers may leave a user variable behind. What is not known yet is possible. */
    public boolean mayAssign() {
        return found || !isCurrent();
    }

    /** Whether everything that was changed through Sluice has been looked at. */
    public boolean isCurrent() {
        return seen == changes.get();
    }

    /** A trigger may have been made, through Sluice: until it has been looked at it counts as one that assigns. */
    public void changed() {
        changes.incrementAndGet();
        LockSupport.unpark(thread);
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            long from = System.nanoTime();
            boolean looked = look();
            long took = System.nanoTime() - from;
            long pause = looked ? Math.max(intervalNanos, took * REST_BETWEEN_LOOKS) : RETRY.toNanos();
            long rested = System.nanoTime();
            while (!closed && System.nanoTime() - rested < pause && !(looked && !isCurrent())) {
                LockSupport.parkNanos(this, pause - (System.nanoTime() - rested));
            }
        }
    }

    private boolean look() {
        BackendStatus primary = monitor.current().primary();
        if (primary == null) {
            return false;
        }
        ServerFacts facts = primary.facts();
        boolean mariaDb = facts != null && facts.flavor() == ServerFlavor.MARIADB;
        long changesBefore = changes.get();
        try (Connection connection = monitor.connect(primary.ordinal());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(QUERY)) {
            String first = null;
            while (first == null && rows.next()) {
                if (body(rows, mariaDb).mayAssign()) {
                    first = rows.getString(1) + "." + rows.getString(2);
                }
            }
            noteFound(first != null, String.valueOf(first));
            seen = changesBefore;
            return true;
        } catch (SQLException e) {
            // The prober of that backend finds out more, and says it.
            LOGGER.debug("Triggers of {} could not be read: {}", primary.address(), e.getMessage());
            return false;
        }
    }

    private static TriggerBody body(ResultSet row, boolean mariaDb) throws SQLException {
        String mode = Objects.requireNonNullElse(row.getString(4), "");
        return new TriggerBody(
                Objects.requireNonNullElse(row.getString(3), ""), !mode.contains("NO_BACKSLASH_ESCAPES"), mariaDb);
    }

    private void noteFound(boolean now, String first) {
        if (now && !found) {
            LOGGER.warn(
                    "The trigger {} may assign variables that no server reports: sessions keep their connection"
                            + " once they have written",
                    first);
        }
        found = now;
    }
}
