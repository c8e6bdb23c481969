package dev.sluice.benchmarks.macro;

import java.util.ArrayList;
import java.util.List;

/** Bars side by side from a common zero, each with the range of its rounds. Confined to one thread. */
final class BarChart {
    private static final double LEFT = 70;
    private static final double TOP = 40;
    private static final double BOTTOM = 40;
    private static final double PLOT_HEIGHT = 220;
    private static final double SLOT = 90;
    private static final double BAR = 50;
    private static final double WHISKER = 8;
    private static final String INK = "#333333";
    private static final String GRID = "#dddddd";
    private static final String COLOR = "#4477aa";

    private final String title;
    private final String unit;
    private final List<Bar> bars = new ArrayList<>();

    /** An empty chart; the unit is the name of the axis. */
    BarChart(String title, String unit) {
        this.title = title;
        this.unit = unit;
    }

    /** Adds a bar to the right of the others. */
    BarChart add(String name, Spread value) {
        bars.add(new Bar(name, value));
        return this;
    }

    boolean isEmpty() {
        return bars.isEmpty();
    }

    /** The picture. */
    String svg() {
        double width = Math.max(360, LEFT + SLOT * bars.size() + 20);
        double bottom = TOP + PLOT_HEIGHT;
        Svg svg = new Svg(width, bottom + BOTTOM).text(width / 2, 20, Svg.Anchor.MIDDLE, title);
        Axis axis = Axis.upTo(
                bars.stream().mapToDouble(bar -> bar.value().max()).max().orElse(1));
        for (double tick : axis.ticks()) {
            double y = bottom - axis.position(tick) * PLOT_HEIGHT;
            svg.line(LEFT, y, width - 10, y, GRID).text(LEFT - 6, y + 4, Svg.Anchor.END, Axis.label(tick));
        }
        svg.uprightText(16, TOP + PLOT_HEIGHT / 2, unit);
        double x = LEFT + SLOT / 2;
        for (Bar bar : bars) {
            draw(svg, axis, bar, x);
            x += SLOT;
        }
        return svg.line(LEFT, bottom, width - 10, bottom, INK).end();
    }

    private static void draw(Svg svg, Axis axis, Bar bar, double x) {
        double bottom = TOP + PLOT_HEIGHT;
        double height = axis.position(bar.value().median()) * PLOT_HEIGHT;
        double low = bottom - axis.position(bar.value().min()) * PLOT_HEIGHT;
        double high = bottom - axis.position(bar.value().max()) * PLOT_HEIGHT;
        String figures = "%s: %s [%s %s]"
                .formatted(
                        bar.name(),
                        Axis.label(bar.value().median()),
                        Axis.label(bar.value().min()),
                        Axis.label(bar.value().max()));
        svg.rectangle(x - BAR / 2, bottom - height, BAR, height, COLOR, figures)
                .line(x, low, x, high, INK)
                .line(x - WHISKER, low, x + WHISKER, low, INK)
                .line(x - WHISKER, high, x + WHISKER, high, INK)
                .text(x, bottom + 16, Svg.Anchor.MIDDLE, bar.name())
                .text(x, bottom + 31, Svg.Anchor.MIDDLE, Axis.label(bar.value().median()));
    }

    /** A value with its name. Immutable. */
    private record Bar(String name, Spread value) {}
}
