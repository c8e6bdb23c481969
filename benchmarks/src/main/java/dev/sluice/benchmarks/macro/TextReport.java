package dev.sluice.benchmarks.macro;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Writes a report for people: what it ran on, then a table for each load. Thread-safe: a function without state. */
final class TextReport {
    private static final String GAP = "  ";

    private TextReport() {}

    /** The whole report, each line ended. */
    static String of(Report report) {
        StringBuilder out = new StringBuilder();
        report.environment().forEach((name, value) -> out.append("%-9s %s%n".formatted(name + ":", value)));
        report.variants()
                .forEach(variant -> out.append("%-9s %s%n".formatted(variant.name() + ":", variant.description())));
        out.append("Medians over the rounds, with [lowest highest] where it matters.\n");
        for (Report.Comparison comparison : report.comparisons()) {
            out.append('\n').append("%s, %d connections%n".formatted(comparison.load(), comparison.connections()));
            table(out, comparison);
            ratios(out, comparison);
            comparison.notes().forEach(note -> out.append(note).append('\n'));
        }
        goals(out, Goals.of(report));
        return out.toString();
    }

    private static void goals(StringBuilder out, List<Goal> goals) {
        if (goals.isEmpty()) {
            return;
        }
        out.append("\nTargets\n");
        List<List<String>> rows = new ArrayList<>();
        goals.forEach(goal -> rows.add(List.of(goal.text(), goal.measuredText(), goal.boundText(), goal.verdict())));
        rows.forEach(row -> append(out, row, rows));
    }

    private static void table(StringBuilder out, Report.Comparison comparison) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(""));
        for (Metric metric : comparison.metrics()) {
            head.add(metric.title(comparison.load().unit()));
        }
        rows.add(head);
        for (Report.Line line : comparison.lines()) {
            List<String> row = new ArrayList<>(List.of(line.target()));
            for (Metric metric : comparison.metrics()) {
                row.add(cell(metric, line.values().get(metric)));
            }
            rows.add(row);
        }
        rows.forEach(row -> append(out, row, rows));
    }

    private static String cell(Metric metric, @Nullable Spread spread) {
        if (spread == null) {
            return "-";
        }
        String median = number(metric, spread.median());
        boolean spelledOut = metric == Metric.THROUGHPUT || metric == Metric.P99 || metric == Metric.CPU;
        return spelledOut
                ? median + " [" + number(metric, spread.min()) + " " + number(metric, spread.max()) + "]"
                : median;
    }

    private static String number(Metric metric, double value) {
        return String.format(Locale.ROOT, "%." + metric.decimals() + "f", value);
    }

    private static void append(StringBuilder out, List<String> row, List<List<String>> all) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < row.size(); column++) {
            int index = column;
            int width = all.stream().mapToInt(r -> r.get(index).length()).max().orElse(0);
            String padding = " ".repeat(width - row.get(column).length());
            line.append(column == 0 ? row.get(column) + padding : GAP + padding + row.get(column));
        }
        out.append(line.toString().stripTrailing()).append('\n');
    }

    /** Of everything whose CPU was measured to HAProxy. */
    private static void ratios(StringBuilder out, Report.Comparison comparison) {
        for (Report.Line line : comparison.lines()) {
            OptionalDouble cpu = ratio(comparison, line.target(), Metric.CPU);
            if (line.target().equals(HaProxy.NAME) || cpu.isEmpty()) {
                continue;
            }
            StringJoiner ratios = new StringJoiner(",");
            for (Metric metric : List.of(Metric.CPU, Metric.THROUGHPUT, Metric.P99)) {
                ratio(comparison, line.target(), metric)
                        .ifPresent(value -> ratios.add(String.format(
                                Locale.ROOT,
                                " %s %.2f",
                                metric.title(comparison.load().unit()),
                                value)));
            }
            out.append(line.target())
                    .append(" / ")
                    .append(HaProxy.NAME)
                    .append(':')
                    .append(ratios)
                    .append('\n');
        }
    }

    private static OptionalDouble ratio(Report.Comparison comparison, String target, Metric metric) {
        OptionalDouble of = comparison.median(target, metric);
        OptionalDouble to = comparison.median(HaProxy.NAME, metric);
        return of.isEmpty() || to.isEmpty() || to.getAsDouble() == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(of.getAsDouble() / to.getAsDouble());
    }
}
