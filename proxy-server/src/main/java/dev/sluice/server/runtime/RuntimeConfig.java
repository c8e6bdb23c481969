package dev.sluice.server.runtime;

import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.SluiceConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The part of the configuration that operators change while traffic runs. Immutable.
 *
 * @param backends at least one, no address twice
 * @param features each on or off
 * @param removed servers that an operator removed and that must not come back by being discovered; none that is a backend,
 *     and the last {@link #REMOVED_MAX}
 */
public record RuntimeConfig(List<BackendIntent> backends, Map<Feature, Boolean> features, List<HostPort> removed) {
    /** So many removed servers are remembered. */
    static final int REMOVED_MAX = 256;

    /** Copies all. Features that are not named are on. */
    public RuntimeConfig {
        backends = List.copyOf(backends);
        List<HostPort> gone = new ArrayList<>(new LinkedHashSet<>(removed));
        backends.forEach(backend -> gone.remove(backend.address()));
        removed = List.copyOf(gone.subList(Math.max(0, gone.size() - REMOVED_MAX), gone.size()));
        Map<Feature, Boolean> all = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
            all.put(feature, features.getOrDefault(feature, true));
        }
        features = Collections.unmodifiableMap(all);
    }

    /** Nothing has been removed. */
    public RuntimeConfig(List<BackendIntent> backends, Map<Feature, Boolean> features) {
        this(backends, features, List.of());
    }

    /** What a file says. It has no keys for some of the features: they are on. */
    public static RuntimeConfig of(SluiceConfig file) {
        return new RuntimeConfig(
                file.backends().stream().map(BackendIntent::of).toList(),
                Map.of(Feature.READ_SPLITTING, file.routing().readSplitting()));
    }

    /**
     * The file's configuration with these backends.
     *
     * @throws IllegalArgumentException if a file could not say the same
     */
    public SluiceConfig appliedTo(SluiceConfig file) {
        return file.withBackends(backends.stream().map(BackendIntent::toConfig).toList());
    }

    /** The backend with an address, or null. */
    public @Nullable BackendIntent find(HostPort address) {
        return backends.stream()
                .filter(backend -> backend.address().equals(address))
                .findFirst()
                .orElse(null);
    }

    /** Whether a feature is on. */
    public boolean isOn(Feature feature) {
        return features.getOrDefault(feature, true);
    }

    /** With one backend more, or another in the place of one with the same address. */
    public RuntimeConfig with(BackendIntent backend) {
        List<BackendIntent> changed = new ArrayList<>(backends);
        changed.replaceAll(before -> before.address().equals(backend.address()) ? backend : before);
        if (!changed.contains(backend)) {
            changed.add(backend);
        }
        return new RuntimeConfig(changed, features, removed);
    }

    /** Without the backend of an address, which does not come back by itself. */
    public RuntimeConfig without(HostPort address) {
        List<HostPort> gone = new ArrayList<>(removed);
        gone.add(address);
        return new RuntimeConfig(
                backends.stream()
                        .filter(backend -> !backend.address().equals(address))
                        .toList(),
                features,
                gone);
    }

    /** With a feature on or off. */
    public RuntimeConfig with(Feature feature, boolean on) {
        Map<Feature, Boolean> changed = new EnumMap<>(features);
        changed.put(feature, on);
        return new RuntimeConfig(backends, changed, removed);
    }
}
