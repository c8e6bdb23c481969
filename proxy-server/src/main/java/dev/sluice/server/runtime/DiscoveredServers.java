package dev.sluice.server.runtime;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.DiscoveredServer;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.monitor.LoginTrial;
import dev.sluice.server.monitor.TopologyMonitor;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what {@link Discovery} decides: on a thread of its own, several times a second. Such backends are in no version
 * of the configuration. Thread-safe: what it changes it changes under the lock of all changes.
 */
final class DiscoveredServers implements Discovery.Servers, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(DiscoveredServers.class);
    private static final long PERIOD_MILLIS = 250;
    private static final int WEIGHT_DEFAULT = 1;

    private final TopologyMonitor monitor;
    private final Changes changes;
    private final Lock lock;
    private final Duration keep;
    private final Discovery discovery;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread made = new Thread(task, "sluice-discovery");
        made.setDaemon(true);
        return made;
    });
    private volatile boolean started;

    DiscoveredServers(TopologyMonitor monitor, Changes changes, Lock lock) {
        this.monitor = monitor;
        this.changes = changes;
        this.lock = lock;
        this.keep = changes.store().wholeFile().monitor().discover().keep();
        this.discovery = new Discovery(this, keep, System::nanoTime);
    }

    /** Begins to use what is found. */
    void start() {
        started = true;
        var unused = thread.scheduleWithFixedDelay(this::step, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Why a server that was found is not used, and what uses it. */
    String unused(DiscoveredServer server) {
        String why = discovery.whyNot(server.address());
        return started && why != null ? "not used: " + why + "; ADD BACKEND uses it" : "ADD BACKEND uses it";
    }

    /** Must not fail: a scheduled task that throws is not run again. */
    private void step() {
        try {
            discovery.step();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOGGER.error("The discovery failed, and goes on", e);
        }
    }

    @Override
    public Topology topology() {
        return monitor.current();
    }

    @Override
    public Set<BackendAddress> used() {
        return changes.backends().discovered().stream()
                .map(BackendIntent::backendAddress)
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public boolean isRemoved(BackendAddress server) {
        HostPort address = new HostPort(server.host(), server.port());
        // What the file lists and the configuration in force does not was removed, too, if only before there was a
        // list.
        return changes.store().current().config().removed().contains(address)
                || changes.store().file().find(address) != null;
    }

    @Override
    public int room() {
        return changes.backends().free();
    }

    @Override
    public LoginTrial login(BackendAddress address) {
        return monitor.tryLogin(address);
    }

    @Override
    public void use(DiscoveredServer server) throws InterruptedException {
        HostPort address =
                new HostPort(server.address().host(), server.address().port());
        lock.lockInterruptibly();
        try {
            // An operator may have been faster, with this server or with the last free place.
            if (changes.backends().ordinal(address) != null || isRemoved(server.address()) || room() == 0) {
                return;
            }
            int connectionsMax = changes.store().wholeFile().pool().maxConnectionsPerBackend();
            changes.backends()
                    .addDiscovered(
                            new BackendIntent(address, WEIGHT_DEFAULT, null, connectionsMax, OperatorState.ACTIVE));
        } finally {
            lock.unlock();
        }
        tell("discovered " + address + " (" + RuntimeViews.relation(server) + "): it is used as a backend");
    }

    @Override
    public void drop(BackendAddress server) throws InterruptedException {
        HostPort address = new HostPort(server.host(), server.port());
        lock.lockInterruptibly();
        try {
            changes.backends().removeDiscovered(address);
        } finally {
            lock.unlock();
        }
        tell("discovered " + address + " is dropped: replication has not named it for " + keep.toSeconds() + " s");
    }

    private void tell(String what) {
        LOGGER.info("{}", what);
        changes.events().add(EventLog.Kind.TOPOLOGY, "discovery", what);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
