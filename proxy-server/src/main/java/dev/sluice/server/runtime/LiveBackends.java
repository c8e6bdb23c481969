package dev.sluice.server.runtime;

import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.backend.BackendCapacities;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.metrics.MetricsRegistry;
import dev.sluice.server.monitor.MonitoredBackend;
import dev.sluice.server.monitor.TopologyMonitor;
import dev.sluice.server.session.SessionControl;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The backends in use, kept equal to what the configuration wants: monitor, caps and pools. Thread-safe: one change at a time
 * by the caller's lock; the map of ordinals is concurrent.
 *
 * <p>The order matters. A backend that comes is known to the caps before the topology offers it. One that goes leaves the
 * topology first, then the event loops are told, and only when all of them have heard may its ordinal be used again.
 */
final class LiveBackends {
    private static final Logger LOGGER = LoggerFactory.getLogger(LiveBackends.class);

    private final TopologyMonitor monitor;
    private final BackendCapacities capacities;
    private final SessionControl sessions;
    private final MetricsRegistry metrics;
    private final Map<HostPort, Integer> ordinals = new ConcurrentHashMap<>();
    /** Those in use that no configuration names. */
    private final Map<HostPort, BackendIntent> discovered = new ConcurrentHashMap<>();

    /** @param start what monitor and caps were made of: the ordinals are the positions in the list */
    LiveBackends(RuntimeParts parts, List<BackendIntent> start) {
        this.monitor = parts.monitor();
        this.capacities = parts.capacities();
        this.sessions = parts.sessions();
        this.metrics = parts.metrics();
        for (int ordinal = 0; ordinal < start.size(); ordinal++) {
            ordinals.put(start.get(ordinal).address(), ordinal);
            capacities.closed(ordinal, start.get(ordinal).state() != OperatorState.ACTIVE);
        }
    }

    /** The ordinal of a backend, or null. */
    @Nullable
    Integer ordinal(HostPort address) {
        return ordinals.get(address);
    }

    /** How many backends can be added now. */
    int free() {
        return capacities.free();
    }

    /** Connections to a backend that are open, whatever for. */
    int open(int ordinal) {
        return capacities.of(ordinal).open();
    }

    /** The cap of a backend. */
    int max(int ordinal) {
        return capacities.of(ordinal).max();
    }

    /** Makes what is in force follow the configuration. */
    void apply(RuntimeConfig before, RuntimeConfig now) throws InterruptedException {
        for (BackendIntent backend : now.backends()) {
            BackendIntent found = discovered.remove(backend.address());
            BackendIntent was = found == null ? before.find(backend.address()) : found;
            if (was == null) {
                add(backend);
            } else if (!was.equals(backend)) {
                change(was, backend);
            }
        }
        for (BackendIntent was : before.backends()) {
            if (now.find(was.address()) == null) {
                remove(was);
            }
        }
        for (HostPort address : now.removed()) {
            removeDiscovered(address);
        }
    }

    /** Uses a server that nobody configured. */
    void addDiscovered(BackendIntent backend) {
        add(backend);
        discovered.put(backend.address(), backend);
    }

    /** Uses such a server no longer; does nothing if it is none. */
    void removeDiscovered(HostPort address) throws InterruptedException {
        BackendIntent found = discovered.remove(address);
        if (found != null) {
            remove(found);
        }
    }

    /** The server in use at an address that nobody configured, or null. */
    @Nullable
    BackendIntent discovered(HostPort address) {
        return discovered.get(address);
    }

    /** The servers in use that nobody configured. */
    Collection<BackendIntent> discovered() {
        return List.copyOf(discovered.values());
    }

    /** A configuration together with the servers in use that nobody configured, as far as it does not rule them out. */
    RuntimeConfig withDiscovered(RuntimeConfig config) {
        RuntimeConfig all = config;
        for (BackendIntent found : discovered.values()) {
            if (config.find(found.address()) == null && !config.removed().contains(found.address())) {
                all = all.with(found);
            }
        }
        return all;
    }

    private void add(BackendIntent backend) {
        int ordinal = capacities.add(backend.backendAddress(), backend.connectionsMax());
        capacities.closed(ordinal, backend.state() != OperatorState.ACTIVE);
        metrics.backendAdded(ordinal);
        ordinals.put(backend.address(), ordinal);
        monitor.put(monitored(ordinal, backend));
    }

    private void change(BackendIntent was, BackendIntent backend) throws InterruptedException {
        Integer ordinal = ordinals.get(backend.address());
        if (ordinal == null) {
            throw new IllegalStateException("no ordinal for " + backend.address());
        }
        capacities.resize(ordinal, backend.connectionsMax());
        if (backend.state() == OperatorState.ACTIVE) {
            capacities.closed(ordinal, false);
            monitor.put(monitored(ordinal, backend));
        } else {
            monitor.put(monitored(ordinal, backend));
            capacities.closed(ordinal, true);
        }
        if (was.state() != backend.state() || was.connectionsMax() > backend.connectionsMax()) {
            boolean unused = tellLoops(ordinal, backend.address());
        }
        if (was.state() != backend.state() && backend.state() == OperatorState.OFFLINE) {
            endConnections(ordinal, backend.address());
        }
    }

    /** Nobody is about to use one: the loops know by now that the backend is closed. */
    private void endConnections(int ordinal, HostPort address) throws InterruptedException {
        try {
            // What ties a session by nothing but its last statement's diagnostics shall not cost it an error.
            sessions.backendChanged(ordinal, true);
            List<Boolean> unused = sessions.askLoops(loop -> {
                loop.pool().endAll(ordinal, address + " was taken offline by an operator");
                return true;
            });
        } catch (TimeoutException e) {
            LOGGER.atError()
                    .addKeyValue("backend", address)
                    .log("an event loop is slow: it ends its connections to an offline backend late");
        }
    }

    private void remove(BackendIntent was) throws InterruptedException {
        Integer ordinal = ordinals.remove(was.address());
        if (ordinal == null) {
            return;
        }
        monitor.remove(ordinal);
        capacities.closed(ordinal, true);
        if (tellLoops(ordinal, was.address())) {
            capacities.remove(ordinal);
        }
    }

    private boolean tellLoops(int ordinal, HostPort address) throws InterruptedException {
        try {
            sessions.backendChanged(ordinal, false);
            return true;
        } catch (TimeoutException e) {
            // Its ordinal stays taken for good then: nobody knows whether that loop still means the old backend by it.
            LOGGER.atError()
                    .addKeyValue("backend", address)
                    .log("an event loop did not take note of a changed backend");
            return false;
        }
    }

    private static MonitoredBackend monitored(int ordinal, BackendIntent backend) {
        return new MonitoredBackend(
                ordinal, backend.backendAddress(), backend.state(), backend.weight(), backend.zone());
    }
}
