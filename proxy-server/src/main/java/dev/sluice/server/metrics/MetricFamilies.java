package dev.sluice.server.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.function.IntToLongFunction;

/** Builders of the metric families of one scrape, in the metrics library's terms. Confined to one scrape. */
final class MetricFamilies {
    private static final double NANOS_PER_SECOND = 1e9;

    private MetricFamilies() {}

    /** A counter; the name without the "_total" that the text format adds. */
    static final class Counter {
        private final CounterSnapshot.Builder family;

        Counter(String name, String help) {
            family = CounterSnapshot.builder().name(name).help(help);
        }

        /** Counts above 2^53 lose their last digits, which no reader of a graph will miss. */
        Counter add(Labels labels, long value) {
            return add(labels, (double) value);
        }

        Counter add(Labels labels, double value) {
            family.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                    .labels(labels)
                    .value(value)
                    .build());
            return this;
        }

        /** For large label sets: combinations that never happened are left out. */
        Counter addUnlessZero(Labels labels, long value) {
            return value == 0 ? this : add(labels, value);
        }

        MetricSnapshot build() {
            return family.build();
        }
    }

    /** A gauge. */
    static final class Gauge {
        private final GaugeSnapshot.Builder family;

        Gauge(String name, String help) {
            family = GaugeSnapshot.builder().name(name).help(help);
        }

        /** Counts above 2^53 lose their last digits, which no reader of a graph will miss. */
        Gauge add(Labels labels, long value) {
            return add(labels, (double) value);
        }

        Gauge add(Labels labels, double value) {
            family.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                    .labels(labels)
                    .value(value)
                    .build());
            return this;
        }

        MetricSnapshot build() {
            return family.build();
        }
    }

    /** A histogram in seconds over {@link LatencyBuckets}. */
    static final class Histogram {
        private final HistogramSnapshot.Builder family;

        Histogram(String name, String help) {
            family = HistogramSnapshot.builder().name(name).help(help).unit(Unit.SECONDS);
        }

        Histogram add(Labels labels, IntToLongFunction buckets, long sumNanos) {
            long[] counts = new long[LatencyBuckets.COUNT];
            long total = 0;
            for (int i = 0; i < counts.length; i++) {
                counts[i] = buckets.applyAsLong(i);
                total += counts[i];
            }
            if (total > 0 || labels.isEmpty()) {
                family.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                        .labels(labels)
                        .classicHistogramBuckets(
                                ClassicHistogramBuckets.of(LatencyBuckets.upperBoundsSeconds(), counts))
                        .sum(sumNanos / NANOS_PER_SECOND)
                        .build());
            }
            return this;
        }

        MetricSnapshot build() {
            return family.build();
        }
    }
}
