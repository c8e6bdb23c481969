package dev.sluice.benchmarks.macro;

import java.util.Locale;

/** The text of a picture while it is drawn; lengths are in pixels from the upper left corner. Confined to one thread. */
final class Svg {
    /** Where a text ends up relative to its position. */
    enum Anchor {
        START,
        MIDDLE,
        END
    }

    private final StringBuilder text = new StringBuilder();

    /** An empty picture. */
    Svg(double width, double height) {
        text.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\""
                        + " font-family=\"sans-serif\" font-size=\"12\">\n",
                width,
                height,
                width,
                height));
        rectangle(0, 0, width, height, "#ffffff", "");
    }

    /** A filled rectangle; the title is shown when the pointer rests on it. */
    Svg rectangle(double x, double y, double width, double height, String color, String title) {
        text.append(String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"",
                x,
                y,
                width,
                height,
                color));
        close("rect", title);
        return this;
    }

    Svg line(double x1, double y1, double x2, double y2, String color) {
        text.append(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
                x1,
                y1,
                x2,
                y2,
                color));
        return this;
    }

    Svg circle(double x, double y, double radius, String color, String title) {
        text.append(String.format(
                Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"", x, y, radius, color));
        close("circle", title);
        return this;
    }

    Svg text(double x, double y, Anchor anchor, String content) {
        text.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
                x,
                y,
                anchor.name().toLowerCase(Locale.ROOT),
                escaped(content)));
        return this;
    }

    /** Text from bottom to top, for the name of an axis. */
    Svg uprightText(double x, double y, String content) {
        text.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" transform=\"rotate(-90 %.1f %.1f)\">%s</text>\n",
                x,
                y,
                x,
                y,
                escaped(content)));
        return this;
    }

    private void close(String element, String title) {
        text.append(title.isEmpty() ? "/>" : "><title>" + escaped(title) + "</title></" + element + ">");
        text.append('\n');
    }

    static String escaped(String content) {
        return content.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** The whole picture. */
    String end() {
        return text + "</svg>\n";
    }
}
