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
        // No key is applied to a running server yet; the column says so instead of leaving it open.
        page.append(" | no | ").append(key.description()).append(" |\n");
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
            - `Reloads` says whether a change takes effect without a restart. SIGHUP checks the file and logs the result;
              nothing is applied to a running server yet.
            """;
}
