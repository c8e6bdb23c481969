package dev.sluice.server.runtime;

import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.ConfigReloads;
import dev.sluice.server.config.ConfigValues;
import dev.sluice.server.runtime.ConfigDifferences.Difference;
import java.util.Map;
import java.util.Set;

/** What {@code SHOW CONFIG} and its kin answer. Thread-safe: it reads snapshots. */
final class ConfigViews {
    private static final String FROM_FILE = "file";
    private static final String AT_RUN_TIME = "run time";

    private final ConfigStore store;
    private final FileReloads reloads;

    ConfigViews(ConfigStore store, FileReloads reloads) {
        this.store = store;
        this.reloads = reloads;
    }

    /** What is in force, and where it comes from. */
    ResultTable config() {
        Map<String, String> fromFile = ConfigDifferences.values(store.file());
        Rows rows = new Rows("key", "value", "source", "reloads");
        ConfigVersion current = store.current();
        rows.add("version", current.number(), current.author(), "yes");
        Set<String> waiting = reloads.waitingForRestart();
        Map<String, String> old = ConfigValues.of(reloads.started());
        ConfigValues.of(store.wholeFile()).forEach((key, value) -> {
            // What waits for a restart is still as it was.
            rows.add(
                    key,
                    waiting.contains(key) ? old.get(key) : value,
                    FROM_FILE,
                    ConfigReloads.isLive(key) ? "yes" : "no");
        });
        ConfigDifferences.values(current.config())
                .forEach((key, value) ->
                        rows.add(key, value, value.equals(fromFile.get(key)) ? FROM_FILE : AT_RUN_TIME, "yes"));
        return rows.table();
    }

    /** In what the file and the running configuration differ. */
    ResultTable differences() {
        Rows rows = new Rows("key", "file", "running", "why");
        for (Difference difference :
                ConfigDifferences.between(store.file(), store.current().config())) {
            rows.add(difference.key(), difference.before(), difference.after(), "changed at run time");
        }
        Map<String, String> old = ConfigValues.of(reloads.started());
        Map<String, String> file = ConfigValues.of(store.wholeFile());
        for (String key : reloads.waitingForRestart()) {
            rows.add(key, file.get(key), old.get(key), "needs a restart");
        }
        for (String conflict : store.conflicts()) {
            rows.add("", null, null, "not followed: " + conflict);
        }
        for (String problem : reloads.problems()) {
            rows.add("", null, null, "file not applied: " + problem);
        }
        return rows.table();
    }

    /** The versions that {@code ROLLBACK CONFIG} can go back to. */
    ResultTable history() {
        Rows rows = new Rows("version", "time", "author", "change", "backends");
        for (ConfigVersion version : store.history()) {
            rows.add(
                    version.number(),
                    version.time(),
                    version.author(),
                    version.change(),
                    version.config().backends().size());
        }
        return rows.table();
    }
}
