package dev.sluice.benchmarks.macro;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a run has found. Immutable.
 *
 * @param environment what it ran on, by name
 * @param comparisons one for each load and number of connections
 */
record Report(Map<String, String> environment, List<Comparison> comparisons) {
    Report {
        comparisons = List.copyOf(comparisons);
    }

    /** The targets under one load. Immutable. */
    record Comparison(String load, int connections, List<Line> lines) {
        Comparison {
            lines = List.copyOf(lines);
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
