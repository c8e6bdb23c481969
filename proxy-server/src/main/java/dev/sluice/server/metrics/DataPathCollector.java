package dev.sluice.server.metrics;

import dev.sluice.server.metrics.LoopMetrics.Outcome;
import dev.sluice.server.metrics.LoopMetrics.Single;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** Adds up what the event loops have counted. Thread-safe: it only reads counters that may be read by any thread. */
@SuppressWarnings("EnumOrdinal") // as LoopMetrics
final class DataPathCollector implements MultiCollector {
    private final List<LoopMetrics> loops;
    private final List<String> pinLabels;

    DataPathCollector(List<LoopMetrics> loops, List<String> pinLabels) {
        this.loops = loops;
        this.pinLabels = pinLabels;
    }

    private long sum(ToLongFunction<LoopMetrics> counter) {
        long sum = 0;
        for (LoopMetrics loop : loops) {
            sum += counter.applyAsLong(loop);
        }
        return sum;
    }

    private long sum(Single counter) {
        return sum(loop -> loop.single(counter));
    }

    @Override
    public MetricSnapshots collect() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        statements(all);
        sessions(all);
        all.metricSnapshot(new MetricFamilies.Counter("sluice_frontend_bytes", "Bytes from and to clients.")
                .add(Labels.of("direction", "in"), sum(Single.FRONTEND_BYTES_IN))
                .add(Labels.of("direction", "out"), sum(Single.FRONTEND_BYTES_OUT))
                .build());
        all.metricSnapshot(new MetricFamilies.Histogram(
                        "sluice_pool_wait_seconds", "Time that sessions waited for a backend connection.")
                .add(Labels.EMPTY, bucket -> sum(loop -> loop.poolWaits(bucket)), sum(Single.POOL_WAIT_NANOS))
                .build());
        all.metricSnapshot(
                new MetricFamilies.Counter("sluice_pool_timeouts", "Sessions that got no backend connection in time.")
                        .add(Labels.EMPTY, sum(Single.POOL_TIMEOUTS))
                        .build());
        return all.build();
    }

    private void statements(MetricSnapshots.Builder all) {
        MetricFamilies.Counter routed = new MetricFamilies.Counter(
                "sluice_routed_statements", "Statements sent to a backend, by its role and the reason for the choice.");
        MetricFamilies.Counter ended = new MetricFamilies.Counter(
                "sluice_queries", "Statements answered, by reason of their route and outcome.");
        MetricFamilies.Histogram durations = new MetricFamilies.Histogram(
                "sluice_query_duration_seconds", "Time from a statement's arrival to the end of its answer.");
        for (int r = 0; r < LoopMetrics.REASONS.length; r++) {
            int reason = r;
            String label = LoopMetrics.REASONS[r].label();
            for (int t = 0; t < LoopMetrics.TARGETS.length; t++) {
                int target = t;
                String route = LoopMetrics.TARGETS[t].name().toLowerCase(Locale.ROOT);
                routed.addUnlessZero(
                        Labels.of("reason", label, "route", route), sum(loop -> loop.routed(reason, target)));
            }
            for (Outcome outcome : Outcome.ALL) {
                String name = outcome.name().toLowerCase(Locale.ROOT);
                ended.addUnlessZero(
                        Labels.of("outcome", name, "reason", label),
                        sum(loop -> loop.statements(reason, outcome.ordinal())));
            }
            durations.add(
                    Labels.of("reason", label),
                    bucket -> sum(loop -> loop.latency(reason, bucket)),
                    sum(loop -> loop.latencySumNanos(reason)));
        }
        all.metricSnapshot(routed.build());
        all.metricSnapshot(ended.build());
        all.metricSnapshot(durations.build());
        all.metricSnapshot(
                new MetricFamilies.Counter("sluice_retries", "Statements sent once more, to another backend.")
                        .add(Labels.EMPTY, sum(Single.RETRIED))
                        .build());
        all.metricSnapshot(new MetricFamilies.Counter(
                        "sluice_causal_waits", "Reads that waited on a replica for what they may not miss.")
                .add(Labels.of("outcome", "reached"), sum(Single.CAUSAL_WAITS_REACHED))
                .add(Labels.of("outcome", "missed"), sum(Single.CAUSAL_WAITS_MISSED))
                .build());
    }

    private void sessions(MetricSnapshots.Builder all) {
        // Closed first: a session that closes between the two reads must not make the difference negative.
        long closed = sum(Single.SESSIONS_CLOSED);
        long opened = sum(Single.SESSIONS_OPENED);
        all.metricSnapshot(new MetricFamilies.Counter("sluice_sessions", "Sessions opened since the start.")
                .add(Labels.EMPTY, opened)
                .build());
        all.metricSnapshot(new MetricFamilies.Gauge("sluice_sessions_open", "Sessions open now.")
                .add(Labels.EMPTY, Math.max(0, opened - closed))
                .build());
        MetricFamilies.Counter pins =
                new MetricFamilies.Counter("sluice_session_pins", "Times that a session was pinned, by reason.");
        MetricFamilies.Gauge pinned =
                new MetricFamilies.Gauge("sluice_sessions_pinned", "Sessions pinned now, by reason.");
        for (int i = 0; i < pinLabels.size(); i++) {
            int reason = i;
            Labels labels = Labels.of("reason", pinLabels.get(i));
            long ended = sum(loop -> loop.unpins(reason));
            long begun = sum(loop -> loop.pins(reason));
            pins.add(labels, begun);
            pinned.add(labels, Math.max(0, begun - ended));
        }
        all.metricSnapshot(pins.build());
        all.metricSnapshot(pinned.build());
    }
}
