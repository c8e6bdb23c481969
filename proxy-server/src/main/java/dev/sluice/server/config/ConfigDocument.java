package dev.sluice.server.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.NodeType;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * The shape of a parsed file checked against {@link ConfigKeys}: every scalar by its path, every section by its path.
 * Unknown keys, repeated keys and values of the wrong kind are reported here; what the values mean is
 * {@link ConfigBinder}'s business. The walk follows the table and not the file, so its depth is bounded even for a file
 * whose aliases form a circle. Confined to the loading thread.
 */
final class ConfigDocument {
    private static final Map<String, Set<String>> CHILDREN = children();
    private static final Set<String> LEAVES = leaves();
    private static final Set<String> LISTS = ConfigKeys.all().stream()
            .filter(key -> key.type().isList())
            .map(ConfigKey::path)
            .collect(Collectors.toUnmodifiableSet());

    private final Problems problems;
    private final Map<String, ScalarNode> scalars = new HashMap<>();
    private final Map<String, Node> sections = new HashMap<>();
    private final Map<String, Integer> listSizes = new HashMap<>();

    ConfigDocument(Node root, Problems problems) {
        this.problems = problems;
        sections.put("", root);
        if (root instanceof MappingNode mapping) {
            walk(mapping, "", "");
        } else {
            problems.add(root, "", "the file is " + kind(root) + " and not a mapping", "start with listen: host:port");
        }
    }

    /** The names that may stand in each section; the pattern of a section ends with a dot, the root's is empty. */
    private static Map<String, Set<String>> children() {
        Map<String, Set<String>> children = new HashMap<>();
        for (ConfigKey<?> key : ConfigKeys.all()) {
            String section = "";
            for (String name : key.path().split("\\.", -1)) {
                children.computeIfAbsent(section, absent -> new LinkedHashSet<>())
                        .add(name.replace("[]", ""));
                section = section + name + ".";
            }
        }
        return children;
    }

    private static Set<String> leaves() {
        Set<String> leaves = new LinkedHashSet<>();
        ConfigKeys.all().forEach(key -> leaves.add(key.path()));
        return leaves;
    }

    /** The scalar at a path such as {@code backends[1].weight}. */
    Optional<ScalarNode> scalar(String path) {
        return Optional.ofNullable(scalars.get(path));
    }

    /** The node to point at when something is missing in a section: the innermost one that exists. */
    Node section(String path) {
        @Nullable Node node = sections.get(path);
        int parent = path.lastIndexOf('.');
        return node != null ? node : section(parent < 0 ? "" : path.substring(0, parent));
    }

    /** The number of elements of a list; 0 if it is absent. */
    int listSize(String path) {
        return listSizes.getOrDefault(path, 0);
    }

    /** Whether the file says something about this path, right or wrong. */
    boolean mentions(String path) {
        return sections.containsKey(path) || scalars.containsKey(path);
    }

    private void walk(MappingNode mapping, String pattern, String path) {
        Map<String, Node> seen = new LinkedHashMap<>();
        Set<String> names = CHILDREN.getOrDefault(pattern, Set.of());
        for (NodeTuple entry : mapping.getValue()) {
            Node keyNode = entry.getKeyNode();
            if (!(keyNode instanceof ScalarNode key)) {
                problems.add(keyNode, "", "a key is " + kind(keyNode), "write a name");
                continue;
            }
            String name = key.getValue();
            @Nullable Node first = seen.putIfAbsent(name, key);
            if (first != null) {
                problems.add(key, path + name, "is given twice, first in line " + line(first), "remove one of them");
            } else if (names.contains(name)) {
                enter(entry.getValueNode(), pattern + name, path + name);
            } else if (ConfigKeys.REPLACED.containsKey(pattern + name)) {
                String remedy = ConfigKeys.REPLACED.getOrDefault(pattern + name, "");
                problems.add(key, path + name, "is a key of an earlier version", remedy);
            } else {
                problems.add(key, path + name, "is not a known key", suggestion(name, names));
            }
        }
    }

    private void enter(Node value, String pattern, String path) {
        sections.put(path, value);
        if (LEAVES.contains(pattern)) {
            leaf(LISTS.contains(pattern) ? joined(value) : value, path);
        } else if (CHILDREN.containsKey(pattern + "[].")) {
            list(value, pattern + "[].", path);
        } else if (value instanceof MappingNode mapping) {
            walk(mapping, pattern + ".", path + ".");
        } else if (!isNull(value)) {
            problems.add(value, path, "is " + kind(value) + " and not a section", "write its keys indented below it");
        }
    }

    /** A list of single values as one value, with commas; anything else as it is. */
    private static Node joined(Node value) {
        if (!(value instanceof SequenceNode sequence)
                || !sequence.getValue().stream().allMatch(ScalarNode.class::isInstance)) {
            return value;
        }
        String text = sequence.getValue().stream()
                .map(element -> ((ScalarNode) element).getValue())
                .collect(Collectors.joining(", "));
        return new ScalarNode(Tag.STR, true, text, ScalarStyle.PLAIN, value.getStartMark(), value.getEndMark());
    }

    private void leaf(Node value, String path) {
        if (!(value instanceof ScalarNode scalar)) {
            problems.add(value, path, "is " + kind(value) + " and not a single value", "write one value");
        } else if (isNull(scalar)) {
            problems.add(value, path, "has no value", "write one or remove the key");
        } else {
            scalars.put(path, scalar);
        }
    }

    private void list(Node value, String pattern, String path) {
        if (!(value instanceof SequenceNode sequence)) {
            String what = isNull(value) ? "is empty" : "is " + kind(value) + " and not a list";
            problems.add(value, path, what, "write each element on its own line, starting with a dash");
            return;
        }
        List<Node> elements = sequence.getValue();
        listSizes.put(path, elements.size());
        for (int i = 0; i < elements.size(); i++) {
            Node element = elements.get(i);
            String elementPath = path + "[" + i + "]";
            sections.put(elementPath, element);
            if (element instanceof MappingNode mapping) {
                walk(mapping, pattern, elementPath + ".");
            } else {
                problems.add(
                        element,
                        elementPath,
                        "is " + kind(element) + " and not a section",
                        pattern.equals("backends[].") ? "write - address: host:port" : "write - name: NAME");
            }
        }
    }

    private static String suggestion(String name, Set<String> siblings) {
        @Nullable String nearest = NearestName.of(name, siblings);
        if (nearest != null) {
            return "did you mean " + nearest + "?";
        }
        List<String> elsewhere = new ArrayList<>(LEAVES);
        elsewhere.removeIf(path -> !path.endsWith("." + NearestName.kebab(name)));
        return elsewhere.isEmpty()
                ? "remove it; the keys here are " + String.join(", ", siblings)
                : "did you mean " + String.join(" or ", elsewhere) + "?";
    }

    private static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }

    private static String kind(Node node) {
        if (isNull(node)) {
            return "empty";
        }
        return node.getNodeType() == NodeType.MAPPING
                ? "a section"
                : node.getNodeType() == NodeType.SEQUENCE ? "a list" : "a single value";
    }
}
