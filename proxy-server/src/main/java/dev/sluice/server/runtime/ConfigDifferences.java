package dev.sluice.server.runtime;

import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.config.HostPort;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says in which keys two configurations differ. Functions only. */
final class ConfigDifferences {
    private ConfigDifferences() {}

    /**
     * A key with two values. Immutable.
     *
     * @param key for example {@code backends[127.0.0.1:3306].weight}
     * @param before null if there was none
     * @param after null if there is none
     */
    record Difference(
            String key, @Nullable String before, @Nullable String after) {
        @Override
        public String toString() {
            return key + ": " + (before == null ? "absent" : before) + " -> " + (after == null ? "absent" : after);
        }
    }

    /** Every key in which they differ, backends first. */
    static List<Difference> between(RuntimeConfig before, RuntimeConfig after) {
        Map<String, String> old = values(before);
        Map<String, String> now = values(after);
        Set<String> keys = new LinkedHashSet<>(old.keySet());
        keys.addAll(now.keySet());
        List<Difference> differences = new ArrayList<>();
        for (String key : keys) {
            @Nullable String was = old.get(key);
            @Nullable String is = now.get(key);
            if (was == null ? is != null : !was.equals(is)) {
                differences.add(new Difference(key, was, is));
            }
        }
        return differences;
    }

    /** Every key with its value, as a person writes it. */
    static Map<String, String> values(RuntimeConfig config) {
        Map<String, String> values = new LinkedHashMap<>();
        for (BackendIntent backend : config.backends()) {
            String prefix = keyOf(backend.address());
            values.put(prefix + ".weight", Integer.toString(backend.weight()));
            if (backend.zone() != null) {
                values.put(prefix + ".zone", backend.zone());
            }
            values.put(prefix + ".max-connections", Integer.toString(backend.connectionsMax()));
            if (backend.state() != OperatorState.ACTIVE) {
                values.put(prefix + ".state", backend.state().name().toLowerCase(Locale.ROOT));
            }
        }
        for (Feature feature : Feature.values()) {
            values.put("features." + feature.name().toLowerCase(Locale.ROOT), config.isOn(feature) ? "on" : "off");
        }
        return values;
    }

    static String keyOf(HostPort address) {
        return "backends[" + address + "]";
    }
}
