package dev.sluice.server.monitor;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the heartbeat on the primary, on a thread of its own: a write may hang where a probe does not, on a full disk or on
 * a replica that must acknowledge it, and that must not look like a server that is gone. Thread-safe: what other threads
 * touch is volatile.
 */
final class HeartbeatWriter implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(HeartbeatWriter.class);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(30);

    /** Opens a connection to the backend with that ordinal. */
    @FunctionalInterface
    interface Connector {
        Connection connect(int ordinal) throws SQLException;
    }

    private final Heartbeat heartbeat;
    private final Duration interval;
    private final IntSupplier primaryOrdinal;
    private final Connector connector;
    private final Collection<PositionListener> listeners;
    private final Thread thread;
    private volatile boolean closed;

    /** A writer that does nothing before {@link #start}; {@code primaryOrdinal} is negative while there is no primary. */
    HeartbeatWriter(
            Heartbeat heartbeat,
            Duration interval,
            IntSupplier primaryOrdinal,
            Connector connector,
            Collection<PositionListener> listeners) {
        this.heartbeat = heartbeat;
        this.interval = interval;
        this.primaryOrdinal = primaryOrdinal;
        this.connector = connector;
        this.listeners = listeners;
        this.thread = new Thread(this::run, "sluice-monitor-heartbeat");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        @Nullable String lastFailure = null;
        Duration pause = interval;
        while (!closed) {
            @Nullable String failure = beat();
            if (failure != null && !failure.equals(lastFailure)) {
                LOGGER.warn("No heartbeat is written: {}", failure);
            }
            pause = failure == null ? interval : longer(pause);
            lastFailure = failure;
            long until = System.nanoTime() + pause.toNanos();
            long left = pause.toNanos();
            while (!closed && left > 0) {
                LockSupport.parkNanos(this, left);
                left = until - System.nanoTime();
            }
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(PAUSE_MAX) > 0 ? PAUSE_MAX : twice;
    }

    /** Why there was no beat; null if there was one or nowhere to write it. */
    private @Nullable String beat() {
        int ordinal = primaryOrdinal.getAsInt();
        if (ordinal < 0) {
            return null;
        }
        try (Connection connection = connector.connect(ordinal)) {
            listeners.forEach(PositionListener::ownWriteBegins);
            boolean answered = false;
            try {
                write(heartbeat, connection);
                answered = true;
            } finally {
                boolean over = answered;
                listeners.forEach(listener -> listener.ownWriteEnded(over));
            }
            return null;
        } catch (SQLException e) {
            return Objects.requireNonNullElse(e.getMessage(), e.toString());
        } catch (RuntimeException e) {
            // From the pool: this thread must live on.
            return e.toString();
        }
    }

    static void write(Heartbeat heartbeat, Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(heartbeat.writeStatement());
            // The second statement's failure may be reported only when its result is asked for.
            statement.getMoreResults();
        }
    }
}
