package dev.sluice.server.admin;

import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.admin.Operation.View;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the statements of the admin port. Keywords may be in any case, quotes around names are optional, and a semicolon
 * at the end is ignored. {@code HELP} lists everything. Immutable.
 */
public final class AdminGrammar {
    private static final long TIMEOUT_SECONDS_MAX = Duration.ofDays(1).toSeconds();

    private AdminGrammar() {}

    /**
     * Reads one statement.
     *
     * @throws OperationException of the kind INVALID if it is none; the message says what was expected where
     */
    public static AdminRequest parse(String statement) throws OperationException {
        AdminWords words = new AdminWords(statement);
        String verb = words.oneOf(
                "SHOW",
                "ADD",
                "DRAIN",
                "RESUME",
                "REMOVE",
                "SET",
                "SWITCHOVER",
                "KILL",
                "PAUSE",
                "EXPLAIN",
                "RELOAD",
                "ROLLBACK",
                "HELP");
        // The mysql client keeps a HELP to itself; it lets the other form through.
        if (verb.equals("HELP") || (verb.equals("SHOW") && words.accept("HELP"))) {
            return help(words);
        }
        Operation operation = switch (verb) {
            case "SHOW" -> new Operation.Show(view(words));
            case "ADD" -> add(words);
            case "DRAIN" -> drain(words);
            case "RESUME" -> resume(words);
            case "REMOVE" -> remove(words);
            case "SET" -> set(words);
            case "SWITCHOVER" -> switchover(words);
            case "KILL" -> kill(words);
            case "PAUSE" -> new Operation.Pause();
            case "EXPLAIN" -> explain(words);
            case "RELOAD" -> new Operation.Reload(force(words));
            default -> rollback(words);
        };
        words.end(List.of());
        return new AdminRequest.Operate(operation);
    }

    private static AdminRequest help(AdminWords words) throws OperationException {
        @Nullable String word = words.atEnd() ? null : words.any("a word");
        words.end(List.of());
        return new AdminRequest.Help(AdminHelp.table(word));
    }

    private static View view(AdminWords words) throws OperationException {
        String[] names = Arrays.stream(View.values())
                .map(View::name)
                .filter(name -> name.indexOf('_') < 0)
                .toArray(String[]::new);
        String name = words.oneOf(names);
        if (!name.equals("CONFIG")) {
            return View.valueOf(name);
        }
        if (words.accept("DIFF")) {
            return View.CONFIG_DIFF;
        }
        if (words.accept("HISTORY")) {
            return View.CONFIG_HISTORY;
        }
        words.end(List.of("DIFF", "HISTORY"));
        return View.CONFIG;
    }

    private static Operation add(AdminWords words) throws OperationException {
        words.oneOf("BACKEND");
        String address = words.address();
        @Nullable Integer weight = null;
        @Nullable String zone = null;
        @Nullable Integer connectionsMax = null;
        Set<String> said = new HashSet<>();
        while (!words.atEnd()) {
            String option = words.oneOf("WEIGHT", "ZONE", "MAX");
            if (!said.add(option)) {
                throw new OperationException(OperationException.Kind.INVALID, option + " is said twice");
            }
            switch (option) {
                case "WEIGHT" -> weight = count(words, "a weight");
                case "ZONE" -> zone = words.any("the name of a zone");
                default -> {
                    words.oneOf("CONNECTIONS");
                    connectionsMax = count(words, "a number of connections");
                }
            }
        }
        return new Operation.AddBackend(address, weight, zone, connectionsMax);
    }

    private static int count(AdminWords words, String what) throws OperationException {
        return (int) words.number(what, Integer.MAX_VALUE);
    }

    private static Operation drain(AdminWords words) throws OperationException {
        words.oneOf("BACKEND");
        String address = words.address();
        @Nullable Duration timeout = words.accept("TIMEOUT") ? seconds(words) : null;
        words.end(timeout == null ? List.of("TIMEOUT") : List.of());
        return new Operation.DrainBackend(address, timeout);
    }

    private static Duration seconds(AdminWords words) throws OperationException {
        return Duration.ofSeconds(words.number("seconds", TIMEOUT_SECONDS_MAX));
    }

    private static Operation resume(AdminWords words) throws OperationException {
        if (words.accept("BACKEND")) {
            return new Operation.ResumeBackend(words.address());
        }
        words.end(List.of("BACKEND"));
        return new Operation.Resume();
    }

    private static Operation remove(AdminWords words) throws OperationException {
        words.oneOf("BACKEND");
        String address = words.address();
        return new Operation.RemoveBackend(address, force(words));
    }

    private static boolean force(AdminWords words) throws OperationException {
        boolean force = words.accept("FORCE");
        words.end(force ? List.of() : List.of("FORCE"));
        return force;
    }

    private static Operation set(AdminWords words) throws OperationException {
        if (words.oneOf("BACKEND", "FEATURE").equals("BACKEND")) {
            String address = words.address();
            return words.oneOf("WEIGHT", "OFFLINE").equals("WEIGHT")
                    ? new Operation.SetWeight(address, count(words, "a weight"))
                    : new Operation.SetOffline(address, force(words));
        }
        Feature feature = feature(words);
        words.oneOf("=");
        return new Operation.SetFeature(feature, words.oneOf("on", "off").equals("on"));
    }

    private static Feature feature(AdminWords words) throws OperationException {
        String[] names = Arrays.stream(Feature.values())
                .map(feature -> feature.name().toLowerCase(Locale.ROOT))
                .toArray(String[]::new);
        return Feature.valueOf(words.oneOf(names).toUpperCase(Locale.ROOT));
    }

    private static Operation switchover(AdminWords words) throws OperationException {
        words.oneOf("TO");
        String address = words.address();
        @Nullable Duration timeout = words.accept("TIMEOUT") ? seconds(words) : null;
        boolean dryRun = words.accept("DRY");
        if (dryRun) {
            words.oneOf("RUN");
        }
        words.end(dryRun ? List.of() : timeout == null ? List.of("TIMEOUT", "DRY RUN") : List.of("DRY RUN"));
        return new Operation.Switchover(address, timeout, dryRun);
    }

    private static Operation kill(AdminWords words) throws OperationException {
        boolean query = words.accept("QUERY");
        boolean unused = !query && words.accept("CONNECTION");
        // Ids have 32 bits.
        return new Operation.Kill(words.number("QUERY, CONNECTION or the id of a session", 0xFFFF_FFFFL), query);
    }

    private static Operation explain(AdminWords words) throws OperationException {
        words.oneOf("ROUTE");
        return new Operation.ExplainRoute(words.rest("a statement"));
    }

    private static Operation rollback(AdminWords words) throws OperationException {
        words.oneOf("CONFIG");
        words.oneOf("TO");
        long version = words.number("a version", Long.MAX_VALUE);
        return new Operation.RollbackConfig(version, force(words));
    }
}
