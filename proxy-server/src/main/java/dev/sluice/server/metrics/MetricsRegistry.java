package dev.sluice.server.metrics;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.admission.Limit;
import dev.sluice.server.admission.Refusals;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All metrics of this process, as text for Prometheus. Thread-safe: collectors read snapshots and counters that any thread
 * may read.
 *
 * <p>No label ever holds a user, a statement or a client's address: their number is not ours to bound.
 */
public final class MetricsRegistry {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final List<LoopMetrics> loops = new CopyOnWriteArrayList<>();
    private final BackendCollector backends;
    private final int pinReasons;
    private final OpenMetricsTextFormatWriter openMetrics = OpenMetricsTextFormatWriter.create();
    private final PrometheusTextFormatWriter prometheus = PrometheusTextFormatWriter.create();

    /**
     * A text for one scrape. Immutable.
     *
     * @param contentType value of the response header
     * @param body the text, UTF-8
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on to one response, never compared
    public record Exposition(String contentType, byte[] body) {}

    /**
     * A registry with the metrics of the data path and the backends.
     *
     * @param topology where the present topology comes from
     * @param pinLabels the labels of pin reasons, by ordinal
     */
    public MetricsRegistry(Supplier<Topology> topology, List<String> pinLabels) {
        this.pinReasons = pinLabels.size();
        registry.register(new DataPathCollector(loops, List.copyOf(pinLabels)));
        backends = new BackendCollector(loops, topology);
        registry.register(backends);
    }

    /** Adds the metrics of the JVM, once. Looking for them takes a while, which no client should have to wait for. */
    public void addJvm() {
        JvmMetrics.builder().register(registry);
    }

    /** Counters for one more event loop. */
    public LoopMetrics newLoop() {
        LoopMetrics loop = new LoopMetrics(pinReasons);
        loops.add(loop);
        return loop;
    }

    /** That ordinal stands for another server from now on, whose counters begin at zero. */
    public void backendAdded(int ordinal) {
        backends.begin(ordinal);
    }

    /** Statements sent to a backend of a role for a reason, by all event loops. */
    @SuppressWarnings("EnumOrdinal") // the rows of counters
    public long routed(RouteReason reason, Target target) {
        return loops.stream()
                .mapToLong(loop -> loop.routed(reason.ordinal(), target.ordinal()))
                .sum();
    }

    /** How often a connection to any backend was lent. */
    public long lends() {
        long sum = 0;
        for (LoopMetrics loop : loops) {
            for (int ordinal = 0; ordinal <= Topology.ORDINAL_MAX; ordinal++) {
                sum += loop.perBackend(LoopMetrics.PerBackend.LENT, ordinal);
            }
        }
        return sum;
    }

    /** Connections to a backend that are lent. */
    public long inFlight(int ordinal) {
        return Math.max(
                0, loops.stream().mapToLong(loop -> loop.inFlight(ordinal)).sum());
    }

    /** Adds an info metric that is always 1, such as the build or the transport; {@code labels} are names and values in turn. */
    public void addInfo(String name, String help, String... labels) {
        MetricSnapshot snapshot = InfoSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(InfoSnapshot.InfoDataPointSnapshot.builder()
                        .labels(Labels.of(labels))
                        .build())
                .build();
        registry.register(() -> snapshot);
    }

    /** Adds a gauge whose value is asked for at each scrape, on the scraper's thread. */
    public void addGauge(String name, String help, DoubleSupplier value) {
        registry.register(() -> new MetricFamilies.Gauge(name, help)
                .add(Labels.EMPTY, value.getAsDouble())
                .build());
    }

    /** Adds a counter, its name without "_total", whose value is asked for at each scrape, on the scraper's thread. */
    public void addCounter(String name, String help, DoubleSupplier value) {
        registry.register(() -> new MetricFamilies.Counter(name, help)
                .add(Labels.EMPTY, value.getAsDouble())
                .build());
    }

    /** Adds the counter of those who were turned away, with a row for each limit from the start. */
    public void addRefusals(Refusals refusals) {
        registry.register(() -> {
            MetricFamilies.Counter counter = new MetricFamilies.Counter(
                    "sluice_refusals", "Clients and statements that were turned away, by the limit that was reached.");
            for (Limit limit : Limit.values()) {
                counter.add(Labels.of("limit", limit.label()), refusals.count(limit));
            }
            return counter.build();
        });
    }

    /** Adds metrics of any shape. */
    public void addCollector(MultiCollector collector) {
        registry.register(collector);
    }

    /**
     * All metrics now.
     *
     * @param accept the scraper's Accept header; OpenMetrics if it asks for that, else the plain text format
     */
    public Exposition scrape(@Nullable String accept) {
        ExpositionFormatWriter writer = accept != null && openMetrics.accepts(accept) ? openMetrics : prometheus;
        ByteArrayOutputStream body = new ByteArrayOutputStream(16 * 1024);
        try {
            writer.write(body, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return new Exposition(writer.getContentType(), body.toByteArray());
    }
}
