package dev.sluice.server.monitor;

import dev.sluice.router.topology.BackendObservation;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyResolver;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the backends and publishes what it finds as immutable topologies. Thread-safe: probers report under one lock;
 * readers take the last topology from a volatile field.
 *
 * <p>Each backend has a thread of its own. A watchdog declares a backend unreachable whose probe does not come back, for
 * whatever reason a driver may have to ignore its own timeouts.
 *
 * <p>Probes run every {@code interval}; while sessions write, every {@code fastInterval}, because a replica takes a
 * session's reads again only when a probe has seen that session's write on it.
 */
public final class TopologyMonitor implements TopologyControl, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(TopologyMonitor.class);

    /** How long one write keeps the probes fast. */
    private static final long FAST_NANOS = Duration.ofSeconds(1).toNanos();

    private final MonitorSettings settings;
    private final List<TopologyListener> listeners = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService watchdog = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "sluice-monitor-watchdog");
        thread.setDaemon(true);
        return thread;
    });

    private final Object lock = new Object();
    /** By ordinal; guarded by the lock, like the outcomes. */
    private final Map<Integer, MonitoredBackend> backends = new TreeMap<>();

    /** By ordinal; changed under the lock, read without it, because event loops wake probers. */
    private final Map<Integer, BackendProber> probers = new ConcurrentHashMap<>();

    private final Map<Integer, BackendProber.Outcome> outcomes = new TreeMap<>();
    /** Bit mask over ordinals of those that may become primary. */
    private long electable = ANYBODY;

    private boolean started;
    private boolean closed;

    private volatile @Nullable Future<?> overdueCheck;
    private volatile Topology current = Topology.EMPTY;
    private volatile boolean writeNoted;
    private volatile long fastSinceNanos;

    /** A monitor that is idle before {@link #start}. */
    public TopologyMonitor(MonitorSettings settings, List<MonitoredBackend> backends) {
        this.settings = settings;
        for (MonitoredBackend backend : backends) {
            if (this.backends.put(backend.ordinal(), backend) != null) {
                throw new IllegalArgumentException("two backends with ordinal " + backend.ordinal());
            }
            outcomes.put(backend.ordinal(), BackendProber.Outcome.UNPROBED);
        }
    }

    /** Starts probing; returns at once. */
    public void start() {
        synchronized (lock) {
            if (started) {
                throw new IllegalStateException("already started");
            }
            started = true;
            backends.values().forEach(this::startProber);
            resolve();
        }
        long period =
                Math.min(settings.interval().toMillis(), settings.timeout().toMillis() / 4);
        overdueCheck = watchdog.scheduleWithFixedDelay(this::findOverdue, period, period, TimeUnit.MILLISECONDS);
    }

    /** The last topology; never null, empty before {@link #start}. */
    @Override
    public Topology current() {
        return current;
    }

    /** Adds a listener, which is told of every change from now on. */
    public void addListener(TopologyListener listener) {
        listeners.add(listener);
    }

    /** A hint from the data path that this backend may have changed: it is probed at once. Cheap, may be called often. */
    @Override
    public void probeNow(int ordinal) {
        BackendProber prober = probers.get(ordinal);
        if (prober != null) {
            prober.wake(true);
        }
    }

    @Override
    public void electOnly(long ordinals) {
        synchronized (lock) {
            electable = ordinals;
            resolve();
        }
    }

    /** A session has written; replicas are probed faster for a second. Costs a volatile read, seldom more. */
    public void noteWrite() {
        if (writeNoted) {
            return;
        }
        fastSinceNanos = System.nanoTime();
        writeNoted = true;
        probers.values().forEach(prober -> prober.wake(false));
    }

    /**
     * Sets what the operator wants of a backend, effective with the topology published before this returns.
     *
     * @throws IllegalArgumentException if there is no such backend
     */
    public void setOperatorState(int ordinal, OperatorState state) {
        synchronized (lock) {
            MonitoredBackend backend = backends.get(ordinal);
            if (backend == null) {
                throw new IllegalArgumentException("no backend has ordinal " + ordinal);
            }
            replace(backend.with(state));
        }
    }

    /** Adds a backend, or changes one with the same ordinal; a new address is probed from scratch. */
    public void put(MonitoredBackend backend) {
        synchronized (lock) {
            replace(backend);
        }
    }

    private void replace(MonitoredBackend backend) {
        MonitoredBackend before = backends.put(backend.ordinal(), backend);
        if (before == null || !before.address().equals(backend.address())) {
            stopProber(backend.ordinal());
            outcomes.put(backend.ordinal(), BackendProber.Outcome.UNPROBED);
            if (started && !closed) {
                startProber(backend);
            }
        }
        resolve();
    }

    /** Forgets a backend; does nothing if there is none with that ordinal. */
    public void remove(int ordinal) {
        synchronized (lock) {
            backends.remove(ordinal);
            outcomes.remove(ordinal);
            stopProber(ordinal);
            resolve();
        }
    }

    /** What the servers know of collations; of the first one that answered. */
    public CollationCatalog collations() {
        return probers.values().stream()
                .map(BackendProber::collations)
                .filter(catalog -> catalog != CollationCatalog.EMPTY)
                .findFirst()
                .orElse(CollationCatalog.EMPTY);
    }

    /**
     * A monitor connection to that backend, for rare questions of the control plane; the caller closes it soon.
     *
     * @throws SQLException if there is no such backend or it does not answer
     */
    public Connection connect(int ordinal) throws SQLException {
        BackendProber prober = probers.get(ordinal);
        if (prober == null) {
            throw new SQLException("no backend has ordinal " + ordinal);
        }
        return prober.connections().open();
    }

    /** Stops probing. The last topology stays readable; listeners hear nothing more. */
    @Override
    public void close() {
        Future<?> check = overdueCheck;
        if (check != null) {
            check.cancel(false);
        }
        watchdog.shutdownNow();
        synchronized (lock) {
            closed = true;
            probers.values().forEach(BackendProber::close);
        }
    }

    private void startProber(MonitoredBackend backend) {
        MonitorConnections connections = new MonitorConnections(backend.address(), settings);
        BackendProber prober = new BackendProber(backend, connections, this::report, this::pauseNanos);
        probers.put(backend.ordinal(), prober);
        prober.start();
    }

    private void stopProber(int ordinal) {
        BackendProber prober = probers.remove(ordinal);
        if (prober != null) {
            prober.close();
        }
    }

    private long pauseNanos() {
        if (!writeNoted) {
            return settings.interval().toNanos();
        }
        if (System.nanoTime() - fastSinceNanos > FAST_NANOS) {
            // The next write, if there is one, makes it fast again.
            writeNoted = false;
        }
        return Math.min(settings.fastInterval().toNanos(), settings.interval().toNanos());
    }

    private void findOverdue() {
        long limit = settings.timeout().toNanos() + settings.timeout().toNanos() / 2;
        long now = System.nanoTime();
        for (BackendProber prober : probers.values()) {
            if (prober.isOverdue(now, limit)) {
                report(prober, new BackendProber.Outcome(Health.UNREACHABLE, null, "its probe does not return"));
            }
        }
    }

    private void report(BackendProber prober, BackendProber.Outcome outcome) {
        synchronized (lock) {
            if (closed || probers.get(prober.ordinal()) != prober) {
                return;
            }
            outcomes.put(prober.ordinal(), outcome);
            resolve();
        }
    }

    /** Under the lock, so that versions and calls of listeners have one order. */
    private void resolve() {
        List<BackendObservation> observations = new ArrayList<>(backends.size());
        for (MonitoredBackend backend : backends.values()) {
            observations.add(observe(backend, Objects.requireNonNull(outcomes.get(backend.ordinal()))));
        }
        Topology before = current;
        Topology now = TopologyResolver.resolve(before, observations, settings.policy());
        if (now == before) {
            return;
        }
        current = now;
        log(before, now);
        for (TopologyListener listener : listeners) {
            tell(listener, before, now);
        }
    }

    private static void tell(TopologyListener listener, Topology before, Topology now) {
        try {
            listener.onTopology(before, now);
        } catch (RuntimeException e) {
            // One listener's defect must not stop the probes.
            LOGGER.error("A listener failed on topology version {}", now.version(), e);
        }
    }

    private BackendObservation observe(MonitoredBackend backend, BackendProber.Outcome outcome) {
        ProbeReading reading = outcome.reading();
        return new BackendObservation(
                backend.ordinal(),
                backend.address(),
                backend.operatorState(),
                backend.weight(),
                backend.zone(),
                outcome.health(),
                // Who must not be elected counts as one that takes no writes.
                outcome.readOnly() || (electable & 1L << backend.ordinal()) == 0,
                outcome.channels(),
                outcome.executed(),
                reading == null ? null : reading.facts(),
                outcome.problem());
    }

    /** Why a server cannot be reached is put in other words at each probe; that it cannot is said once. */
    private static boolean isWorthALine(BackendStatus was, BackendStatus now) {
        return was.role() != now.role()
                || was.health() != now.health()
                || was.operatorState() != now.operatorState()
                || (now.health() == Health.ONLINE && !Objects.equals(was.problem(), now.problem()));
    }

    private static void log(Topology before, Topology now) {
        for (BackendStatus backend : now.backends()) {
            BackendStatus was = before.find(backend.ordinal());
            if (was == null || isWorthALine(was, backend)) {
                LOGGER.info(
                        "Backend {} is {} {} {}{}",
                        backend.address(),
                        backend.health(),
                        backend.role(),
                        backend.operatorState(),
                        backend.problem() == null ? "" : ": " + backend.problem());
            }
        }
        if (before.primaryOrdinal() != now.primaryOrdinal()) {
            BackendStatus primary = now.primary();
            LOGGER.info("Primary: {}", primary == null ? "none" : primary.address());
        }
        if (now.alarm() != null && !now.alarm().equals(before.alarm())) {
            LOGGER.warn("Alarm: {}", now.alarm());
        }
    }
}
