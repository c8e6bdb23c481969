package dev.sluice.server.config;

/**
 * One key of the configuration file: where it stands, what it accepts, what it is when absent and what it is for.
 * Immutable.
 *
 * @param path where it stands, for example {@code backends[].weight}; {@code []} stands for every element of a list
 * @param type what it accepts
 * @param presence whether it may be left out
 * @param defaultText the default as it would be written in the file; for {@link Presence#OPTIONAL} what happens then
 * @param description one or two sentences for the reference
 * @param <T> the Java type of the value
 */
public record ConfigKey<T>(String path, ValueType<T> type, Presence presence, String defaultText, String description) {

    /** Whether a key may be left out. */
    public enum Presence {
        /** The file is wrong without it. */
        REQUIRED,
        /** It has a default value. */
        DEFAULTED,
        /** Its absence means something of its own. */
        OPTIONAL
    }

    static <T> ConfigKey<T> required(String path, ValueType<T> type, String description) {
        return new ConfigKey<>(path, type, Presence.REQUIRED, "", description);
    }

    static <T> ConfigKey<T> defaulted(String path, ValueType<T> type, String defaultText, String description) {
        return new ConfigKey<>(path, type, Presence.DEFAULTED, defaultText, description);
    }

    static <T> ConfigKey<T> optional(String path, ValueType<T> type, String whenAbsent, String description) {
        return new ConfigKey<>(path, type, Presence.OPTIONAL, whenAbsent, description);
    }

    /** The value of a {@link Presence#DEFAULTED} key that is not in the file. */
    public T defaultValue() {
        if (presence != Presence.DEFAULTED) {
            throw new IllegalStateException(path + " has no default value");
        }
        try {
            return type.parse(defaultText, defaultText);
        } catch (InvalidValueException e) {
            throw new IllegalStateException(path + ": the default " + e.what(), e);
        }
    }

    /** The name within its section, for example {@code weight}. */
    public String name() {
        return path.substring(path.lastIndexOf('.') + 1);
    }

    /**
     * Checks a value that was made in code.
     *
     * @throws IllegalArgumentException if a file could not hold it either
     */
    T require(T value) {
        if (!type.allows(value)) {
            throw new IllegalArgumentException(path + ": " + value + " is out of range, " + type.range());
        }
        return value;
    }
}
