package dev.sluice.benchmarks.macro;

import java.util.LinkedHashMap;
import java.util.Map;

/** Writes keys with dots as nested mappings of YAML. Thread-safe: functions without state. */
final class YamlTree {
    private YamlTree() {}

    /**
     * The text of all keys, in the order of their first parts.
     *
     * @param keys values by key; they are YAML already
     */
    static String of(Map<String, String> keys) {
        StringBuilder text = new StringBuilder();
        append(text, keys, "");
        return text.toString();
    }

    private static void append(StringBuilder text, Map<String, String> keys, String indent) {
        Map<String, Map<String, String>> nested = new LinkedHashMap<>();
        keys.forEach((key, value) -> {
            int dot = key.indexOf('.');
            String first = dot < 0 ? key : key.substring(0, dot);
            nested.computeIfAbsent(first, unused -> new LinkedHashMap<>())
                    .put(dot < 0 ? "" : key.substring(dot + 1), value);
        });
        nested.forEach((first, rest) -> {
            text.append(indent).append(first).append(':');
            if (rest.containsKey("")) {
                text.append(' ').append(rest.get("")).append('\n');
            } else {
                text.append('\n');
                append(text, rest, indent + "  ");
            }
        });
    }
}
