package dev.sluice.server.metrics;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.balance.LatencyEstimates;
import dev.sluice.router.balance.LoadView;
import dev.sluice.router.topology.Topology;

/**
 * What one event loop counts on the data path. Thread-safe: only the loop's own thread writes, in about a nanosecond and
 * without allocation; {@link MetricsRegistry} reads when it is scraped.
 */
@SuppressWarnings("EnumOrdinal") // ordinals index the rows of counters and never leave this process
public final class LoopMetrics implements LoadView {
    static final RouteReason[] REASONS = RouteReason.values();
    static final Target[] TARGETS = Target.values();

    /** How a statement ended. Immutable. */
    enum Outcome {
        /** The server answered with a result. */
        OK,
        /** The server answered with an error. */
        ERROR,
        /** Sluice answered with an error of its own. */
        FAILED;

        static final Outcome[] ALL = values();
    }

    /** Counters without a label. Immutable. */
    enum Single {
        RETRIED,
        CAUSAL_WAITS_REACHED,
        CAUSAL_WAITS_MISSED,
        FRONTEND_BYTES_IN,
        FRONTEND_BYTES_OUT,
        SESSIONS_OPENED,
        SESSIONS_CLOSED,
        POOL_WAIT_NANOS,
        POOL_TIMEOUTS;

        static final Single[] ALL = values();
    }

    /** Counters by backend. Immutable. */
    enum PerBackend {
        OPENED,
        CLOSED,
        RESET,
        CONNECT_FAILED,
        LENT,
        STATEMENTS_STARTED,
        STATEMENTS_ENDED;

        static final PerBackend[] ALL = values();
    }

    private final OwnedCounters routed = new OwnedCounters(REASONS.length * TARGETS.length);
    private final OwnedCounters statements = new OwnedCounters(REASONS.length * Outcome.ALL.length);
    private final OwnedCounters latencies = new OwnedCounters(REASONS.length * LatencyBuckets.COUNT);
    private final OwnedCounters latencySums = new OwnedCounters(REASONS.length);
    private final OwnedCounters singles = new OwnedCounters(Single.ALL.length);
    private final OwnedCounters poolWaits = new OwnedCounters(LatencyBuckets.COUNT);
    private final OwnedCounters backends = new OwnedCounters((Topology.ORDINAL_MAX + 1) * PerBackend.ALL.length);
    private final LatencyEstimates latencyEstimates = new LatencyEstimates();
    private final OwnedCounters pins;
    private final OwnedCounters unpins;

    LoopMetrics(int pinReasons) {
        pins = new OwnedCounters(pinReasons);
        unpins = new OwnedCounters(pinReasons);
    }

    /** A statement was sent to a backend of that role for that reason. */
    public void routed(RouteReason reason, Target target) {
        routed.add(reason.ordinal() * TARGETS.length + target.ordinal(), 1);
    }

    /** A server answered a statement, so long after its first byte had arrived. */
    public void statement(RouteReason reason, boolean error, long nanos) {
        Outcome outcome = error ? Outcome.ERROR : Outcome.OK;
        statements.add(reason.ordinal() * Outcome.ALL.length + outcome.ordinal(), 1);
        recordStatement(reason.ordinal(), nanos);
    }

    /** Adds to the latency histogram of a reason. */
    void recordStatement(int reasonOrdinal, long nanos) {
        latencies.add(reasonOrdinal * LatencyBuckets.COUNT + LatencyBuckets.indexOf(nanos), 1);
        latencySums.add(reasonOrdinal, Math.max(0, nanos));
    }

    /** Sluice answered a statement with an error of its own. */
    public void failed(RouteReason reason) {
        statements.add(reason.ordinal() * Outcome.ALL.length + Outcome.FAILED.ordinal(), 1);
    }

    /** A read has waited on a replica, which came to the position in time or did not. */
    public void causalWait(boolean reached) {
        singles.add((reached ? Single.CAUSAL_WAITS_REACHED : Single.CAUSAL_WAITS_MISSED).ordinal(), 1);
    }

    /** A statement was sent once more, to another backend. */
    public void retried() {
        singles.add(Single.RETRIED.ordinal(), 1);
    }

    /** Bytes from a client. */
    public void frontendBytesIn(long bytes) {
        singles.add(Single.FRONTEND_BYTES_IN.ordinal(), bytes);
    }

    /** Bytes to a client. */
    public void frontendBytesOut(long bytes) {
        singles.add(Single.FRONTEND_BYTES_OUT.ordinal(), bytes);
    }

    /** A client has connected. */
    public void sessionOpened() {
        singles.add(Single.SESSIONS_OPENED.ordinal(), 1);
    }

    /** A client is gone. */
    public void sessionClosed() {
        singles.add(Single.SESSIONS_CLOSED.ordinal(), 1);
    }

    /** A session is pinned for that reason, one of the enum whose labels the registry was made with. */
    public void pinned(Enum<?> pinReason) {
        pins.add(pinReason.ordinal(), 1);
    }

    /** That reason of a session's pin has ended. */
    public void unpinned(Enum<?> pinReason) {
        unpins.add(pinReason.ordinal(), 1);
    }

    /** A session has waited so long for a backend connection. */
    public void poolWaited(long nanos) {
        poolWaits.add(LatencyBuckets.indexOf(nanos), 1);
        singles.add(Single.POOL_WAIT_NANOS.ordinal(), Math.max(0, nanos));
    }

    /** A session got no backend connection in time. */
    public void poolTimedOut() {
        singles.add(Single.POOL_TIMEOUTS.ordinal(), 1);
    }

    /** A connection to a backend is ready for use. */
    public void backendOpened(int ordinal) {
        backend(PerBackend.OPENED, ordinal);
    }

    /** A connection that was ready for use is gone. */
    public void backendClosed(int ordinal) {
        backend(PerBackend.CLOSED, ordinal);
    }

    /** A connection was reset before its next use. */
    public void backendReset(int ordinal) {
        backend(PerBackend.RESET, ordinal);
    }

    /** A connection to a backend could not be made. */
    public void backendConnectFailed(int ordinal) {
        backend(PerBackend.CONNECT_FAILED, ordinal);
    }

    /** A session, or a question of Sluice's own, got a connection to a backend: for a statement, a transaction or a pin. */
    public void backendLent(int ordinal) {
        backend(PerBackend.LENT, ordinal);
    }

    /** A connection to a backend is in use from now on. */
    public void backendStarted(int ordinal) {
        backend(PerBackend.STATEMENTS_STARTED, ordinal);
    }

    /** A connection to a backend is idle, or gone. */
    public void backendEnded(int ordinal) {
        backend(PerBackend.STATEMENTS_ENDED, ordinal);
    }

    /** Commands in flight to that backend from this loop. */
    @Override
    public int inFlight(int ordinal) {
        return (int)
                (perBackend(PerBackend.STATEMENTS_STARTED, ordinal) - perBackend(PerBackend.STATEMENTS_ENDED, ordinal));
    }

    /** A backend took so long for a statement that it answered with a result. */
    public void backendAnswered(int ordinal, long nanos, long nowNanos) {
        latencyEstimates.record(ordinal, nanos, nowNanos);
    }

    /** By the loop's own thread only. */
    @Override
    public long latencyNanos(int ordinal, long nowNanos) {
        return latencyEstimates.nanos(ordinal, nowNanos);
    }

    private void backend(PerBackend counter, int ordinal) {
        backends.add(ordinal * PerBackend.ALL.length + counter.ordinal(), 1);
    }

    long routed(int reason, int target) {
        return routed.get(reason * TARGETS.length + target);
    }

    long statements(int reason, int outcome) {
        return statements.get(reason * Outcome.ALL.length + outcome);
    }

    long latency(int reason, int bucket) {
        return latencies.get(reason * LatencyBuckets.COUNT + bucket);
    }

    long latencySumNanos(int reason) {
        return latencySums.get(reason);
    }

    long poolWaits(int bucket) {
        return poolWaits.get(bucket);
    }

    long single(Single counter) {
        return singles.get(counter.ordinal());
    }

    long perBackend(PerBackend counter, int ordinal) {
        return backends.get(ordinal * PerBackend.ALL.length + counter.ordinal());
    }

    long pins(int reason) {
        return pins.get(reason);
    }

    long unpins(int reason) {
        return unpins.get(reason);
    }
}
