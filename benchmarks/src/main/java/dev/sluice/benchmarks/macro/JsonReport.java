package dev.sluice.benchmarks.macro;

import dev.sluice.server.logging.JsonWriter;
import org.jspecify.annotations.Nullable;

/** Writes a report for programs: one JSON object on one line. Thread-safe: a function without state. */
final class JsonReport {
    private JsonReport() {}

    /** The whole report with a line break at its end. */
    static String of(Report report) {
        StringBuilder out = new StringBuilder();
        JsonWriter json = new JsonWriter(out).beginObject().name("environment").beginObject();
        report.environment().forEach(json::field);
        json.endObject().name("variants").beginObject();
        report.variants().forEach(variant -> json.field(variant.name(), variant.description()));
        json.endObject().name("comparisons").beginArray();
        for (Report.Comparison comparison : report.comparisons()) {
            json.beginObject()
                    .field("load", comparison.load().toString())
                    .field("connections", comparison.connections())
                    .name("targets")
                    .beginArray();
            comparison.lines().forEach(line -> line(json, comparison.load().unit(), line));
            json.endArray().name("notes").beginArray();
            comparison.notes().forEach(json::value);
            json.endArray().endObject();
        }
        json.endArray().name("goals").beginArray();
        Goals.of(report).forEach(goal -> goal(json, goal));
        json.endArray().endObject();
        return out.append('\n').toString();
    }

    private static void goal(JsonWriter json, Goal goal) {
        json.beginObject()
                .field("text", goal.text())
                .field("measured", goal.measured())
                .field(goal.atLeast() ? "at_least" : "at_most", goal.bound())
                .field("met", goal.isMet())
                .endObject();
    }

    private static void line(JsonWriter json, Unit unit, Report.Line line) {
        json.beginObject().field("name", line.target());
        for (Metric metric : Metric.values()) {
            @Nullable Spread spread = line.values().get(metric);
            if (spread != null) {
                json.name(metric.key(unit))
                        .beginObject()
                        .field("median", spread.median())
                        .field("min", spread.min())
                        .field("max", spread.max())
                        .endObject();
            }
        }
        json.endObject();
    }
}
