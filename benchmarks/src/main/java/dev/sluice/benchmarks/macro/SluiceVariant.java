package dev.sluice.benchmarks.macro;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One way to run Sluice. Immutable.
 *
 * @param name as reports show it
 * @param threads event loops
 * @param transport as in the configuration
 * @param pool connections to each server at most
 * @param tls whether clients encrypt
 * @param javaHome the JDK it runs on
 * @param jvmOptions options for its JVM besides those of the launcher
 * @param configuration values for more keys of the configuration, which are written with dots; as YAML
 */
record SluiceVariant(
        String name,
        int threads,
        String transport,
        int pool,
        boolean tls,
        Path javaHome,
        List<String> jvmOptions,
        Map<String, String> configuration) {
    /** The name of Sluice as the options of the command describe it. */
    static final String BASE_NAME = "sluice";

    static final String CONSISTENCY = "routing.consistency";

    private static final String FORM = "must look like NAME=SETTING:VALUE with one of the settings transport, threads,"
            + " pool, tls, java, jvm and config";

    SluiceVariant {
        jvmOptions = List.copyOf(jvmOptions);
        configuration = Map.copyOf(configuration);
    }

    /**
     * All variants that the options behind {@code --variant} describe, in the order of their first mention.
     *
     * @param base what holds for all of them
     * @throws IllegalArgumentException if one has another form or the name of something else that is compared
     */
    static List<SluiceVariant> parse(SluiceVariant base, List<String> options) {
        Map<String, SluiceVariant> variants = new LinkedHashMap<>();
        for (String option : options) {
            int equals = option.indexOf('=');
            int colon = option.indexOf(':', equals);
            if (equals < 1 || colon < 0 || colon == option.length() - 1) {
                throw new IllegalArgumentException(option + " " + FORM);
            }
            String name = option.substring(0, equals);
            boolean taken = List.of(BASE_NAME, HaProxy.NAME, Servers.DIRECT).contains(name);
            if (taken || name.startsWith(RelayLauncher.PREFIX)) {
                throw new IllegalArgumentException(option + " has a name that is taken");
            }
            SluiceVariant variant = variants.getOrDefault(name, base.named(name));
            String setting = option.substring(equals + 1, colon);
            variants.put(name, variant.with(setting, option.substring(colon + 1), option));
        }
        return List.copyOf(variants.values());
    }

    private SluiceVariant named(String other) {
        return new SluiceVariant(other, threads, transport, pool, tls, javaHome, jvmOptions, configuration);
    }

    private SluiceVariant with(String setting, String value, String option) {
        return switch (setting) {
            case "transport" -> new SluiceVariant(name, threads, value, pool, tls, javaHome, jvmOptions, configuration);
            case "threads" ->
                new SluiceVariant(
                        name, count(value, option), transport, pool, tls, javaHome, jvmOptions, configuration);
            case "pool" ->
                new SluiceVariant(
                        name, threads, transport, count(value, option), tls, javaHome, jvmOptions, configuration);
            case "tls" ->
                new SluiceVariant(
                        name, threads, transport, pool, isOn(value, option), javaHome, jvmOptions, configuration);
            case "java" ->
                new SluiceVariant(name, threads, transport, pool, tls, Path.of(value), jvmOptions, configuration);
            case "jvm" -> {
                List<String> more = new ArrayList<>(jvmOptions);
                more.add(value);
                yield new SluiceVariant(name, threads, transport, pool, tls, javaHome, more, configuration);
            }
            case "config" -> {
                int equals = value.indexOf('=');
                if (equals < 1) {
                    throw new IllegalArgumentException(option + " must look like NAME=config:KEY=VALUE");
                }
                Map<String, String> more = new LinkedHashMap<>(configuration);
                more.put(value.substring(0, equals), value.substring(equals + 1));
                yield new SluiceVariant(name, threads, transport, pool, tls, javaHome, jvmOptions, more);
            }
            default -> throw new IllegalArgumentException(option + " " + FORM);
        };
    }

    /** The same with a value for one more key of the configuration. */
    SluiceVariant with(String key, int value) {
        Map<String, String> more = new LinkedHashMap<>(configuration);
        more.put(key, Integer.toString(value));
        return new SluiceVariant(name, threads, transport, pool, tls, javaHome, jvmOptions, more);
    }

    private static int count(String value, String option) {
        if (!value.matches("[1-9][0-9]{0,5}")) {
            throw new IllegalArgumentException(option + " needs a number");
        }
        return Integer.parseInt(value);
    }

    private static boolean isOn(String value, String option) {
        if (!value.equals("on") && !value.equals("off")) {
            throw new IllegalArgumentException(option + " needs on or off");
        }
        return value.equals("on");
    }

    /** Whether it waits for io_uring. */
    boolean usesIoUring() {
        return transport.equals("io-uring") || transport.equals("io_uring");
    }

    /** Whether it reads what it has written, as it does by default. */
    boolean readsItsWrites() {
        return !"none".equals(configuration.get(CONSISTENCY));
    }

    /** What is worth noting in a report. */
    String description() {
        StringBuilder text = new StringBuilder("event-loops %d, transport %s, max-connections-per-backend %d, TLS %s"
                .formatted(threads, transport, pool, tls ? "on" : "off"));
        configuration.forEach(
                (key, value) -> text.append(", ").append(key).append(' ').append(value));
        text.append(", ").append(javaHome);
        jvmOptions.forEach(option -> text.append(' ').append(option));
        return text.toString();
    }
}
