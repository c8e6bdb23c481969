package dev.sluice.server.config;

/** Writes the reference of the configuration file from {@link ConfigKeys}. Immutable. */
public final class ConfigReference {
    private ConfigReference() {}

    /** The page {@code docs/configuration.md}. */
    public static String markdown() {
        StringBuilder page = new StringBuilder(INTRODUCTION);
        String section = "none";
        for (ConfigKey<?> key : ConfigKeys.all()) {
            String path = key.path();
            int dot = path.indexOf('.');
            String current = dot < 0 ? "" : path.substring(0, dot);
            if (!current.equals(section)) {
                section = current;
                page.append("\n## ")
                        .append(section.isEmpty() ? "Top level" : "`" + section + "`")
                        .append("\n\n| Key | Values | Default | Reloads | Meaning |\n|---|---|---|---|---|\n");
            }
            row(page, key);
        }
        return page.toString();
    }

    private static void row(StringBuilder page, ConfigKey<?> key) {
        String range = key.type().range();
        page.append("| `").append(key.path()).append("` | ").append(key.type().name());
        page.append(range.isEmpty() ? "" : ": " + range).append(" | ").append(defaultOf(key));
        page.append(ConfigReloads.isLive(key.path()) ? " | yes | " : " | no | ")
                .append(key.description())
                .append(" |\n");
    }

    private static String defaultOf(ConfigKey<?> key) {
        return switch (key.presence()) {
            case REQUIRED -> "**required**";
            case DEFAULTED -> "`" + key.defaultText() + "`";
            case OPTIONAL -> key.defaultText();
        };
    }

    private static final String INTRODUCTION = """
            # Configuration

            One YAML file, named by `sluice serve --config FILE`. `sluice check --config FILE` says what is wrong with it.
            All problems are reported at once, each with its line; an unknown or repeated key is an error.

            This is a complete file:

            ```yaml
            listen: 127.0.0.1:6033
            backends:
              - address: 127.0.0.1:3306
              - address: 127.0.0.1:3307
              - address: 127.0.0.1:3308
            monitor:
              user: sluice_monitor
              password: ${MONITOR_PASSWORD}
            ```

            - Durations are a number and `ms`, `s`, `m`, `h` or `d`: `500ms`, `10s`. Sizes are a number and `B`, `KiB`, `MiB`
              or `GiB`: `16KiB`. Counts are plain numbers.
            - `${NAME}` anywhere in a value is replaced by the environment variable; it is an error if that is not set.
              `$${` stands for a literal `${`.
            - Relative paths are relative to the directory of the file.
            - `Reloads` says whether a change takes effect without a restart. Sluice reads the file again on SIGHUP, on `RELOAD`
              and when it sees that the file has changed. A file with a mistake changes nothing; each problem is logged with its
              line. The answer of `RELOAD` says which changes took effect and which wait for a restart.

            ## The file and changes at run time

            Backends, their weights and operator states, and the features that `SET FEATURE` switches can be changed while Sluice
            runs. Such changes are kept in `runtime-config.yaml` in the `state-dir`, with the last 100 versions, and survive a
            restart. The file is the base, and they lie over it:

            - What nobody changed at run time follows the file.
            - What was changed at run time stays as it is when the file is read again, at a start or by a reload. If the file
              has been changed there as well, to something else, that is a conflict: `RELOAD`, the log and `SHOW CONFIG DIFF` name it.
            - A backend that was added at run time stays, one that was removed stays away, and one that was drained or taken
              offline stays so, until an operator says otherwise.
            - `SHOW CONFIG DIFF` lists everything in which the file and the running configuration differ. To make a run-time change
              permanent, write it into the file; the difference is gone with the next reload.
            - A changed file that would take away the primary, the last usable backend, the last usable replica or more than
              half of the backends is refused as a whole; `RELOAD FORCE` applies it all the same.
            - `PAUSE` does not survive a restart. A damaged `runtime-config.yaml` keeps Sluice from starting: it may hold the
              word of an operator that a backend must not be used.
            """;
}
