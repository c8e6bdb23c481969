package dev.sluice.router.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names of the temporary tables, user locks, handlers and text-protocol statements that one session is known to have,
 * so that a pin ends when the last of them goes. Whatever is made in a form that is not understood here counts as a name
 * that is never given up: the pin then lasts until the session is reset. Confined to the session's event loop.
 */
final class NamedObjects {
    /** Stands for objects whose names the text does not tell. */
    private static final String UNKNOWN = "";

    private static final int NAMES_MAX = 1000;
    private static final String NAME = "(?:`(?:[^`]|``)+`|[\\p{L}\\p{N}_$]+)";
    private static final String QUALIFIED = NAME + "(?:\\s*\\.\\s*" + NAME + ")?";
    private static final int FLAGS = Pattern.CASE_INSENSITIVE | Pattern.DOTALL | Pattern.UNICODE_CHARACTER_CLASS;
    private static final Pattern CREATE_TABLE = Pattern.compile(
            "\\s*CREATE\\s+(?:OR\\s+REPLACE\\s+)?TEMPORARY\\s+TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?(" + QUALIFIED
                    + ").*",
            FLAGS);
    private static final Pattern DROP_TABLE = Pattern.compile(
            "\\s*DROP\\s+(?:TEMPORARY\\s+)?TABLES?\\s+(?:IF\\s+EXISTS\\s+)?(" + QUALIFIED + "(?:\\s*,\\s*" + QUALIFIED
                    + ")*)\\s*(?:RESTRICT|CASCADE)?\\s*;?\\s*",
            FLAGS);
    private static final Pattern PREPARE = Pattern.compile("\\s*PREPARE\\s+(" + NAME + ")\\s+FROM\\b.*", FLAGS);
    private static final Pattern DEALLOCATE =
            Pattern.compile("\\s*(?:DEALLOCATE|DROP)\\s+PREPARE\\s+(" + NAME + ")\\s*;?\\s*", FLAGS);
    private static final Pattern GET_LOCK =
            Pattern.compile("\\s*(?:SELECT|DO)\\s+GET_LOCK\\s*\\(\\s*'([^'\\\\]*)'\\s*,[^(),]*\\)\\s*;?\\s*", FLAGS);
    private static final Pattern RELEASE_LOCK =
            Pattern.compile("\\s*(?:SELECT|DO)\\s+RELEASE_LOCK\\s*\\(\\s*'([^'\\\\]*)'\\s*\\)\\s*;?\\s*", FLAGS);
    private static final Pattern RELEASE_ALL =
            Pattern.compile("\\s*(?:SELECT|DO)\\s+RELEASE_ALL_LOCKS\\s*\\(\\s*\\)\\s*;?\\s*", FLAGS);

    private final Map<String, Integer> temporaryTables = new HashMap<>();
    private final Map<String, Integer> preparedStatements = new HashMap<>();
    private final Map<String, Integer> userLocks = new HashMap<>();
    private int handlers;
    private boolean uncountedHandlers;

    void createdTemporaryTable(@Nullable String text, @Nullable String schema) {
        // CREATE ... IF NOT EXISTS of a table that exists changes nothing: names are not counted twice.
        String name = match(CREATE_TABLE, text);
        put(temporaryTables, name == null ? null : qualified(name, schema), false);
    }

    /** Takes a DROP TABLE, with or without TEMPORARY: a temporary table hides a base table of the same name. */
    void droppedTables(@Nullable String text, @Nullable String schema) {
        String names = match(DROP_TABLE, text);
        if (names != null) {
            split(names).forEach(name -> temporaryTables.remove(qualified(name, schema)));
        }
    }

    /** Tables were altered or renamed: a temporary table among them may have another name now. */
    void renamedTables() {
        temporaryTables.put(UNKNOWN, 1);
    }

    private static String qualified(String name, @Nullable String schema) {
        String plain = normal(name);
        return plain.indexOf('.') >= 0 || schema == null ? plain : normal(schema) + "." + plain;
    }

    boolean hasTemporaryTables() {
        return !temporaryTables.isEmpty();
    }

    void prepared(@Nullable String text) {
        put(preparedStatements, match(PREPARE, text), false);
    }

    void deallocated(@Nullable String text) {
        String name = match(DEALLOCATE, text);
        if (name != null) {
            preparedStatements.remove(normal(name));
        }
    }

    boolean hasPreparedStatements() {
        return !preparedStatements.isEmpty();
    }

    /** A lock may have been acquired; each acquisition needs a release of its own. */
    void locked(@Nullable String text) {
        put(userLocks, match(GET_LOCK, text), true);
    }

    void unlocked(@Nullable String text) {
        if (text != null && RELEASE_ALL.matcher(text).matches()) {
            userLocks.clear();
            return;
        }
        String name = match(RELEASE_LOCK, text);
        if (name != null) {
            userLocks.computeIfPresent(normal(name), (key, count) -> count > 1 ? count - 1 : null);
        }
    }

    boolean hasUserLocks() {
        return !userLocks.isEmpty();
    }

    /** A handler was opened; {@code several} if it stands in a packet where others may have been opened, too. */
    void openedHandler(boolean several) {
        uncountedHandlers |= several;
        handlers++;
    }

    void closedHandler() {
        handlers = Math.max(0, handlers - 1);
    }

    boolean hasHandlers() {
        return uncountedHandlers || handlers > 0;
    }

    void clear() {
        temporaryTables.clear();
        preparedStatements.clear();
        userLocks.clear();
        handlers = 0;
        uncountedHandlers = false;
    }

    private static void put(Map<String, Integer> names, @Nullable String name, boolean counted) {
        String key = name == null || names.size() >= NAMES_MAX ? UNKNOWN : normal(name);
        names.merge(key, 1, (old, one) -> counted ? old + one : one);
    }

    private static @Nullable String match(Pattern pattern, @Nullable String text) {
        if (text == null) {
            return null;
        }
        Matcher matcher = pattern.matcher(text);
        return matcher.matches() ? matcher.group(1) : null;
    }

    private static List<String> split(String names) {
        List<String> all = new ArrayList<>();
        Matcher matcher = Pattern.compile(QUALIFIED, FLAGS).matcher(names);
        while (matcher.find()) {
            all.add(normal(matcher.group()));
        }
        return all;
    }

    private static String normal(String name) {
        return name.replace("`", "").replaceAll("\\s", "").toLowerCase(Locale.ROOT);
    }
}
