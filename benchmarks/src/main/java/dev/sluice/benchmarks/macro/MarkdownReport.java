package dev.sluice.benchmarks.macro;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Writes a report as Markdown, with pictures beside it. Confined to one thread.
 *
 * @param text the document
 * @param pictures SVG by file name, as the document refers to them
 */
record MarkdownReport(String text, Map<String, String> pictures) {
    private static final String STEM_SEPARATOR = "-";
    private static final List<Metric> DRAWN = List.of(
            Metric.CPU,
            Metric.THROUGHPUT,
            Metric.P99,
            Metric.PEAK_EXTRA,
            Metric.RESIDENT_PER_CONNECTION,
            Metric.LISTENING);

    /**
     * The whole report.
     *
     * @param stem how the names of pictures begin
     */
    static MarkdownReport of(Report report, String stem) {
        StringBuilder out = new StringBuilder("# What Sluice costs\n\n| | |\n|---|---|\n");
        report.environment().forEach((name, value) -> out.append("| %s | %s |\n".formatted(name, cell(value))));
        for (SluiceVariant variant : report.variants()) {
            out.append("| %s | %s |\n".formatted(variant.name(), cell(variant.description())));
        }
        goals(out, report);
        out.append("\n## Measurements\n\nMedians over the rounds, with the lowest and the highest in brackets.\n");
        Map<String, String> pictures = new LinkedHashMap<>();
        for (Report.Comparison comparison : report.comparisons()) {
            comparison(out, comparison, stem, pictures);
        }
        curves(out, report, stem, pictures);
        return new MarkdownReport(out.toString(), pictures);
    }

    /** What stands between two bars of a table. */
    static String cell(String value) {
        return value.replace("|", "\\|");
    }

    private static void goals(StringBuilder out, Report report) {
        List<Goal> goals = Goals.of(report);
        out.append("\n## Targets\n\n");
        if (goals.isEmpty()) {
            out.append("This run measured none of them.\n");
            return;
        }
        out.append("| target | measured | bound | |\n|---|---:|---:|---|\n");
        for (Goal goal : goals) {
            out.append("| %s | %s | %s | %s |\n"
                    .formatted(cell(goal.text()), goal.measuredText(), goal.boundText(), goal.verdict()));
        }
    }

    private static void comparison(
            StringBuilder out, Report.Comparison comparison, String stem, Map<String, String> pictures) {
        String title = "%s, %d connections".formatted(comparison.load(), comparison.connections());
        out.append("\n### %s\n\n".formatted(title));
        Unit unit = comparison.load().unit();
        StringJoiner head = new StringJoiner(" | ", "| | ", " |\n");
        StringJoiner rule = new StringJoiner("|", "|---|", "|\n");
        for (Metric metric : comparison.metrics()) {
            head.add(metric.title(unit));
            rule.add("---:");
        }
        out.append(head).append(rule);
        for (Report.Line line : comparison.lines()) {
            StringJoiner row = new StringJoiner(" | ", "| " + line.target() + " | ", " |\n");
            comparison
                    .metrics()
                    .forEach(metric -> row.add(figures(metric, line.values().get(metric))));
            out.append(row);
        }
        out.append('\n');
        comparison.notes().forEach(note -> out.append(note).append("\n\n"));
        for (Metric metric : DRAWN) {
            BarChart chart = new BarChart(title, metric.title(unit));
            for (Report.Line line : comparison.lines()) {
                @Nullable Spread spread = line.values().get(metric);
                if (spread != null) {
                    chart.add(line.target(), spread);
                }
            }
            if (!chart.isEmpty()) {
                String file = name(
                        stem,
                        comparison.load().toString(),
                        Integer.toString(comparison.connections()),
                        metric.key(unit));
                picture(out, pictures, file, chart.svg(), title + ": " + metric.title(unit));
            }
        }
    }

    /** How the cost grows with the number of connections, where a load was run with several. */
    private static void curves(StringBuilder out, Report report, String stem, Map<String, String> pictures) {
        for (LoadKind load : LoadKind.values()) {
            LineChart chart = new LineChart(load.toString(), "connections", Metric.CPU.title(load.unit()));
            List<Report.Comparison> same = report.comparisons().stream()
                    .filter(comparison -> comparison.load() == load)
                    .toList();
            for (Report.Comparison comparison : same) {
                for (Report.Line line : comparison.lines()) {
                    @Nullable Spread cpu = line.values().get(Metric.CPU);
                    if (cpu != null) {
                        chart.add(line.target(), comparison.connections(), cpu.median());
                    }
                }
            }
            if (same.size() > 1 && !chart.isEmpty()) {
                out.append("\n### %s by connections\n\n".formatted(load));
                picture(
                        out,
                        pictures,
                        name(stem, load.toString(), "connections", Metric.CPU.key(load.unit())),
                        chart.svg(),
                        load + ": CPU by connections");
            }
        }
    }

    private static String name(String... parts) {
        return String.join(STEM_SEPARATOR, parts) + ".svg";
    }

    private static void picture(
            StringBuilder out, Map<String, String> pictures, String file, String svg, String description) {
        pictures.put(file, svg);
        out.append("![%s](%s)\n".formatted(description, file));
    }

    private static String figures(Metric metric, @Nullable Spread spread) {
        if (spread == null) {
            return "-";
        }
        String format = "%." + metric.decimals() + "f";
        return String.format(
                Locale.ROOT, format + " [" + format + " " + format + "]", spread.median(), spread.min(), spread.max());
    }
}
