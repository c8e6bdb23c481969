package dev.sluice.server.runtime;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.DiscoveredServer;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.admin.Operation.View;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.backend.PoolKey;
import dev.sluice.server.session.SessionSnapshot;
import dev.sluice.server.session.SessionSnapshot.Held;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What {@code SHOW} answers. Thread-safe: it reads snapshots. */
final class RuntimeViews {
    private static final double MILLIS_PER_SECOND = 1e3;

    private final RuntimeParts parts;
    private final LiveBackends backends;
    private final ConfigViews config;
    private final EventLog events;
    private final DiscoveredServers discovered;

    RuntimeViews(
            RuntimeParts parts,
            LiveBackends backends,
            ConfigViews config,
            EventLog events,
            DiscoveredServers discovered) {
        this.parts = parts;
        this.backends = backends;
        this.discovered = discovered;
        this.config = config;
        this.events = events;
    }

    ResultTable show(View view) throws OperationException, InterruptedException {
        try {
            return switch (view) {
                case BACKENDS -> backends();
                case SESSIONS -> sessions();
                case POOLS -> pools();
                case ROUTES -> routes();
                case PINS -> pins();
                case CONFIG -> config.config();
                case CONFIG_DIFF -> config.differences();
                case CONFIG_HISTORY -> config.history();
                case EVENTS -> events();
            };
        } catch (TimeoutException e) {
            throw BackendOperations.noAnswer();
        }
    }

    /** What one event loop knows of its pool. Immutable. */
    private record PoolLook(Map<PoolKey, Integer> idle, Map<Integer, Integer> waiting) {}

    private PoolLook pools(Topology topology) throws InterruptedException, TimeoutException {
        Map<PoolKey, Integer> idle = new HashMap<>();
        Map<Integer, Integer> waiting = new HashMap<>();
        List<PoolLook> looks = parts.sessions().askLoops(loop -> {
            Map<Integer, Integer> lines = new HashMap<>();
            for (BackendStatus backend : topology.backends()) {
                lines.put(backend.ordinal(), loop.pool().waitingFor(backend.ordinal()));
            }
            return new PoolLook(loop.pool().idle(), lines);
        });
        for (PoolLook look : looks) {
            look.idle().forEach((key, count) -> idle.merge(key, count, Integer::sum));
            look.waiting().forEach((ordinal, count) -> waiting.merge(ordinal, count, Integer::sum));
        }
        return new PoolLook(idle, waiting);
    }

    private ResultTable backends() throws InterruptedException, TimeoutException {
        Topology topology = parts.monitor().current();
        PoolLook pools = pools(topology);
        Rows rows = new Rows(
                "address",
                "role",
                "health",
                "operator_state",
                "reads",
                "weight",
                "zone",
                "lag_seconds",
                "connections_open",
                "connections_idle",
                "connections_max",
                "in_flight",
                "waiting",
                "origin",
                "problem");
        Set<BackendAddress> found = discovered.used();
        for (BackendStatus backend : topology.backends()) {
            int ordinal = backend.ordinal();
            int idle = pools.idle().entrySet().stream()
                    .filter(entry -> entry.getKey().backendOrdinal() == ordinal)
                    .mapToInt(Map.Entry::getValue)
                    .sum();
            rows.add(
                    backend.address(),
                    backend.role(),
                    backend.health(),
                    backend.operatorState(),
                    (topology.readableReplicas() & backend.bit()) != 0 ? "yes" : "no",
                    backend.allowance().configuredWeight(),
                    backend.zone(),
                    seconds(backend.lag()),
                    backends.open(ordinal),
                    idle,
                    backends.max(ordinal),
                    parts.metrics().inFlight(ordinal),
                    pools.waiting().getOrDefault(ordinal, 0),
                    found.contains(backend.address()) ? "discovered" : "configured",
                    backend.problem());
        }
        for (DiscoveredServer server : topology.discovered()) {
            rows.add(
                    server.address(),
                    "discovered",
                    null,
                    "unused",
                    "no",
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    "discovered",
                    relation(server) + "; " + discovered.unused(server));
        }
        return rows.table();
    }

    /** What a discovered server is, as a person would say it. */
    static String relation(DiscoveredServer server) {
        return server.relation().name().toLowerCase(Locale.ROOT).replace('_', ' ') + " of " + server.namedBy();
    }

    private static @Nullable Double seconds(@Nullable Duration duration) {
        return duration == null ? null : duration.toMillis() / MILLIS_PER_SECOND;
    }

    private ResultTable sessions() throws InterruptedException, TimeoutException {
        Topology topology = parts.monitor().current();
        Rows rows = new Rows(
                "id",
                "user",
                "client",
                "schema",
                "state",
                "in_transaction",
                "backends",
                "pins",
                "last_route",
                "idle_seconds");
        for (SessionSnapshot session : parts.sessions().snapshots()) {
            rows.add(
                    session.id(),
                    session.user(),
                    session.client(),
                    session.schema(),
                    session.activity(),
                    session.inTransaction() ? "yes" : "no",
                    String.join(
                            ",",
                            session.held().stream()
                                    .map(held -> nameOf(topology, held.ordinal()))
                                    .toList()),
                    String.join(
                            ",",
                            session.held().stream()
                                    .map(Held::pins)
                                    .filter(pins -> !pins.isEmpty())
                                    .toList()),
                    session.lastRoute() == null ? null : session.lastRoute().label(),
                    session.idleSeconds());
        }
        return rows.table();
    }

    private static String nameOf(Topology topology, int ordinal) {
        BackendStatus backend = topology.find(ordinal);
        return backend == null ? "removed" : backend.address().toString();
    }

    private ResultTable pins() throws InterruptedException, TimeoutException {
        Topology topology = parts.monitor().current();
        Rows rows = new Rows("session", "user", "backend", "thread", "transaction", "pins", "idle_seconds");
        for (SessionSnapshot session : parts.sessions().snapshots()) {
            for (Held held : session.held()) {
                if (held.isTied()) {
                    rows.add(
                            session.id(),
                            session.user(),
                            nameOf(topology, held.ordinal()),
                            held.threadId(),
                            held.transaction() ? "yes" : "no",
                            held.pins(),
                            session.idleSeconds());
                }
            }
        }
        return rows.table();
    }

    private ResultTable pools() throws InterruptedException, TimeoutException {
        Topology topology = parts.monitor().current();
        PoolLook pools = pools(topology);
        Map<PoolKey, Integer> sorted = new TreeMap<>(Comparator.comparingInt(PoolKey::backendOrdinal)
                .thenComparing(PoolKey::user)
                .thenComparing(key -> String.valueOf(key.name().host()))
                .thenComparingInt(PoolKey::capabilities));
        sorted.putAll(pools.idle());
        Rows rows = new Rows(
                "backend",
                "user",
                "client",
                "capabilities",
                "idle",
                "backend_open",
                "backend_max",
                "backend_in_flight",
                "waiting");
        for (BackendStatus backend : topology.backends()) {
            int ordinal = backend.ordinal();
            boolean listed = false;
            for (Map.Entry<PoolKey, Integer> pool : sorted.entrySet()) {
                if (pool.getKey().backendOrdinal() == ordinal) {
                    listed = true;
                    addPool(rows, backend, pools, pool.getKey(), pool.getValue());
                }
            }
            if (!listed) {
                addPool(rows, backend, pools, null, 0);
            }
        }
        return rows.table();
    }

    private void addPool(Rows rows, BackendStatus backend, PoolLook pools, @Nullable PoolKey key, int idle) {
        int ordinal = backend.ordinal();
        InetAddress client = key == null ? null : key.name().host();
        rows.add(
                backend.address(),
                key == null ? null : key.user(),
                client == null ? null : client.getHostAddress(),
                key == null ? null : String.format("0x%x", key.capabilities()),
                idle,
                backends.open(ordinal),
                backends.max(ordinal),
                parts.metrics().inFlight(ordinal),
                pools.waiting().getOrDefault(ordinal, 0));
    }

    private ResultTable routes() {
        Rows rows = new Rows("reason", "target", "statements");
        for (RouteReason reason : RouteReason.values()) {
            for (Target target : Target.values()) {
                long count = parts.metrics().routed(reason, target);
                if (count > 0) {
                    rows.add(reason.label(), target, count);
                }
            }
        }
        return rows.table();
    }

    private ResultTable events() {
        Rows rows = new Rows("number", "time", "kind", "author", "event");
        for (EventLog.Event event : events.events()) {
            rows.add(event.number(), event.time(), event.kind(), event.author(), event.text());
        }
        return rows.table();
    }
}
