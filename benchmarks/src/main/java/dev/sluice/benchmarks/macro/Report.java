package dev.sluice.benchmarks.macro;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What a run has found. Immutable.
 *
 * @param environment what it ran on, by name
 * @param replicas how many servers served reads
 * @param variants the targets that are Sluice
 * @param comparisons one for each load and number of connections
 */
record Report(
        Map<String, String> environment, int replicas, List<SluiceVariant> variants, List<Comparison> comparisons) {
    Report {
        variants = List.copyOf(variants);
        comparisons = List.copyOf(comparisons);
    }

    /** The comparison under a load with a number of connections, if it was made. */
    Optional<Comparison> comparison(LoadKind load, int connections) {
        return comparisons.stream()
                .filter(comparison -> comparison.load() == load && comparison.connections() == connections)
                .findFirst();
    }

    /**
     * The targets under one load. Immutable.
     *
     * @param notes sentences that a reader of the figures must know
     */
    record Comparison(LoadKind load, int connections, List<Line> lines, List<String> notes) {
        Comparison {
            lines = List.copyOf(lines);
            notes = List.copyOf(notes);
        }

        /** A comparison of which there is nothing more to say. */
        Comparison(LoadKind load, int connections, List<Line> lines) {
            this(load, connections, lines, List.of());
        }

        /** What was measured of a target, in the order of columns: what no line has is left out. */
        List<Metric> metrics() {
            List<Metric> metrics = new ArrayList<>();
            for (Metric metric : Metric.values()) {
                if (lines.stream().anyMatch(line -> line.values().containsKey(metric))) {
                    metrics.add(metric);
                }
            }
            return metrics;
        }

        /** The median of a figure of a target, if it was measured. */
        OptionalDouble median(String target, Metric metric) {
            for (Line line : lines) {
                @Nullable Spread spread = line.values().get(metric);
                if (line.target().equals(target) && spread != null) {
                    return OptionalDouble.of(spread.median());
                }
            }
            return OptionalDouble.empty();
        }
    }

    /** One target over all rounds. Immutable. */
    record Line(String target, Map<Metric, Spread> values) {
        Line {
            values = Map.copyOf(values);
        }

        /** From the rounds of the target, of which there is at least one. */
        static Line of(String target, List<Round> rounds) {
            Map<Metric, List<Double>> byMetric = new EnumMap<>(Metric.class);
            for (Round round : rounds) {
                round.values()
                        .forEach((metric, value) -> byMetric.computeIfAbsent(metric, unused -> new ArrayList<>())
                                .add(value));
            }
            Map<Metric, Spread> spreads = new EnumMap<>(Metric.class);
            byMetric.forEach((metric, values) -> spreads.put(
                    metric,
                    Spread.of(values.stream().mapToDouble(Double::doubleValue).toArray())));
            return new Line(target, spreads);
        }
    }
}
