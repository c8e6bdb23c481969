package dev.sluice.server.metrics;

import dev.sluice.router.topology.Admission;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.metrics.LoopMetrics.PerBackend;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Supplier;

/** What is known of each backend: from the topology, and from what the event loops count about it. Thread-safe: it reads snapshots. */
final class BackendCollector implements MultiCollector {
    private static final double NANOS_PER_SECOND = 1e9;

    private final List<LoopMetrics> loops;
    private final Supplier<Topology> topology;
    /** By ordinal and counter: what had been counted when the ordinal was given to its present server. */
    private final AtomicLongArray before = new AtomicLongArray((Topology.ORDINAL_MAX + 1) * PerBackend.ALL.length);

    BackendCollector(List<LoopMetrics> loops, Supplier<Topology> topology) {
        this.loops = loops;
        this.topology = topology;
    }

    /**
     * An ordinal is given to another server, whose counters begin at zero. Nothing is counted for the one before any more: an
     * ordinal is free only when its last connection is closed and the event loops have let go of it.
     */
    void begin(int ordinal) {
        for (PerBackend counter : PerBackend.ALL) {
            before.set(index(counter, ordinal), total(counter, ordinal));
        }
    }

    @SuppressWarnings("EnumOrdinal") // indexes a row of counters and never leaves this process
    private static int index(PerBackend counter, int ordinal) {
        return ordinal * PerBackend.ALL.length + counter.ordinal();
    }

    private long total(PerBackend counter, int ordinal) {
        long sum = 0;
        for (LoopMetrics loop : loops) {
            sum += loop.perBackend(counter, ordinal);
        }
        return sum;
    }

    private long sum(PerBackend counter, BackendStatus backend) {
        int ordinal = backend.ordinal();
        return total(counter, ordinal) - before.get(index(counter, ordinal));
    }

    private static Labels labels(BackendStatus backend) {
        return Labels.of("backend", backend.address().toString());
    }

    @Override
    public MetricSnapshots collect() {
        Topology now = topology.get();
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        health(now, all);
        allowances(now, all);
        connections(now, all);
        all.metricSnapshot(new MetricFamilies.Gauge("sluice_topology_alarm", "1 while something needs a person.")
                .add(Labels.EMPTY, now.alarm() == null ? 0 : 1)
                .build());
        all.metricSnapshot(new MetricFamilies.Gauge(
                        "sluice_writable_servers",
                        "Servers that take writes by what they say; more than 1 is a split, 0 leaves writes waiting.")
                .add(Labels.EMPTY, now.writableServers())
                .build());
        all.metricSnapshot(new MetricFamilies.Gauge(
                        "sluice_discovered_servers", "Servers found in replication metadata that are no backends.")
                .add(Labels.EMPTY, now.discovered().size())
                .build());
        all.metricSnapshot(new MetricFamilies.Gauge("sluice_primary_known", "1 while there is a primary for writes.")
                .add(Labels.EMPTY, now.primary() == null ? 0 : 1)
                .build());
        return all.build();
    }

    private static void health(Topology now, MetricSnapshots.Builder all) {
        MetricFamilies.Gauge up = new MetricFamilies.Gauge("sluice_backend_up", "1 if the last probe was answered.");
        MetricFamilies.Gauge roles =
                new MetricFamilies.Gauge("sluice_backend_role", "1 for the backend's present role.");
        MetricFamilies.Gauge readable = new MetricFamilies.Gauge(
                "sluice_backend_readable", "1 if the backend is a replica that takes new reads.");
        MetricFamilies.Gauge lag = new MetricFamilies.Gauge(
                "sluice_replica_lag_seconds", "How far a replica is behind the primary; absent while unknown.");
        for (BackendStatus backend : now.backends()) {
            Labels labels = labels(backend);
            up.add(labels, backend.health() == Health.ONLINE ? 1 : 0);
            readable.add(labels, (now.readableReplicas() & backend.bit()) != 0 ? 1 : 0);
            for (Role role : Role.values()) {
                String name = role.name().toLowerCase(Locale.ROOT);
                roles.add(labels.add("role", name), backend.role() == role ? 1 : 0);
            }
            if (backend.role() == Role.REPLICA && backend.lag() != null) {
                lag.add(labels, backend.lag().toNanos() / NANOS_PER_SECOND);
            }
        }
        all.metricSnapshot(up.build());
        all.metricSnapshot(roles.build());
        all.metricSnapshot(readable.build());
        all.metricSnapshot(lag.build());
    }

    private static void allowances(Topology now, MetricSnapshots.Builder all) {
        MetricFamilies.Gauge breakers =
                new MetricFamilies.Gauge("sluice_backend_breaker", "1 for the present state of the circuit breaker.");
        MetricFamilies.Gauge shares = new MetricFamilies.Gauge(
                "sluice_backend_share", "Share of its weight that a backend gets; less than 1 after trouble.");
        for (BackendStatus backend : now.backends()) {
            Labels labels = labels(backend);
            for (Admission.State state : Admission.State.values()) {
                String name = state.name().toLowerCase(Locale.ROOT);
                breakers.add(labels.add("state", name), backend.admission().state() == state ? 1 : 0);
            }
            shares.add(labels, (double) backend.admission().share() / Admission.SHARE_MAX);
        }
        all.metricSnapshot(breakers.build());
        all.metricSnapshot(shares.build());
    }

    private void connections(Topology now, MetricSnapshots.Builder all) {
        MetricFamilies.Gauge open =
                new MetricFamilies.Gauge("sluice_backend_connections_open", "Connections to a backend.");
        MetricFamilies.Gauge inFlight = new MetricFamilies.Gauge(
                "sluice_backend_in_flight", "Connections that sessions hold: for a statement, a transaction or a pin.");
        MetricFamilies.Counter opened =
                new MetricFamilies.Counter("sluice_backend_connections_opened", "Connections made to a backend.");
        MetricFamilies.Counter resets = new MetricFamilies.Counter(
                "sluice_backend_connection_resets", "Connections reset before their next use.");
        MetricFamilies.Counter failures =
                new MetricFamilies.Counter("sluice_backend_connect_failures", "Connections that could not be made.");
        MetricFamilies.Counter statements = new MetricFamilies.Counter(
                "sluice_backend_statements",
                "Statements sent to a backend; those of a transaction or a pin count once.");
        for (BackendStatus backend : now.backends()) {
            Labels labels = labels(backend);
            // What ends is read before what begins, so that no difference is negative.
            long closed = sum(PerBackend.CLOSED, backend);
            long made = sum(PerBackend.OPENED, backend);
            long ended = sum(PerBackend.STATEMENTS_ENDED, backend);
            long started = sum(PerBackend.STATEMENTS_STARTED, backend);
            open.add(labels, Math.max(0, made - closed));
            inFlight.add(labels, Math.max(0, started - ended));
            opened.add(labels, made);
            resets.add(labels, sum(PerBackend.RESET, backend));
            failures.add(labels, sum(PerBackend.CONNECT_FAILED, backend));
            statements.add(labels, sum(PerBackend.LENT, backend));
        }
        all.metricSnapshot(open.build());
        all.metricSnapshot(inFlight.build());
        all.metricSnapshot(opened.build());
        all.metricSnapshot(resets.build());
        all.metricSnapshot(failures.build());
        all.metricSnapshot(statements.build());
    }
}
