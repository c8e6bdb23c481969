package dev.sluice.server.runtime;

import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.config.HostPort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The file in the state directory that outlives the process: the history of the configuration, and what the configuration
 * file said when it was last read. YAML below a line with a checksum, so that a damaged file is recognised instead of being
 * half believed. Immutable.
 */
final class StateFile {
    private static final String CHECKSUM = "# sha256 ";
    private static final int CODE_POINTS_MAX = 64 << 20;

    private final Path path;

    StateFile(Path path) {
        this.path = path;
    }

    /**
     * What the file holds. Immutable.
     *
     * @param file what the configuration file said
     * @param history oldest first, at least one
     */
    record Content(RuntimeConfig file, List<ConfigVersion> history) {
        Content {
            history = List.copyOf(history);
        }
    }

    Path path() {
        return path;
    }

    /**
     * Replaces what was last written.
     *
     * @throws IOException if that failed, with the path and the reason; what was there before is there then
     */
    void write(Content content) throws IOException {
        try {
            Files.createDirectories(path.toAbsolutePath().getParent());
            AtomicFile.write(path, encode(content));
        } catch (FileSystemException e) {
            // Its message begins with a path.
            throw new IOException(e.getReason() == null ? e.toString() : e.getFile() + ": " + e.getReason(), e);
        } catch (IOException e) {
            throw new IOException(path.toAbsolutePath() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Reads what was last written; null if nothing ever was.
     *
     * @throws IOException if it cannot be read, or is not what was written
     */
    @Nullable
    Content read() throws IOException {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            return null;
        }
        try {
            return decode(bytes);
        } catch (IllegalArgumentException | DateTimeException | YamlEngineException e) {
            throw new IOException(
                    path + " is damaged (" + e.getMessage()
                            + "): it holds what operators changed at run time. Restore it, or remove it to start with what"
                            + " the configuration file says",
                    e);
        }
    }

    // ---- writing ----

    static byte[] encode(Content content) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("file", encode(content.file()));
        root.put("history", content.history().stream().map(StateFile::encode).toList());
        DumpSettings settings = DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.AUTO)
                .setWidth(200)
                .build();
        String body = new Dump(settings).dumpToString(root);
        return (CHECKSUM + checksum(body) + "\n" + body).getBytes(StandardCharsets.UTF_8);
    }

    private static Map<String, Object> encode(ConfigVersion version) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("version", version.number());
        map.put("author", version.author());
        map.put("time", version.time().toString());
        map.put("change", version.change());
        map.put("config", encode(version.config()));
        return map;
    }

    private static Map<String, Object> encode(RuntimeConfig config) {
        Map<String, Object> features = new LinkedHashMap<>();
        config.features().forEach((feature, on) -> features.put(feature.name().toLowerCase(Locale.ROOT), on));
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("backends", config.backends().stream().map(StateFile::encode).toList());
        map.put("features", features);
        if (!config.removed().isEmpty()) {
            map.put("removed", config.removed().stream().map(HostPort::toString).toList());
        }
        return map;
    }

    private static Map<String, Object> encode(BackendIntent backend) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("address", backend.address().toString());
        map.put("weight", backend.weight());
        if (backend.zone() != null) {
            map.put("zone", backend.zone());
        }
        map.put("max-connections", backend.connectionsMax());
        map.put("state", backend.state().name().toLowerCase(Locale.ROOT));
        return map;
    }

    private static String checksum(String body) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(body.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    // ---- reading ----

    private static Content decode(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.indexOf('\n');
        String body = text.substring(end + 1);
        if (end < 0 || !text.substring(0, end).equals(CHECKSUM + checksum(body))) {
            throw new IllegalArgumentException("its checksum is wrong");
        }
        LoadSettings settings =
                LoadSettings.builder().setCodePointLimit(CODE_POINTS_MAX).build();
        Map<?, ?> root = as(new Load(settings).loadFromString(body), Map.class, "the file");
        List<ConfigVersion> history = new ArrayList<>();
        for (Object version : get(root, "history", List.class)) {
            history.add(version(as(version, Map.class, "history")));
        }
        return new Content(config(get(root, "file", Map.class)), history);
    }

    private static ConfigVersion version(Map<?, ?> map) {
        return new ConfigVersion(
                get(map, "version", Number.class).longValue(),
                get(map, "author", String.class),
                Instant.parse(get(map, "time", String.class)),
                get(map, "change", String.class),
                config(get(map, "config", Map.class)));
    }

    private static RuntimeConfig config(Map<?, ?> map) {
        List<BackendIntent> backends = new ArrayList<>();
        for (Object backend : get(map, "backends", List.class)) {
            backends.add(backend(as(backend, Map.class, "backends")));
        }
        Map<Feature, Boolean> features = new EnumMap<>(Feature.class);
        Map<?, ?> switched = get(map, "features", Map.class);
        for (Feature feature : Feature.values()) {
            String name = feature.name().toLowerCase(Locale.ROOT);
            if (switched.containsKey(name)) {
                features.put(feature, get(switched, name, Boolean.class));
            }
        }
        List<HostPort> removed = new ArrayList<>();
        if (map.containsKey("removed")) {
            for (Object address : get(map, "removed", List.class)) {
                removed.add(HostPort.parse(as(address, String.class, "removed")));
            }
        }
        return new RuntimeConfig(backends, features, removed);
    }

    private static BackendIntent backend(Map<?, ?> map) {
        return new BackendIntent(
                HostPort.parse(get(map, "address", String.class)),
                get(map, "weight", Number.class).intValue(),
                map.get("zone") == null ? null : get(map, "zone", String.class),
                get(map, "max-connections", Number.class).intValue(),
                OperatorState.valueOf(get(map, "state", String.class).toUpperCase(Locale.ROOT)));
    }

    private static <T> T get(Map<?, ?> map, String key, Class<T> type) {
        return as(map.get(key), type, key);
    }

    private static <T> T as(@Nullable Object value, Class<T> type, String what) {
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException(what + " is missing or of another kind");
        }
        return type.cast(value);
    }
}
