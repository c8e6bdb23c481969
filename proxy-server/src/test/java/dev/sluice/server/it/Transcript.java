package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a driver told its application, step by step; two of them say whether a conversation went the same way. Thread-safe:
 * confined to the test's thread.
 */
final class Transcript {
    /** More of a difference than this helps nobody. */
    private static final int LINES_SHOWN = 4;

    private static final int LINE_SHOWN = 400;

    private final Map<String, List<String>> steps = new LinkedHashMap<>();
    private List<String> current = new ArrayList<>();

    /** Begins a step, to which all lines belong that follow. */
    void begin(String step) {
        current = new ArrayList<>();
        List<String> before = steps.put(step, current);
        assertThat(before).as("a step of this name before: " + step).isNull();
    }

    void add(String line) {
        current.add(line);
    }

    /** All lines as one text, for tests about what is in them. */
    String text() {
        return steps.toString();
    }

    /** Fails with the differing steps unless this is what a direct connection told, word by word. */
    void assertSameAs(Transcript direct) {
        assertThat(steps.keySet()).as("steps").containsExactlyElementsOf(direct.steps.keySet());
        assertThat(steps.values().stream().mapToInt(List::size).sum())
                .as("lines")
                .isPositive();
        List<String> differences = new ArrayList<>();
        for (Map.Entry<String, List<String>> step : steps.entrySet()) {
            List<String> there = direct.steps.getOrDefault(step.getKey(), List.of());
            if (!there.equals(step.getValue())) {
                differences.add(difference(step.getKey(), there, step.getValue()));
            }
        }
        assertThat(differences).as("steps that differ from a direct connection").isEmpty();
    }

    private static String difference(String step, List<String> direct, List<String> proxied) {
        StringBuilder text = new StringBuilder("\n== ").append(step);
        int shown = 0;
        for (int i = 0; i < Math.max(direct.size(), proxied.size()) && shown < LINES_SHOWN; i++) {
            String one = i < direct.size() ? direct.get(i) : "(nothing)";
            String other = i < proxied.size() ? proxied.get(i) : "(nothing)";
            if (!one.equals(other)) {
                shown++;
                int same = mismatch(one, other);
                text.append("\n  line %d direct:  %s".formatted(i, cut(one, same)));
                text.append("\n  line %d proxied: %s".formatted(i, cut(other, same)));
            }
        }
        return text.toString();
    }

    private static int mismatch(String one, String other) {
        int i = 0;
        while (i < Math.min(one.length(), other.length()) && one.charAt(i) == other.charAt(i)) {
            i++;
        }
        return i;
    }

    /** The part of a line around the first character that differs. */
    private static String cut(String line, int at) {
        int from = Math.max(0, at - LINE_SHOWN / 2);
        int to = Math.min(line.length(), from + LINE_SHOWN);
        return (from == 0 ? "" : "...") + line.substring(from, to) + (to == line.length() ? "" : "...");
    }
}
