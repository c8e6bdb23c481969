package dev.sluice.benchmarks.macro;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes a report for people: what it ran on, then a table for each load. Thread-safe: a function without state. */
final class TextReport {
    private static final String BASELINE = "haproxy";
    private static final String SUBJECT = "sluice";
    private static final String GAP = "  ";

    private TextReport() {}

    /** The whole report, each line ended. */
    static String of(Report report) {
        StringBuilder out = new StringBuilder();
        report.environment().forEach((name, value) -> out.append("%-9s %s%n".formatted(name + ":", value)));
        out.append("Medians over the rounds, with [lowest highest] where it matters.\n");
        for (Report.Comparison comparison : report.comparisons()) {
            out.append('\n').append("%s, %d connections%n".formatted(comparison.load(), comparison.connections()));
            table(out, comparison.lines());
            ratios(out, comparison.lines());
        }
        return out.toString();
    }

    private static void table(StringBuilder out, List<Report.Line> lines) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(""));
        for (Metric metric : Metric.values()) {
            head.add(metric.title());
        }
        rows.add(head);
        for (Report.Line line : lines) {
            List<String> row = new ArrayList<>(List.of(line.target()));
            for (Metric metric : Metric.values()) {
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

    private static void ratios(StringBuilder out, List<Report.Line> lines) {
        Optional<Report.Line> subject = named(lines, SUBJECT);
        Optional<Report.Line> baseline = named(lines, BASELINE);
        if (subject.isPresent() && baseline.isPresent()) {
            out.append("sluice / haproxy:")
                    .append(ratio(subject.get(), baseline.get(), Metric.CPU))
                    .append(',')
                    .append(ratio(subject.get(), baseline.get(), Metric.THROUGHPUT))
                    .append(',')
                    .append(ratio(subject.get(), baseline.get(), Metric.P99))
                    .append('\n');
        }
    }

    private static Optional<Report.Line> named(List<Report.Line> lines, String target) {
        return lines.stream().filter(line -> line.target().equals(target)).findFirst();
    }

    private static String ratio(Report.Line subject, Report.Line baseline, Metric metric) {
        @Nullable Spread of = subject.values().get(metric);
        @Nullable Spread to = baseline.values().get(metric);
        return of == null || to == null || to.median() == 0
                ? " " + metric.title() + " -"
                : String.format(Locale.ROOT, " %s %.2f", metric.title(), of.median() / to.median());
    }
}
