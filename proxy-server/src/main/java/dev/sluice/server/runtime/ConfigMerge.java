package dev.sluice.server.runtime;

import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.config.HostPort;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of changes made at run time when the file has changed meanwhile: a merge of three. What nobody changed at
 * run time follows the file; what was changed at run time stays, and is a conflict if the file changed it to something else.
 * Nothing is lost without being told. Confined to the thread that merges.
 */
final class ConfigMerge {
    private final RuntimeConfig oldFile;
    private final RuntimeConfig newFile;
    private final RuntimeConfig running;
    private final List<String> conflicts = new ArrayList<>();

    /**
     * The outcome. Immutable.
     *
     * @param config what is to be in force
     * @param conflicts a sentence for each change of the file that was not followed
     */
    record Outcome(RuntimeConfig config, List<String> conflicts) {
        Outcome {
            conflicts = List.copyOf(conflicts);
        }
    }

    private ConfigMerge(RuntimeConfig oldFile, RuntimeConfig newFile, RuntimeConfig running) {
        this.oldFile = oldFile;
        this.newFile = newFile;
        this.running = running;
    }

    /**
     * @param oldFile what the file said when it was last read
     * @param newFile what it says now
     * @param running what is in force
     */
    static Outcome of(RuntimeConfig oldFile, RuntimeConfig newFile, RuntimeConfig running) {
        return new ConfigMerge(oldFile, newFile, running).merge();
    }

    private Outcome merge() {
        Set<HostPort> addresses = new LinkedHashSet<>();
        // In the order of the file, so that a start without changes gives the file's order.
        newFile.backends().forEach(backend -> addresses.add(backend.address()));
        running.backends().forEach(backend -> addresses.add(backend.address()));
        List<BackendIntent> backends = new ArrayList<>();
        for (HostPort address : addresses) {
            BackendIntent merged = backend(oldFile.find(address), newFile.find(address), running.find(address));
            if (merged != null) {
                backends.add(merged);
            }
        }
        RuntimeConfig merged = new RuntimeConfig(backends, running.features(), running.removed());
        for (Feature feature : Feature.values()) {
            boolean value = value(
                    "features." + feature.name().toLowerCase(Locale.ROOT),
                    oldFile.isOn(feature),
                    newFile.isOn(feature),
                    running.isOn(feature));
            merged = merged.with(feature, value);
        }
        return new Outcome(merged, conflicts);
    }

    private @Nullable BackendIntent backend(
            @Nullable BackendIntent old, @Nullable BackendIntent file, @Nullable BackendIntent now) {
        if (now == null) {
            return removedAtRunTime(old, file);
        }
        if (file == null) {
            return notInTheFile(old, now);
        }
        String key = ConfigDifferences.keyOf(now.address());
        return now.withWeight(field(key + ".weight", old, file, now, BackendIntent::weight))
                .withZone(field(key + ".zone", old, file, now, BackendIntent::zone))
                .withConnectionsMax(field(key + ".max-connections", old, file, now, BackendIntent::connectionsMax));
    }

    private @Nullable BackendIntent removedAtRunTime(@Nullable BackendIntent old, @Nullable BackendIntent file) {
        if (old == null || file == null) {
            return file;
        }
        if (!old.equals(file)) {
            conflicts.add(ConfigDifferences.keyOf(file.address())
                    + " was removed at run time and changed in the file: it stays removed");
        }
        return null;
    }

    private @Nullable BackendIntent notInTheFile(@Nullable BackendIntent old, BackendIntent now) {
        if (old == null) {
            return now;
        }
        if (old.equals(now.withState(OperatorState.ACTIVE))) {
            return null;
        }
        conflicts.add(ConfigDifferences.keyOf(now.address())
                + " was changed at run time and removed from the file: it stays; REMOVE BACKEND removes it");
        return now;
    }

    private <T extends @Nullable Object> T field(
            String key,
            @Nullable BackendIntent old,
            BackendIntent file,
            BackendIntent now,
            Function<BackendIntent, T> of) {
        // Added at run time and then to the file: whatever differs was meant by both.
        return old == null
                ? kept(key, of.apply(file), of.apply(now))
                : value(key, of.apply(old), of.apply(file), of.apply(now));
    }

    private <T extends @Nullable Object> T value(String key, T old, T file, T now) {
        if (Objects.equals(now, old)) {
            return file;
        }
        return Objects.equals(file, old) ? now : kept(key, file, now);
    }

    private <T extends @Nullable Object> T kept(String key, T file, T now) {
        if (!Objects.equals(file, now)) {
            conflicts.add(key + " is " + now + " at run time and " + file + " in the file: it stays " + now);
        }
        return now;
    }
}
