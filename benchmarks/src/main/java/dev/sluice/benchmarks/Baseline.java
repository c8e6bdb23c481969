package dev.sluice.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What is promised of single classes: which allocate nothing, and how much more than a plainer piece of work they may cost.
 * Times themselves are not promised, because they say more about the machine. Immutable.
 *
 * @param allocatesNothing benchmarks, as {@code Class.method}; with all of their parameters
 * @param ratios what may cost how much more than what
 */
public record Baseline(List<String> allocatesNothing, List<Ratio> ratios) {
    /** What a collection or another thread may add to a call on average; an object has at least 16 bytes. */
    static final double BYTES_NOISE = 1;

    public Baseline {
        allocatesNothing = List.copyOf(allocatesNothing);
        ratios = List.copyOf(ratios);
    }

    /**
     * A promise about two benchmarks with the same parameters. Immutable.
     *
     * @param of what is promised
     * @param to what it is compared with
     * @param atMost how many times as long it may take
     */
    public record Ratio(String of, String to, double atMost) {}

    /**
     * What one benchmark took. Immutable.
     *
     * @param benchmark {@code Class.method}
     * @param parameters their values by name; empty without any
     * @param nanos the shortest time of a call over the iterations
     * @param bytes the least that a call allocated over the iterations
     */
    public record Measured(String benchmark, Map<String, String> parameters, double nanos, double bytes) {
        public Measured {
            parameters = Map.copyOf(parameters);
        }

        @Override
        public String toString() {
            return parameters.isEmpty() ? benchmark : benchmark + parameters;
        }
    }

    /** Reads the file. */
    public static Baseline read(Path file) throws IOException {
        @Nullable
        Object root = new Load(LoadSettings.builder().setLabel(file.toString()).build())
                .loadFromString(Files.readString(file));
        List<String> nothing = new ArrayList<>();
        List<Ratio> ratios = new ArrayList<>();
        if (!(root instanceof Map<?, ?> object)) {
            throw new IOException(file + " holds no object");
        }
        for (Object name : list(object.get("allocates_nothing"), file)) {
            nothing.add(String.valueOf(name));
        }
        for (Object entry : list(object.get("ratios"), file)) {
            if (!(entry instanceof Map<?, ?> ratio) || !(ratio.get("at_most") instanceof Number atMost)) {
                throw new IOException(file + ": a ratio needs of, to and at_most: " + entry);
            }
            ratios.add(
                    new Ratio(String.valueOf(ratio.get("of")), String.valueOf(ratio.get("to")), atMost.doubleValue()));
        }
        return new Baseline(nothing, ratios);
    }

    private static List<?> list(@Nullable Object value, Path file) throws IOException {
        if (value instanceof List<?> list) {
            return list;
        }
        throw new IOException(file + " needs the lists allocates_nothing and ratios");
    }

    /** Everything that the measurements do not bear out, in words; also a promise about what was not measured. */
    public List<String> violations(Collection<Measured> measured) {
        List<String> violations = new ArrayList<>();
        for (String name : allocatesNothing) {
            List<Measured> found = named(name, measured);
            if (found.isEmpty()) {
                violations.add(name + " was not measured");
            }
            for (Measured one : found) {
                // Not a number is none, either.
                if (!(one.bytes() <= BYTES_NOISE)) {
                    violations.add(String.format(
                            Locale.ROOT, "%s allocates %.1f bytes in a call and must not allocate", one, one.bytes()));
                }
            }
        }
        for (Ratio ratio : ratios) {
            boolean compared = false;
            for (Measured of : named(ratio.of(), measured)) {
                for (Measured to : named(ratio.to(), measured)) {
                    if (of.parameters().equals(to.parameters())) {
                        compared = true;
                        compare(ratio, of, to, violations);
                    }
                }
            }
            if (!compared) {
                violations.add(ratio.of() + " and " + ratio.to() + " were not measured with the same parameters");
            }
        }
        return violations;
    }

    private static void compare(Ratio ratio, Measured of, Measured to, List<String> violations) {
        double times = of.nanos() / to.nanos();
        if (!(times <= ratio.atMost())) {
            violations.add(String.format(
                    Locale.ROOT,
                    "%s takes %.1f ns, %.1f times as long as %s with %.1f ns, and may take %.1f times as long",
                    of,
                    of.nanos(),
                    times,
                    to.benchmark(),
                    to.nanos(),
                    ratio.atMost()));
        }
    }

    private static List<Measured> named(String name, Collection<Measured> measured) {
        return measured.stream().filter(one -> one.benchmark().equals(name)).toList();
    }
}
