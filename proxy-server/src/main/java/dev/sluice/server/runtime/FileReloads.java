package dev.sluice.server.runtime;

import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.OperationException.Kind;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.ConfigException;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.ConfigReloads;
import dev.sluice.server.config.ConfigValues;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.runtime.ConfigDifferences.Difference;
import dev.sluice.server.tls.LiveTls;
import dev.sluice.server.tls.TlsException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code RELOAD}: reads the configuration file again. A file with a mistake changes nothing. Thread-safe: called under the
 * caller's lock; what other threads read is volatile.
 */
final class FileReloads {
    private static final Logger LOGGER = LoggerFactory.getLogger(FileReloads.class);
    private static final List<String> COLUMNS = List.of("key", "before", "now", "effect");

    private final Changes changes;
    private final @Nullable Path file;
    private final SluiceConfig started;
    private final ConfigLoader loader;
    private final LiveSettings settings;
    private volatile List<String> problems = List.of();

    /**
     * @param file null if Sluice was started without one
     * @param started what the file said at the start: what needs a restart still is like that
     * @param settings puts those settings in force that can change while Sluice runs
     */
    FileReloads(
            Changes changes, @Nullable Path file, SluiceConfig started, ConfigLoader loader, LiveSettings settings) {
        this.changes = changes;
        this.file = file;
        this.started = started;
        this.loader = loader;
        this.settings = settings;
    }

    /** What the file said at the start. */
    SluiceConfig started() {
        return started;
    }

    /** What was wrong with the file when it was last read; empty if nothing was. */
    List<String> problems() {
        return problems;
    }

    /** @param force even if the last backends of a role would go, or most of them */
    ResultTable reload(String author, boolean force) throws OperationException, InterruptedException {
        SluiceConfig read = read(author);
        LiveSettings.Change change = prepare(read, author);
        List<LiveTls.Renewal> renewals = change.renewals();
        SluiceConfig fileBefore = changes.store().wholeFile();
        RuntimeConfig before = changes.store().current().config();
        ConfigStore.Merged merged;
        try {
            RuntimeConfig after = changes.store().preview(read);
            if (!force) {
                changes.requireHarmless(before, after, true, "RELOAD FORCE applies the file all the same");
            }
            changes.requireRoom(before, after);
            merged = changes.store().reload(read, author, "configuration file reloaded");
        } catch (IllegalArgumentException e) {
            throw refused(author, Kind.INVALID, List.of(String.valueOf(e.getMessage())));
        } catch (IOException e) {
            throw Changes.notWritten(e);
        } catch (OperationException e) {
            throw refused(author, e.kind(), List.of(String.valueOf(e.getMessage())));
        }
        change.apply();
        ResultTable answer = answer(rows(fileBefore, read, renewals), before, merged);
        if (!answer.rows().isEmpty()) {
            changes.inForce(before, merged.version(), author, "configuration file reloaded");
        }
        merged.conflicts().forEach(conflict -> {
            LOGGER.atWarn().addKeyValue("file", file).log(conflict);
            changes.events().add(EventLog.Kind.CONFIG, author, conflict);
        });
        return answer;
    }

    private SluiceConfig read(String author) throws OperationException {
        if (file == null) {
            throw new OperationException(Kind.CONFLICT, "Sluice was started without a configuration file");
        }
        try {
            SluiceConfig read = loader.load(file);
            problems = List.of();
            return read;
        } catch (ConfigException e) {
            throw refused(
                    author,
                    Kind.INVALID,
                    e.problems().stream().map(Object::toString).toList());
        }
    }

    private LiveSettings.Change prepare(SluiceConfig read, String author) throws OperationException {
        try {
            return settings.prepare(read);
        } catch (TlsException e) {
            throw refused(author, Kind.INVALID, List.of(String.valueOf(e.getMessage())));
        }
    }

    private OperationException refused(String author, Kind kind, List<String> why) {
        problems = List.copyOf(why);
        for (String problem : why) {
            LOGGER.atError()
                    .addKeyValue("file", file)
                    .addKeyValue("problem", problem)
                    .log("the configuration file was not applied; nothing has changed");
            changes.events().add(EventLog.Kind.CONFIG, author, "file not applied: " + problem);
        }
        return new OperationException(kind, "the file was not applied, nothing has changed: " + String.join("\n", why));
    }

    /** What comes of a changed key. Back at what runs, there is nothing to restart for. */
    static String effect(String key, @Nullable String atTheStart, @Nullable String now) {
        if (ConfigReloads.isLive(key)) {
            return "applied";
        }
        return Objects.equals(atTheStart, now) ? "as it runs" : "needs a restart";
    }

    private List<List<@Nullable String>> rows(
            SluiceConfig fileBefore, SluiceConfig read, List<LiveTls.Renewal> renewals) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        Map<String, String> old = ConfigValues.of(fileBefore);
        Map<String, String> now = ConfigValues.of(read);
        Map<String, String> atTheStart = ConfigValues.of(started);
        for (String key : ConfigValues.changed(fileBefore, read)) {
            rows.add(Arrays.asList(key, old.get(key), now.get(key), effect(key, atTheStart.get(key), now.get(key))));
        }
        for (LiveTls.Renewal renewal : renewals) {
            rows.add(Arrays.asList(renewal.key() + " (content)", renewal.before(), renewal.now(), "applied"));
        }
        return rows;
    }

    private static ResultTable answer(
            List<List<@Nullable String>> rows, RuntimeConfig before, ConfigStore.Merged merged) {
        for (Difference difference :
                ConfigDifferences.between(before, merged.version().config())) {
            rows.add(Arrays.asList(difference.key(), difference.before(), difference.after(), "applied"));
        }
        for (String conflict : merged.conflicts()) {
            rows.add(Arrays.asList("", null, null, "not followed: " + conflict));
        }
        return new ResultTable(COLUMNS, rows);
    }

    /** The keys in which the file differs from what Sluice was started with, and that wait for a restart. */
    Set<String> waitingForRestart() {
        Set<String> keys =
                new TreeSet<>(ConfigValues.changed(started, changes.store().wholeFile()));
        keys.removeIf(ConfigReloads::isLive);
        return keys;
    }
}
