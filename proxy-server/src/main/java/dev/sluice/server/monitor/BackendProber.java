package dev.sluice.server.monitor;

import dev.sluice.router.topology.Health;
import java.net.ConnectException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Probes one backend over and over on a thread of its own, so that a stuck one delays nobody else. Thread-safe: what other
 * threads touch is volatile.
 */
final class BackendProber implements AutoCloseable {
    /** So many probes in a row without an answer make a server unreachable. */
    private static final int UNANSWERED_MAX = 2;

    /** A server that joins or leaves a cluster while it is watched is found after as many probes. */
    private static final int PROBES_OF_A_KIND = 60;

    private static final int ER_TOO_MANY_CONNECTIONS = 1040;
    private static final int ER_TOO_MANY_USER_CONNECTIONS = 1203;

    private final int ordinal;
    private final MonitorConnections connections;
    private final Owner owner;
    private final Thread thread;

    private final MonitorSettings settings;

    private @Nullable BackendProbe probe;
    private ClusterKind kind = ClusterKind.REPLICATION;
    private int probesUntilKind;
    private volatile CollationCatalog collations = CollationCatalog.EMPTY;
    private volatile ProbeOutcome last = ProbeOutcome.UNPROBED;
    /** When the last probe started or ended. */
    private volatile long turnedNanos = System.nanoTime();

    private volatile boolean probing;
    /** Probes in a row without an answer. */
    private int unanswered;

    private volatile boolean wanted;
    /** Something was heard of the backend that makes a look at its port worth while. */
    private boolean doubted;

    private volatile boolean signalled;
    private volatile boolean closed;

    /** What a prober needs of the monitor. */
    interface Owner {
        /** Told each outcome, on the prober's thread. */
        void report(BackendProber prober, ProbeOutcome outcome);

        /** How long to wait before the next probe; asked again whenever the prober is woken. */
        long pauseNanos(int ordinal);

        /** How long to wait at least between two probes that signals asked for. */
        long signalPauseNanos();
    }

    /** A prober that does nothing before {@link #start}. */
    BackendProber(MonitoredBackend backend, MonitorSettings settings, Owner owner) {
        this.ordinal = backend.ordinal();
        this.settings = settings;
        this.connections = new MonitorConnections(backend.address(), settings);
        this.owner = owner;
        this.thread = new Thread(this::run, "sluice-monitor-" + backend.address());
        thread.setDaemon(true);
    }

    int ordinal() {
        return ordinal;
    }

    MonitorConnections connections() {
        return connections;
    }

    CollationCatalog collations() {
        return collations;
    }

    void start() {
        thread.start();
    }

    /** Probes at once. */
    void probeNow() {
        wanted = true;
        LockSupport.unpark(thread);
    }

    /** Probes soon: at once, unless that was done a moment ago. A storm of signals is no storm of probes, and none is lost. */
    void signal() {
        if (!signalled) {
            signalled = true;
            LockSupport.unpark(thread);
        }
    }

    /** Asks for the length of the present pause again. */
    void hurry() {
        LockSupport.unpark(thread);
    }

    /** Whether the probe that runs now has run for longer than that. */
    boolean isOverdue(long nowNanos, long limitNanos) {
        return probing && nowNanos - turnedNanos > limitNanos;
    }

    /** Whether nothing at all has happened for longer than that, or never will again. */
    boolean isStuck(long nowNanos, long limitNanos) {
        return !thread.isAlive() || nowNanos - turnedNanos > limitNanos;
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        connections.close();
    }

    private void run() {
        while (!closed) {
            long startNanos = System.nanoTime();
            turnedNanos = startNanos;
            probing = true;
            ProbeOutcome outcome = probeOnce(startNanos);
            probing = false;
            turnedNanos = System.nanoTime();
            if (!closed) {
                last = outcome;
                owner.report(this, outcome);
            }
            pause();
        }
    }

    private void pause() {
        long from = System.nanoTime();
        while (!closed && !wanted) {
            long pause = owner.pauseNanos(ordinal);
            long left = (signalled ? Math.min(pause, owner.signalPauseNanos()) : pause) - (System.nanoTime() - from);
            if (left <= 0) {
                break;
            }
            LockSupport.parkNanos(this, left);
        }
        doubted = wanted || signalled || unanswered > 0;
        wanted = false;
        signalled = false;
    }

    private ProbeOutcome probeOnce(long startNanos) {
        if (doubted && last.health() == Health.ONLINE && connections.isRefused()) {
            // The pool would go on trying for as long as its timeout allows.
            return failure(new SQLException("Connection refused", "08001", new ConnectException("Connection refused")));
        }
        try (Connection connection = connections.open()) {
            BackendProbe current = probe(connection);
            ProbeReading reading = current.read(connection);
            collations = current.collations();
            connections.answered();
            unanswered = 0;
            ProbeOutcome.Span span = new ProbeOutcome.Span(startNanos, System.nanoTime());
            return new ProbeOutcome(Health.ONLINE, reading, reading.degradation(), false, span);
        } catch (SQLException e) {
            return failure(e);
        } catch (RuntimeException e) {
            // From text that is no GTID position, or from the pool: either way this thread must live on.
            return ProbeOutcome.failed(Health.BROKEN, "its answer is not understood: " + e.getMessage());
        }
    }

    private BackendProbe probe(Connection connection) throws SQLException {
        BackendProbe current = probe;
        if (current != null && probesUntilKind-- > 0) {
            return current;
        }
        probesUntilKind = PROBES_OF_A_KIND;
        String version = connection.getMetaData().getDatabaseProductVersion();
        ReplicationDialect dialect = ReplicationDialect.ofVersion(version);
        ClusterKind found = ClusterKind.of(connection, dialect);
        if (current == null || found != kind) {
            current = found.probe(dialect, settings.heartbeat());
            probe = current;
            kind = found;
        }
        return current;
    }

    private ProbeOutcome failure(SQLException e) {
        boolean full = e.getErrorCode() == ER_TOO_MANY_CONNECTIONS || e.getErrorCode() == ER_TOO_MANY_USER_CONNECTIONS;
        if (full && last.health() == Health.ONLINE) {
            // It lives and serves its clients; taking it out for having too many of them would make things worse.
            return last.stillOnline("has no connection left for the monitor", false);
        }
        if (last.health() == Health.ONLINE && !isRefusal(e) && ++unanswered < UNANSWERED_MAX) {
            // One slow answer is what a busy machine gives; a closed port is what a dead server gives.
            // Not through the pool, which would look for a connection until its own timeout before it said so.
            connections.failed();
            return last.stillOnline("did not answer a probe: " + firstLine(e), true);
        }
        connections.failed();
        // The next server to answer at this address may be of another version.
        probe = null;
        boolean silent = isConnectionFailure(e);
        return ProbeOutcome.failed(silent ? Health.UNREACHABLE : Health.BROKEN, firstLine(e));
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
