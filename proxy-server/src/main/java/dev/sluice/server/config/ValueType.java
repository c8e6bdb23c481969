package dev.sluice.server.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the text of one kind of value is read and which values are allowed. Immutable.
 *
 * @param <T> the Java type of the value
 */
public final class ValueType<T> {
    private static final String ADDRESS_EXAMPLE = "write host:port, for example 127.0.0.1:3306";

    private final String name;
    private final String range;
    private final Parser<T> parser;
    private final Limits<T> limits;

    private ValueType(String name, String range, Parser<T> parser, Limits<T> limits) {
        this.name = name;
        this.range = range;
        this.parser = parser;
        this.limits = limits;
    }

    /** Turns text into a value, or throws with a remedy. */
    @FunctionalInterface
    private interface Parser<T> {
        T parse(String text, String shown) throws InvalidValueException;
    }

    /** Whether a value is allowed. */
    @FunctionalInterface
    private interface Limits<T> {
        boolean allow(T value);
    }

    /** The kind of value in words, for example {@code duration}. */
    public String name() {
        return name;
    }

    /** The allowed values in words, for example {@code 1ms to 1h}; empty if everything is allowed. */
    public String range() {
        return range;
    }

    /**
     * Reads a value.
     *
     * @param text the text, environment variables replaced
     * @param shown the text for messages: the one in the file, because a replaced one may be a secret
     */
    T parse(String text, String shown) throws InvalidValueException {
        T value = parser.parse(text, shown);
        if (!limits.allow(value)) {
            throw new InvalidValueException(quote(shown) + " is out of range", "write a value from " + range);
        }
        return value;
    }

    /** Whether a value made in code would be accepted from a file. */
    boolean allows(T value) {
        return limits.allow(value);
    }

    static ValueType<Integer> count(int min, int max) {
        return new ValueType<>(
                "count",
                min + " to " + max,
                (text, shown) -> parseCount(text, shown, min + " to " + max),
                value -> value >= min && value <= max);
    }

    private static Integer parseCount(String text, String shown, String range) throws InvalidValueException {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            String remedy = "write a number from " + range;
            throw new InvalidValueException(quote(shown) + " is not a whole number", remedy);
        }
    }

    static ValueType<Duration> duration(String min, String max) {
        Duration lowest = Quantities.duration(min);
        Duration highest = Quantities.duration(max);
        return new ValueType<>(
                "duration",
                min + " to " + max,
                (text, shown) -> Quantities.parseDuration(text, shown),
                value -> value.compareTo(lowest) >= 0 && value.compareTo(highest) <= 0);
    }

    static ValueType<Integer> size(String min, String max) {
        int lowest = Quantities.size(min);
        int highest = Quantities.size(max);
        return new ValueType<>(
                "size",
                min + " to " + max,
                (text, shown) -> Quantities.parseSize(text, shown),
                value -> value >= lowest && value <= highest);
    }

    static ValueType<Boolean> flag() {
        Parser<Boolean> parser = (text, shown) -> switch (text) {
            case "true" -> Boolean.TRUE;
            case "false" -> Boolean.FALSE;
            default -> throw new InvalidValueException(quote(shown) + " is not a boolean", "write true or false");
        };
        return new ValueType<>("boolean", "true or false", parser, value -> true);
    }

    static <E extends Enum<E>> ValueType<E> oneOf(Class<E> type) {
        return oneOf(type, Map.of());
    }

    /** The same, with names that are read as well but not offered. */
    static <E extends Enum<E>> ValueType<E> oneOf(Class<E> type, Map<String, E> otherNames) {
        E[] constants = type.getEnumConstants();
        String names = Arrays.stream(constants).map(ValueType::spelling).collect(Collectors.joining(", "));
        Parser<E> parser = (text, shown) -> {
            for (E constant : constants) {
                if (spelling(constant).equals(text)) {
                    return constant;
                }
            }
            E other = otherNames.get(text);
            if (other != null) {
                return other;
            }
            throw new InvalidValueException(
                    quote(shown) + " is not one of the choices", suggestion(text, constants, names));
        };
        return new ValueType<>("choice", names, parser, value -> true);
    }

    private static <E extends Enum<E>> String suggestion(String text, E[] constants, String names) {
        @Nullable
        String nearest = NearestName.of(
                text, Arrays.stream(constants).map(ValueType::spelling).toList());
        return nearest == null ? "write one of " + names : "did you mean " + nearest + "? The choices are " + names;
    }

    /** How an enum constant is written in the file: {@code LEAST_CONNECTIONS} is {@code least-connections}. */
    static String spelling(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static ValueType<String> text(int lengthMax) {
        return new ValueType<>(
                "text",
                "1 to " + lengthMax + " characters",
                (text, shown) -> text,
                value -> !value.isBlank() && value.length() <= lengthMax);
    }

    /** A schema and a table whose names need no quoting. */
    static ValueType<String> tableName() {
        String name = "[A-Za-z0-9_$]{1,64}";
        Parser<String> parser = (text, shown) -> {
            if (!text.matches(name + "\\." + name)) {
                throw new InvalidValueException(quote(shown) + " is not schema.table", "write schema.table");
            }
            return text;
        };
        return new ValueType<>("schema.table", "", parser, value -> value.matches(name + "\\." + name));
    }

    /** Networks, and users in networks. */
    static ValueType<AccessList> accessList() {
        return new ValueType<>(
                "list", "`NETWORK` or `USER@NETWORK`", (text, shown) -> parseList(text, shown), value -> true);
    }

    /** Networks only. */
    static ValueType<AccessList> networks() {
        Parser<AccessList> parser = (text, shown) -> {
            AccessList list = parseList(text, shown);
            if (list.namesUsers()) {
                throw new InvalidValueException(quote(shown) + " names a user", "write networks only");
            }
            return list;
        };
        return new ValueType<>("list", "networks", parser, value -> !value.namesUsers());
    }

    private static AccessList parseList(String text, String shown) throws InvalidValueException {
        try {
            return AccessList.parse(text);
        } catch (IllegalArgumentException e) {
            String remedy = "write addresses or networks, for example [10.0.0.0/8, 'fd00::/8'], or none";
            // Which entry it is cannot be said of a list that may be another variable's secret.
            String which = text.equals(shown) ? ": " + e.getMessage() : " is not a list of networks";
            throw new InvalidValueException(quote(shown) + which, remedy);
        }
    }

    /** Whether a file may have a YAML list here, whose elements are read as if commas stood between them. */
    boolean isList() {
        return name.equals("list");
    }

    static ValueType<Secret> secret() {
        return new ValueType<>("secret", "", (text, shown) -> Secret.of(text), value -> true);
    }

    static ValueType<Path> path() {
        Parser<Path> parser = (text, shown) -> {
            try {
                return Path.of(text);
            } catch (InvalidPathException e) {
                throw new InvalidValueException(quote(shown) + " is not a path", "write the path of a file");
            }
        };
        return new ValueType<>("path", "", parser, value -> !value.toString().isEmpty());
    }

    /** An address; port 0 is allowed for listening and for nothing else. */
    static ValueType<HostPort> address(boolean anyPort) {
        Parser<HostPort> parser = (text, shown) -> {
            try {
                return HostPort.parse(text);
            } catch (IllegalArgumentException e) {
                throw new InvalidValueException(quote(shown) + " " + e.getMessage(), ADDRESS_EXAMPLE);
            }
        };
        String range = anyPort ? "port 0 to 65535, 0 is any free port" : "port 1 to 65535";
        return new ValueType<>("host:port", range, parser, value -> anyPort || value.port() > 0);
    }

    static String quote(String text) {
        return '"' + text + '"';
    }
}
