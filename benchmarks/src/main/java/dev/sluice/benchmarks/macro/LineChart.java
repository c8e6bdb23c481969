package dev.sluice.benchmarks.macro;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Values of several targets over a common quantity that grows by factors. Confined to one thread. */
final class LineChart {
    private static final double LEFT = 70;
    private static final double TOP = 40;
    private static final double WIDTH = 640;
    private static final double PLOT_WIDTH = 420;
    private static final double PLOT_HEIGHT = 260;
    private static final double LEGEND = 505;
    private static final double LEGEND_ROW = 18;
    private static final String INK = "#333333";
    private static final String GRID = "#dddddd";
    private static final String[] COLORS = {"#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#777777"
    };

    private final String title;
    private final String quantity;
    private final String unit;
    private final Map<String, NavigableMap<Double, Double>> lines = new LinkedHashMap<>();

    /** An empty chart; quantity and unit are the names of its axes. */
    LineChart(String title, String quantity, String unit) {
        this.title = title;
        this.quantity = quantity;
        this.unit = unit;
    }

    /** Adds a point of a line; the quantity is positive. */
    LineChart add(String line, double at, double value) {
        lines.computeIfAbsent(line, unused -> new TreeMap<>()).put(at, value);
        return this;
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    /** The picture. */
    String svg() {
        double bottom = TOP + PLOT_HEIGHT;
        Svg svg = new Svg(WIDTH, bottom + 50).text(LEFT + PLOT_WIDTH / 2, 20, Svg.Anchor.MIDDLE, title);
        Axis vertical = Axis.upTo(lines.values().stream()
                .flatMap(line -> line.values().stream())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(1));
        Axis horizontal = horizontal();
        for (double tick : vertical.ticks()) {
            double y = bottom - vertical.position(tick) * PLOT_HEIGHT;
            svg.line(LEFT, y, LEFT + PLOT_WIDTH, y, GRID).text(LEFT - 6, y + 4, Svg.Anchor.END, Axis.label(tick));
        }
        lines.values().stream()
                .flatMap(line -> line.keySet().stream())
                .distinct()
                .sorted()
                .forEach(at -> svg.text(
                        LEFT + horizontal.position(at) * PLOT_WIDTH, bottom + 16, Svg.Anchor.MIDDLE, Axis.label(at)));
        svg.line(LEFT, bottom, LEFT + PLOT_WIDTH, bottom, INK)
                .line(LEFT, TOP, LEFT, bottom, INK)
                .text(LEFT + PLOT_WIDTH / 2, bottom + 38, Svg.Anchor.MIDDLE, quantity)
                .uprightText(16, TOP + PLOT_HEIGHT / 2, unit);
        int number = 0;
        for (Map.Entry<String, NavigableMap<Double, Double>> line : lines.entrySet()) {
            String color = COLORS[number % COLORS.length];
            draw(svg, horizontal, vertical, line, color);
            double y = TOP + LEGEND_ROW * number++;
            svg.rectangle(LEGEND, y, 12, 12, color, "").text(LEGEND + 18, y + 10, Svg.Anchor.START, line.getKey());
        }
        return svg.end();
    }

    private Axis horizontal() {
        double smallest = Double.MAX_VALUE;
        double largest = 0;
        for (NavigableMap<Double, Double> line : lines.values()) {
            smallest = Math.min(smallest, line.firstKey());
            largest = Math.max(largest, line.lastKey());
        }
        return Axis.between(smallest, largest);
    }

    private static void draw(
            Svg svg,
            Axis horizontal,
            Axis vertical,
            Map.Entry<String, NavigableMap<Double, Double>> line,
            String color) {
        double lastX = Double.NaN;
        double lastY = Double.NaN;
        for (Map.Entry<Double, Double> point : line.getValue().entrySet()) {
            double x = LEFT + horizontal.position(point.getKey()) * PLOT_WIDTH;
            double y = TOP + PLOT_HEIGHT - vertical.position(point.getValue()) * PLOT_HEIGHT;
            if (!Double.isNaN(lastX)) {
                svg.line(lastX, lastY, x, y, color);
            }
            svg.circle(
                    x,
                    y,
                    3,
                    color,
                    "%s at %s: %s".formatted(line.getKey(), Axis.label(point.getKey()), Axis.label(point.getValue())));
            lastX = x;
            lastY = y;
        }
    }
}
