package dev.sluice.benchmarks.macro;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/**
 * How often which calls were found on the stacks of threads, or how much was allocated there, drawn as boxes: the wider,
 * the more; callers below what they call. Confined to one thread.
 */
final class FlameGraph {
    /** What of a recording is drawn. Immutable. */
    enum Kind {
        /** Where threads were found at work, at regular intervals. */
        TIME(
                "jdk.ExecutionSample",
                "samples of Java code by JFR",
                "Time in native code and in the kernel, which is most of a relay's, is not in it."),
        /** Which objects were allocated where, by bytes: the JVM takes samples of them. */
        ALLOCATION(
                "jdk.ObjectAllocationSample",
                "bytes of objects, estimated by JFR",
                "Each stack ends with the type that was allocated.");

        private final String event;
        private final String unit;
        private final String remark;

        Kind(String event, String unit, String remark) {
            this.event = event;
            this.unit = unit;
            this.remark = remark;
        }
    }

    private static final double WIDTH = 1200;
    private static final double ROW = 17;
    private static final double TOP = 46;
    private static final double TEXT_WIDTH_MIN = 30;
    private static final double CHARACTER = 6.6;
    private static final double BOX_WIDTH_MIN = 0.4;
    private static final double PERCENT = 100;

    private final Node root = new Node("all");
    private final Kind kind;

    /** An empty graph. */
    FlameGraph(Kind kind) {
        this.kind = kind;
    }

    /** The graph of all events of that kind in a recording. */
    static FlameGraph read(Path recording, Kind kind) throws IOException {
        FlameGraph graph = new FlameGraph(kind);
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                if (event.getEventType().getName().equals(kind.event)) {
                    graph.add(event);
                }
            }
        }
        return graph;
    }

    private void add(RecordedEvent event) {
        @Nullable RecordedStackTrace stack = event.getStackTrace();
        if (stack == null) {
            return;
        }
        List<String> calls = new ArrayList<>();
        for (RecordedFrame frame : stack.getFrames()) {
            calls.add(name(frame.getMethod()));
        }
        String threadField = kind == Kind.TIME ? "sampledThread" : "eventThread";
        @Nullable RecordedThread thread = event.getThread(threadField);
        calls.add(thread == null ? "?" : String.valueOf(thread.getJavaName()));
        Collections.reverse(calls);
        if (kind == Kind.ALLOCATION) {
            calls.add(event.getClass("objectClass").getName());
            add(calls, event.getLong("weight"));
        } else {
            add(calls, 1);
        }
    }

    private static String name(RecordedMethod method) {
        String type = method.getType().getName();
        return type.substring(type.lastIndexOf('.') + 1) + "." + method.getName();
    }

    /** Adds a stack, the outermost call first, so and so many times. */
    void add(List<String> calls, long times) {
        root.count += times;
        Node node = root;
        for (String call : calls) {
            node = node.callees.computeIfAbsent(call, Node::new);
            node.count += times;
        }
    }

    long total() {
        return root.count;
    }

    /** The picture; each box says its share when the pointer rests on it. */
    String svg(String title) {
        double height = TOP + ROW * (root.depth() + 1);
        Svg svg = new Svg(WIDTH, height)
                .text(WIDTH / 2, 18, Svg.Anchor.MIDDLE, "%s: %d %s".formatted(title, root.count, kind.unit))
                .text(WIDTH / 2, 36, Svg.Anchor.MIDDLE, kind.remark);
        if (root.count > 0) {
            draw(svg, root, 0, height - ROW);
        }
        return svg.end();
    }

    private void draw(Svg svg, Node node, double x, double y) {
        double width = WIDTH * node.count / root.count;
        if (width < BOX_WIDTH_MIN) {
            return;
        }
        String share = String.format(Locale.ROOT, "%.1f", PERCENT * node.count / root.count);
        svg.rectangle(x, y, Math.max(width - 0.5, 0.3), ROW - 1, color(node.call), node.call + ": " + share + " %");
        int characters = (int) (width / CHARACTER);
        if (width >= TEXT_WIDTH_MIN) {
            String shown = node.call.length() <= characters ? node.call : node.call.substring(0, characters - 1) + "…";
            svg.text(x + 2, y + 12, Svg.Anchor.START, shown);
        }
        double next = x;
        for (Node callee : node.callees.values()) {
            draw(svg, callee, next, y - ROW);
            next += WIDTH * callee.count / root.count;
        }
    }

    /** The same call has the same color everywhere. */
    private static String color(String call) {
        int hash = call.hashCode();
        int green = 120 + Math.floorMod(hash, 100);
        int blue = 40 + Math.floorMod(hash >> 8, 60);
        return "#%02x%02x%02x".formatted(230, green, blue);
    }

    /** A call by a certain caller. Confined to one thread. */
    private static final class Node {
        private final String call;
        private final Map<String, Node> callees = new TreeMap<>();
        private long count;

        Node(String call) {
            this.call = call;
        }

        int depth() {
            return 1 + callees.values().stream().mapToInt(Node::depth).max().orElse(0);
        }
    }
}
