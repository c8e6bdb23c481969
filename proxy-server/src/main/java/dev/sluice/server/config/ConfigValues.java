package dev.sluice.server.config;

import dev.sluice.router.session.Consistency;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The values of a configuration by the keys of the file, as a person would write them there; secrets are masked. The backends
 * are not among them. It follows the records, so that a new key cannot be forgotten here. Functions only.
 */
public final class ConfigValues {
    private static final Map<String, ConfigKey<?>> KEYS =
            ConfigKeys.all().stream().collect(Collectors.toMap(ConfigKey::path, key -> key));

    private ConfigValues() {}

    /** Every key with its value, in the order of the reference; keys that are absent and have no default are missing. */
    public static Map<String, String> of(SluiceConfig config) {
        Map<String, Object> found = objects(config);
        Map<String, String> values = new LinkedHashMap<>();
        for (ConfigKey<?> key : ConfigKeys.all()) {
            Object value = found.get(key.path());
            if (value != null) {
                values.put(key.path(), text(key, value));
            }
        }
        return values;
    }

    /** The keys whose values differ, changed secrets included. */
    public static Set<String> changed(SluiceConfig before, SluiceConfig after) {
        Map<String, Object> old = objects(before);
        Map<String, Object> now = objects(after);
        Map<String, Object> union = new TreeMap<>(old);
        union.putAll(now);
        union.keySet().removeIf(key -> {
            Object was = old.get(key);
            return was != null && was.equals(now.get(key));
        });
        return union.keySet();
    }

    private static Map<String, Object> objects(SluiceConfig config) {
        Map<String, Object> found = new HashMap<>();
        walk(config, "", found);
        return found;
    }

    private static void walk(Record section, String path, Map<String, Object> found) {
        for (RecordComponent component : section.getClass().getRecordComponents()) {
            Object value = value(section, component);
            if (value instanceof Optional<?> optional) {
                value = optional.orElse(null);
            }
            String below = path.isEmpty() ? section(component) : path + "." + kebab(component.getName());
            if (value == null || value instanceof List<?>) {
                continue;
            }
            if (value instanceof Map<?, ?> users) {
                putUsers(users, found);
                continue;
            }
            if (value instanceof Record inner && !(value instanceof HostPort || value instanceof AccessList)) {
                walk(inner, below, found);
                continue;
            }
            String key = key(below);
            if (key != null) {
                found.put(key, value);
            }
        }
    }

    /** The only list besides the backends: what is said about single users, in the order of their names. */
    private static void putUsers(Map<?, ?> consistencyByUser, Map<String, Object> found) {
        if (consistencyByUser.isEmpty()) {
            return;
        }
        Map<Object, Object> sorted = new TreeMap<>(consistencyByUser);
        found.put(
                ConfigKeys.ROUTING_USER_NAME.path(),
                sorted.keySet().stream().map(String::valueOf).collect(Collectors.joining(", ")));
        found.put(
                ConfigKeys.ROUTING_USER_CONSISTENCY.path(),
                sorted.values().stream()
                        .map(mode -> ValueType.spelling((Consistency) mode))
                        .collect(Collectors.joining(", ")));
    }

    private static @Nullable Object value(Record section, RecordComponent component) {
        try {
            return component.getAccessor().invoke(section);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("the component " + component + " cannot be read", e);
        }
    }

    /**
     * The key of a component. Records are nested deeper than the file where that makes better records: the innermost
     * sections may be missing in the key, or be part of its last name; and a component may be called by more words.
     */
    private static @Nullable String key(String path) {
        if (KEYS.containsKey(path)) {
            return path;
        }
        int last = path.lastIndexOf('.');
        if (last < 0) {
            return null;
        }
        String section = path.substring(0, last);
        String name = path.substring(last + 1);
        String lastWord = name.substring(name.lastIndexOf('-') + 1);
        int inner = section.lastIndexOf('.');
        String outer = inner < 0 ? "" : section.substring(0, inner + 1);
        for (String candidate : List.of(section + "-" + name, outer + name, section + "." + lastWord)) {
            if (KEYS.containsKey(candidate)) {
                return candidate;
            }
        }
        boolean whole = name.equals("kind") || name.equals("mode") || name.equals("use");
        return whole && KEYS.containsKey(section) ? section : null;
    }

    /** The section of the file; that of switchovers is a part of the operators'. */
    private static String section(RecordComponent component) {
        return component.getType() == SwitchoverConfig.class ? "admin.switchover" : kebab(component.getName());
    }

    private static String kebab(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private static String text(ConfigKey<?> key, Object value) {
        if (value instanceof Duration duration) {
            return Quantities.text(duration);
        }
        if (value instanceof Enum<?> choice) {
            return ValueType.spelling(choice);
        }
        return value instanceof Integer bytes && key.type().name().equals("size")
                ? Quantities.text(bytes)
                : String.valueOf(value);
    }
}
