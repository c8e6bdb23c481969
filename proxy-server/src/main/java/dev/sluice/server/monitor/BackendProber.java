package dev.sluice.server.monitor;

import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.ReplicationChannel;
import java.net.ConnectException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Probes one backend over and over on a thread of its own, so that a stuck one delays nobody else. Thread-safe: what other
 * threads touch is volatile.
 */
final class BackendProber implements AutoCloseable {
    /** So many probes in a row without an answer make a server unreachable. */
    private static final int UNANSWERED_MAX = 2;

    private static final int ER_TOO_MANY_CONNECTIONS = 1040;
    private static final int ER_TOO_MANY_USER_CONNECTIONS = 1203;

    /** One outcome of a probe. Immutable. */
    record Outcome(
            Health health,
            @Nullable ProbeReading reading,
            @Nullable String problem) {
        static final Outcome UNPROBED = new Outcome(Health.UNPROBED, null, null);

        /** What this very probe has read; null if it failed and an earlier reading still stands. */
        @Nullable
        ProbeReading freshReading() {
            return reading != null && Objects.equals(problem, reading.degradation()) ? reading : null;
        }

        boolean readOnly() {
            return reading != null && reading.readOnly();
        }

        GtidPosition executed() {
            return reading == null ? GtidPosition.UNKNOWN : reading.executed();
        }

        List<ReplicationChannel> channels() {
            return reading == null ? List.of() : reading.channels();
        }
    }

    private final int ordinal;
    private final MonitorConnections connections;
    private final BiConsumer<BackendProber, Outcome> results;
    private final LongSupplier pauseNanos;
    private final Thread thread;

    private @Nullable BackendProbe probe;
    private volatile CollationCatalog collations = CollationCatalog.EMPTY;
    private volatile Outcome last = Outcome.UNPROBED;
    private volatile long startedNanos;
    private volatile boolean probing;
    /** Probes in a row without an answer. */
    private int unanswered;

    private volatile boolean wanted;
    private volatile boolean closed;

    /**
     * A prober that does nothing before {@link #start}.
     *
     * @param results is told each outcome, on the prober's thread
     * @param pauseNanos how long to wait before the next probe; asked again whenever the prober is woken
     */
    BackendProber(
            MonitoredBackend backend,
            MonitorConnections connections,
            BiConsumer<BackendProber, Outcome> results,
            LongSupplier pauseNanos) {
        this.ordinal = backend.ordinal();
        this.connections = connections;
        this.results = results;
        this.pauseNanos = pauseNanos;
        this.thread = new Thread(this::run, "sluice-monitor-" + backend.address());
        thread.setDaemon(true);
    }

    int ordinal() {
        return ordinal;
    }

    MonitorConnections connections() {
        return connections;
    }

    /** When the last probe began. */
    long startedNanos() {
        return startedNanos;
    }

    CollationCatalog collations() {
        return collations;
    }

    void start() {
        thread.start();
    }

    /** Ends the present pause; {@code now} says whether to probe at once or to ask for the length of the pause again. */
    void wake(boolean now) {
        if (now) {
            wanted = true;
        }
        LockSupport.unpark(thread);
    }

    /** Whether the probe that runs now has run for longer than that. */
    boolean isOverdue(long nowNanos, long limitNanos) {
        return probing && nowNanos - startedNanos > limitNanos;
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        connections.close();
    }

    private void run() {
        while (!closed) {
            startedNanos = System.nanoTime();
            probing = true;
            Outcome outcome = probeOnce();
            probing = false;
            if (!closed) {
                last = outcome;
                results.accept(this, outcome);
            }
            pause();
        }
    }

    private void pause() {
        long from = System.nanoTime();
        while (!closed && !wanted) {
            long left = pauseNanos.getAsLong() - (System.nanoTime() - from);
            if (left <= 0) {
                break;
            }
            LockSupport.parkNanos(this, left);
        }
        wanted = false;
    }

    private Outcome probeOnce() {
        try (Connection connection = connections.open()) {
            BackendProbe current = probe;
            if (current == null) {
                String version = connection.getMetaData().getDatabaseProductVersion();
                current = new ReplicationProbe(ReplicationDialect.ofVersion(version));
                probe = current;
            }
            ProbeReading reading = current.read(connection);
            collations = current.collations();
            connections.answered();
            unanswered = 0;
            return new Outcome(Health.ONLINE, reading, reading.degradation());
        } catch (SQLException e) {
            return failure(e);
        } catch (RuntimeException e) {
            // From text that is no GTID position, or from the pool: either way this thread must live on.
            return new Outcome(Health.BROKEN, null, "its answer is not understood: " + e.getMessage());
        }
    }

    private Outcome failure(SQLException e) {
        boolean full = e.getErrorCode() == ER_TOO_MANY_CONNECTIONS || e.getErrorCode() == ER_TOO_MANY_USER_CONNECTIONS;
        if (full && last.health() == Health.ONLINE) {
            // It lives and serves its clients; taking it out for having too many of them would make things worse.
            return new Outcome(Health.ONLINE, last.reading(), "has no connection left for the monitor");
        }
        if (last.health() == Health.ONLINE && !isRefusal(e) && ++unanswered < UNANSWERED_MAX) {
            // One slow answer is what a busy machine gives; a closed port is what a dead server gives.
            return new Outcome(Health.ONLINE, last.reading(), "did not answer a probe: " + firstLine(e));
        }
        connections.failed();
        // The next server to answer at this address may be of another version.
        probe = null;
        boolean silent = isConnectionFailure(e);
        return new Outcome(silent ? Health.UNREACHABLE : Health.BROKEN, null, firstLine(e));
    }

    private static boolean isRefusal(SQLException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException) {
                return true;
            }
        }
        return e.getErrorCode() != 0;
    }

    private static boolean isConnectionFailure(SQLException e) {
        String state = e.getSQLState();
        return state == null || state.startsWith("08") || (state.startsWith("S1") && e.getErrorCode() == 0);
    }

    private static String firstLine(SQLException e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String cause = root == e || root.getMessage() == null ? "" : ": " + root.getMessage();
        return message.lines().findFirst().orElse("") + cause;
    }
}
