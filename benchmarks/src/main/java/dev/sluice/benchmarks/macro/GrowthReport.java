package dev.sluice.benchmarks.macro;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How the cost of a query grows. Immutable.
 *
 * @param environment what it was measured on, by name
 * @param curves the points of each curve, in the order of what grows
 */
record GrowthReport(Map<String, String> environment, Map<Curve, List<Point>> curves) {
    /**
     * What was measured at one point. Immutable.
     *
     * @param value how much there was of what grows
     * @param cpu microseconds of Sluice's CPU for a query
     * @param user the part of it that is not the kernel's
     * @param throughput queries in a second
     * @param p99 microseconds
     * @param resident resident memory of Sluice in millions of bytes
     */
    record Point(int value, double cpu, double user, double throughput, double p99, double resident) {}

    /**
     * The tables as Markdown.
     *
     * @param stem how the names of pictures begin; empty if there are none
     */
    String markdown(String stem) {
        StringBuilder out = new StringBuilder("# How the cost of a query grows\n\n| | |\n|---|---|\n");
        environment.forEach((name, value) -> out.append("| %s | %s |\n".formatted(name, MarkdownReport.cell(value))));
        curves.forEach((curve, points) -> {
            out.append("\n## %s\n\n".formatted(curve));
            out.append("| %s | CPU us/q | user | queries/s | p99 us | RSS MB |\n".formatted(curve.quantity()));
            out.append("|---:|---:|---:|---:|---:|---:|\n");
            for (Point point : points) {
                out.append(String.format(
                        Locale.ROOT,
                        "| %d | %.1f | %.1f | %.0f | %.0f | %.0f |\n",
                        point.value(),
                        point.cpu(),
                        point.user(),
                        point.throughput(),
                        point.p99(),
                        point.resident()));
            }
            if (!stem.isEmpty()) {
                out.append("\n![CPU by %s](%s)\n".formatted(curve.quantity(), file(stem, curve)));
            }
        });
        return out.toString();
    }

    /** A picture of each curve, by file name. */
    Map<String, String> pictures(String stem) {
        Map<String, String> pictures = new LinkedHashMap<>();
        curves.forEach((curve, points) -> {
            LineChart chart = new LineChart("CPU of a query", curve.quantity(), Metric.CPU.title(Unit.QUERY));
            for (Point point : points) {
                chart.add("all", point.value(), point.cpu()).add("user", point.value(), point.user());
            }
            pictures.put(file(stem, curve), chart.svg());
        });
        return pictures;
    }

    private static String file(String stem, Curve curve) {
        return stem + "-" + curve + ".svg";
    }
}
