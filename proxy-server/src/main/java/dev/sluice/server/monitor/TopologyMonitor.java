package dev.sluice.server.monitor;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendObservation;
import dev.sluice.router.topology.CircuitBreaker;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.PositionSample;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyResolver;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the backends and publishes what it finds as immutable topologies. Thread-safe: probers report under one lock;
 * readers take the last topology from a volatile field.
 *
 * <p>Each backend has a thread of its own; {@link ProbePace} says how often it probes. What the data path notices makes it
 * probe at once and counts for the backend's circuit breaker.
 *
 * <p>A watchdog runs several times a second. It declares a backend unreachable whose probe does not come back, for whatever
 * reason a driver may have to ignore its own timeouts; it puts another thread in the place of one that is stuck or gone; and
 * it derives the topology again from all that is known, so that nothing depends on a change having been noticed.
 */
public final class TopologyMonitor implements TopologyControl, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(TopologyMonitor.class);

    /** A heartbeat is stale when it has not moved for so many intervals. */
    private static final int BEATS_MISSED_MAX = 4;

    /** The watchdog also lets shares grow, so it does not wait for long intervals. */
    private static final long WATCH_MILLIS_MAX = 250;

    /** Connection, login and a few statements: each may take a timeout, and more than so many are not needed. */
    private static final int STUCK_AFTER_TIMEOUTS = 8;

    private final MonitorSettings settings;
    private final ProbePace pace;
    private final List<TopologyListener> listeners = new CopyOnWriteArrayList<>();
    private final List<PositionListener> positionListeners = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService watchdog = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "sluice-monitor-watchdog");
        thread.setDaemon(true);
        return thread;
    });

    private final Object lock = new Object();
    /** By ordinal; guarded by the lock, like the lag, the random numbers and the two flags. */
    private final Map<Integer, WatchedBackend> backends = new TreeMap<>();

    private final LagMeter lag;
    private final RandomGenerator random = new SplittableRandom();
    private boolean started;
    private boolean closed;

    /** By ordinal; changed under the lock, read without it, because event loops wake probers. */
    private final Map<Integer, BackendProber> probers = new ConcurrentHashMap<>();

    /** Guarded by the lock. */
    private final Electorate electorate = new Electorate();

    /** By ordinal: 1 if the data path has had trouble since the breaker was last told. */
    private final AtomicIntegerArray troubles = new AtomicIntegerArray(Topology.ORDINAL_MAX + 1);

    private final @Nullable HeartbeatWriter heartbeat;
    private volatile @Nullable Future<?> check;
    private volatile long watchedNanos;
    private volatile Topology current = Topology.EMPTY;

    private final BackendProber.Owner owner = new BackendProber.Owner() {
        @Override
        public void report(BackendProber prober, ProbeOutcome outcome) {
            TopologyMonitor.this.report(prober, outcome);
        }

        @Override
        public long pauseNanos(int ordinal) {
            return pace.pauseNanos(ordinal, System.nanoTime());
        }

        @Override
        public long signalPauseNanos() {
            return pace.fastNanos();
        }
    };

    /** A monitor that is idle before {@link #start}. */
    public TopologyMonitor(MonitorSettings settings, List<MonitoredBackend> backends) {
        this.settings = settings;
        this.pace = new ProbePace(settings.interval(), settings.fastInterval());
        this.lag =
                new LagMeter(settings.interval().multipliedBy(BEATS_MISSED_MAX).plus(settings.timeout()));
        Heartbeat row = settings.heartbeat();
        this.heartbeat = row == null || !row.write()
                ? null
                : new HeartbeatWriter(
                        row, settings.interval(), () -> current.primaryOrdinal(), this::connect, positionListeners);
        for (MonitoredBackend backend : backends) {
            if (this.backends.put(backend.ordinal(), watch(backend)) != null) {
                throw new IllegalArgumentException("two backends with ordinal " + backend.ordinal());
            }
        }
    }

    private WatchedBackend watch(MonitoredBackend backend) {
        return new WatchedBackend(backend, new CircuitBreaker(settings.breaker(), random));
    }

    /** Starts probing; returns at once. */
    public void start() {
        synchronized (lock) {
            if (started) {
                throw new IllegalStateException("already started");
            }
            started = true;
            backends.values().forEach(backend -> startProber(backend.configured()));
            resolve();
        }
        if (heartbeat != null) {
            heartbeat.start();
        }
        long period = Math.min(
                WATCH_MILLIS_MAX,
                Math.min(settings.interval().toMillis(), settings.timeout().toMillis() / 4));
        watchedNanos = System.nanoTime();
        long periodNanos = TimeUnit.MILLISECONDS.toNanos(period);
        check = watchdog.scheduleWithFixedDelay(() -> watch(periodNanos), period, period, TimeUnit.MILLISECONDS);
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

    /** Adds a listener, which is told of every position that is read from now on. */
    public void addPositionListener(PositionListener listener) {
        positionListeners.add(listener);
    }

    /** Somebody needs to know now: the backend is probed at once. */
    @Override
    public void probeNow(int ordinal) {
        BackendProber prober = probers.get(ordinal);
        if (prober != null) {
            prober.probeNow();
        }
    }

    @Override
    public void electOnly(long ordinals) {
        synchronized (lock) {
            electorate.only(ordinals, System.nanoTime());
            resolve();
        }
    }

    /**
     * The data path had trouble with a backend, which is probed at once or, in a storm of such reports, very soon. Cheap, may
     * be called often.
     *
     * @param connectionLost whether a connection broke or could not be made; otherwise the server refused it in words, which
     *     says more about a user than about the server and does not count for the breaker
     */
    public void reportTrouble(int ordinal, boolean connectionLost) {
        BackendProber prober = probers.get(ordinal);
        if (prober == null) {
            return;
        }
        if (connectionLost) {
            troubles.set(ordinal, 1);
        }
        if (pace.trouble(ordinal, System.nanoTime())) {
            probers.values().forEach(BackendProber::hurry);
        }
        prober.signal();
    }

    /** A session has written; replicas are probed faster for a second. Costs a volatile read, seldom more. */
    public void noteWrite() {
        if (pace.wrote(System.nanoTime())) {
            probers.values().forEach(BackendProber::hurry);
        }
    }

    /**
     * Sets what the operator wants of a backend, effective with the topology published before this returns.
     *
     * @throws IllegalArgumentException if there is no such backend
     */
    public void setOperatorState(int ordinal, OperatorState state) {
        synchronized (lock) {
            WatchedBackend backend = backends.get(ordinal);
            if (backend == null) {
                throw new IllegalArgumentException("no backend has ordinal " + ordinal);
            }
            replace(backend.configured().with(state));
        }
    }

    /**
     * Adds a backend, or changes one with the same ordinal. A new address is probed from scratch, and so is one that is no
     * longer offline.
     */
    public void put(MonitoredBackend backend) {
        synchronized (lock) {
            replace(backend);
        }
    }

    private void replace(MonitoredBackend backend) {
        WatchedBackend before = backends.get(backend.ordinal());
        if (before != null && before.configured().isWatchedLike(backend)) {
            before.reconfigure(backend);
        } else {
            stopProber(backend.ordinal());
            backends.put(backend.ordinal(), watch(backend));
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
            stopProber(ordinal);
            positionListeners.forEach(listener -> listener.forgotten(ordinal));
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
     * @throws SQLException if there is no such backend, it is offline, or it does not answer
     */
    public Connection connect(int ordinal) throws SQLException {
        BackendProber prober = probers.get(ordinal);
        if (prober == null) {
            throw new SQLException("no backend with ordinal " + ordinal + " is probed");
        }
        return prober.connections().open();
    }

    /** Logs in at a server that is no backend. */
    public LoginTrial tryLogin(BackendAddress address) {
        return LoginTrial.of(address, settings, current);
    }

    /** Stops probing. The last topology stays readable; listeners hear nothing more. */
    @Override
    public void close() {
        Future<?> running = check;
        if (running != null) {
            running.cancel(false);
        }
        if (heartbeat != null) {
            heartbeat.close();
        }
        watchdog.shutdownNow();
        synchronized (lock) {
            closed = true;
            probers.values().forEach(BackendProber::close);
        }
    }

    private void startProber(MonitoredBackend backend) {
        troubles.set(backend.ordinal(), 0);
        positionListeners.forEach(listener -> listener.forgotten(backend.ordinal()));
        if (!backend.isProbed()) {
            return;
        }
        BackendProber prober = new BackendProber(backend, settings, owner);
        probers.put(backend.ordinal(), prober);
        prober.start();
    }

    private void stopProber(int ordinal) {
        BackendProber prober = probers.remove(ordinal);
        if (prober != null) {
            prober.close();
        }
    }

    /** Must not fail: a scheduled task that throws is not run again. */
    private void watch(long periodNanos) {
        long nowNanos = System.nanoTime();
        boolean late =
                nowNanos - watchedNanos > 2 * periodNanos + settings.timeout().toNanos() / 2;
        watchedNanos = nowNanos;
        try {
            synchronized (lock) {
                if (!closed) {
                    if (!late) {
                        // After a stop of this very process all probes look overdue, and none is.
                        List.copyOf(probers.values()).forEach(prober -> watch(prober, nowNanos));
                    }
                    resolve();
                }
            }
        } catch (RuntimeException | Error e) {
            LOGGER.error("The watchdog failed, and goes on", e);
        }
    }

    private void watch(BackendProber prober, long nowNanos) {
        WatchedBackend backend = backends.get(prober.ordinal());
        if (backend == null) {
            return;
        }
        long timeout = settings.timeout().toNanos();
        if (prober.isOverdue(nowNanos, timeout + timeout / 2)) {
            backend.probed(ProbeOutcome.failed(Health.UNREACHABLE, "its probe does not return"), nowNanos);
        }
        if (prober.isStuck(nowNanos, settings.interval().toNanos() + STUCK_AFTER_TIMEOUTS * timeout)) {
            LOGGER.warn(
                    "The probe of {} is stuck; another one takes its place",
                    backend.configured().address());
            prober.close();
            startProber(backend.configured());
        }
    }

    private void report(BackendProber prober, ProbeOutcome outcome) {
        synchronized (lock) {
            WatchedBackend backend = backends.get(prober.ordinal());
            if (closed || backend == null || probers.get(prober.ordinal()) != prober) {
                return;
            }
            backend.probed(outcome, System.nanoTime());
            if (outcome.health() == Health.ONLINE && prober.ordinal() == current.primaryOrdinal()) {
                lag.primaryRead(prober.ordinal(), outcome);
            }
            ProbeReading reading = outcome.freshReading();
            PositionSample sample = reading == null
                    ? null
                    : new PositionSample(outcome.span().startNanos(), reading.executed(), reading.ceiling());
            if (sample != null) {
                // First: a server that was set back must not be known as such while its old position still counts.
                positionListeners.forEach(listener -> listener.sampled(prober.ordinal(), sample));
            }
            resolve();
            if (sample != null && current.primaryOrdinal() == prober.ordinal()) {
                positionListeners.forEach(listener -> listener.primarySampled(prober.ordinal(), sample));
            }
        }
    }

    /** Under the lock, so that versions and calls of listeners have one order. */
    private void resolve() {
        long nowNanos = System.nanoTime();
        long suspects = 0;
        List<BackendObservation> observations = new ArrayList<>(backends.size());
        for (WatchedBackend backend : backends.values()) {
            int ordinal = backend.configured().ordinal();
            if (troubles.getAndSet(ordinal, 0) != 0) {
                backend.trouble(nowNanos);
            }
            suspects |= backend.isSuspect() ? 1L << ordinal : 0;
            observations.add(backend.observe(lag.measure(backend.outcome()), nowNanos));
        }
        Topology before = current;
        Topology now =
                TopologyResolver.resolve(before, observations, settings.policy(), electorate.mask(backends.values()));
        if (pace.observe(now, suspects, nowNanos)) {
            probers.values().forEach(BackendProber::hurry);
        }
        if (now == before) {
            return;
        }
        current = now;
        TopologyLog.changed(before, now);
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
}
