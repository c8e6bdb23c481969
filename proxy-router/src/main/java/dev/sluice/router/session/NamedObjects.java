package dev.sluice.router.session;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names of the temporary tables, user locks, handlers and text-protocol statements that one session is known to have,
 * so that a pin ends when the last of them goes. Whatever is made in a form that is not understood here has no name that
 * could be given up: the pin then lasts until the session is reset. Confined to the session's event loop.
 *
 * <p>A pin that ends too early shows one client the state of another; one that lasts too long only keeps a connection. So
 * two spellings count as one name only where every server takes them for one. Tables are compared by case, because most
 * servers do, and so are locks, because MariaDB does.
 */
final class NamedObjects {
    /** Bound on the names of each kind. */
    static final int NAMES_MAX = 1000;

    /** The loops are possessive: others would need a stack as deep as the text is long. */
    private static final String NAME = "(?:`(?:[^`]|``)++`|[A-Za-z0-9_$\\x{80}-\\x{FFFF}]++)";

    private static final String TABLE = "(?:" + NAME + "\\s*\\.\\s*)?+" + NAME;

    /** White space and letters are those of ASCII: beyond it, everything is part of a name. */
    private static final int FLAGS = Pattern.CASE_INSENSITIVE | Pattern.DOTALL;

    /** What may follow the name is as important as the name: it might go on behind a comment. */
    private static final Pattern CREATE_TABLE = Pattern.compile(
            "\\s*CREATE\\s+(?:OR\\s+REPLACE\\s+)?TEMPORARY\\s+TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?(?!IF\\b)(" + TABLE
                    + ")\\s*(?:[(;A-Z].*)?",
            FLAGS);

    private static final Pattern DROP_TABLE = Pattern.compile(
            "\\s*DROP\\s+(?:TEMPORARY\\s+)?TABLES?\\s+(?:IF\\s+EXISTS\\s+)?(" + TABLE + "(?:\\s*,\\s*" + TABLE
                    + ")*+)\\s*(?:RESTRICT|CASCADE)?\\s*;?\\s*",
            FLAGS);
    private static final Pattern TABLE_PARTS = Pattern.compile("(?:(" + NAME + ")\\s*\\.\\s*)?+(" + NAME + ")", FLAGS);
    private static final Pattern PREPARE = Pattern.compile("\\s*PREPARE\\s+(" + NAME + ")\\s+FROM\\b.*", FLAGS);
    private static final Pattern EXECUTE =
            Pattern.compile("\\s*EXECUTE\\s+(" + NAME + ")\\s*(?:USING\\b.*)?+;?\\s*", FLAGS);
    private static final Pattern DEALLOCATE =
            Pattern.compile("\\s*(?:DEALLOCATE|DROP)\\s+PREPARE\\s+(" + NAME + ")\\s*;?\\s*", FLAGS);
    /** What the column is called, and FROM DUAL, change nothing. */
    private static final String END_OF_CALL =
            "\\s*\\)\\s*(?:(?:AS\\s*)?(?!FROM\\b)(?:" + NAME + "|'[^'\\\\]*'))?+\\s*(?:FROM\\s+DUAL\\s*)?;?\\s*";

    private static final String CALL = "\\s*(?:SELECT|DO)\\s+";
    private static final String LOCK_NAME = "\\s*\\(\\s*'([^'\\\\]*)'";

    private static final Pattern GET_LOCK =
            Pattern.compile(CALL + "GET_LOCK" + LOCK_NAME + "\\s*,[^(),]*" + END_OF_CALL, FLAGS);
    private static final Pattern RELEASE_LOCK = Pattern.compile(CALL + "RELEASE_LOCK" + LOCK_NAME + END_OF_CALL, FLAGS);
    private static final Pattern RELEASE_ALL = Pattern.compile(CALL + "RELEASE_ALL_LOCKS\\s*\\(" + END_OF_CALL, FLAGS);

    /** Functions that take locks of other kinds than GET_LOCK does. */
    private static final Pattern OTHER_LOCKS = Pattern.compile("SERVICE_GET_|VERSION_TOKENS_", FLAGS);

    /** A table by its schema and its own name, without quotes. */
    private record Table(String schema, String name) {}

    private final Names<Table> temporaryTables = new Names<>();
    private final Names<String> preparedStatements = new Names<>();
    private final Names<String> userLocks = new Names<>();
    private boolean otherLocks;
    private int handlers;
    private boolean uncountedHandlers;

    void createdTemporaryTable(@Nullable String text, @Nullable String schema) {
        // CREATE ... IF NOT EXISTS of a table that exists changes nothing: names are not counted twice.
        String name = match(CREATE_TABLE, text);
        Matcher parts = TABLE_PARTS.matcher(name == null ? "" : name);
        temporaryTables.add(parts.matches() ? table(parts, schema) : null, false);
    }

    /** Takes a DROP TABLE, with or without TEMPORARY: a temporary table hides a base table of the same name. */
    void droppedTables(@Nullable String text, @Nullable String schema) {
        String names = match(DROP_TABLE, text);
        if (names == null) {
            return;
        }
        Matcher parts = TABLE_PARTS.matcher(names);
        while (parts.find()) {
            Table dropped = table(parts, schema);
            if (dropped != null) {
                temporaryTables.remove(dropped);
            }
        }
    }

    /** Tables were altered or renamed: a temporary table among them may have another name now. */
    void renamedTables() {
        temporaryTables.add(null, false);
    }

    private static @Nullable Table table(Matcher parts, @Nullable String defaultSchema) {
        String schema = parts.group(1) == null ? defaultSchema : unquoted(parts.group(1));
        return schema == null ? null : new Table(schema, unquoted(parts.group(2)));
    }

    boolean hasTemporaryTables() {
        return !temporaryTables.isEmpty();
    }

    /** Takes a PREPARE and returns the name in it, if that is known. */
    @Nullable
    String prepared(@Nullable String text) {
        String name = match(PREPARE, text);
        String plain = name == null ? null : statementName(name);
        preparedStatements.add(plain, false);
        return plain;
    }

    /** Takes a DEALLOCATE PREPARE and returns the name in it, if that is known. */
    @Nullable
    String deallocated(@Nullable String text) {
        String name = match(DEALLOCATE, text);
        if (name == null) {
            return null;
        }
        preparedStatements.remove(statementName(name));
        return statementName(name);
    }

    /** The name in an EXECUTE, if that is known. */
    static @Nullable String executed(@Nullable String text) {
        String name = match(EXECUTE, text);
        return name == null ? null : statementName(name);
    }

    /** The names of statements are compared without case; of letters beyond ASCII nobody knows what belongs together. */
    private static String statementName(String name) {
        String plain = unquoted(name);
        return plain.chars().allMatch(c -> c < 0x80) ? plain.toLowerCase(Locale.ROOT) : plain;
    }

    boolean hasPreparedStatements() {
        return !preparedStatements.isEmpty();
    }

    /**
     * A lock may have been acquired; each acquisition needs a release of its own.
     *
     * @param text the statement, if it stands alone
     * @param whole everything in its packet
     */
    void locked(@Nullable String text, @Nullable String whole) {
        if (whole == null || OTHER_LOCKS.matcher(whole).find()) {
            otherLocks = true;
        } else {
            userLocks.add(match(GET_LOCK, text), true);
        }
    }

    void unlocked(@Nullable String text) {
        if (text != null && RELEASE_ALL.matcher(text).matches()) {
            userLocks.clear();
            return;
        }
        String name = match(RELEASE_LOCK, text);
        if (name != null) {
            userLocks.removeOne(name);
        }
    }

    boolean hasUserLocks() {
        return otherLocks || !userLocks.isEmpty();
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
        otherLocks = false;
        handlers = 0;
        uncountedHandlers = false;
    }

    private static @Nullable String match(Pattern pattern, @Nullable String text) {
        if (text == null) {
            return null;
        }
        Matcher matcher = pattern.matcher(text);
        return matcher.matches() ? matcher.group(1) : null;
    }

    private static String unquoted(String name) {
        return name.startsWith("`") ? name.substring(1, name.length() - 1).replace("``", "`") : name;
    }

    /** The names of one kind, and whether there is something of that kind whose name is not known. */
    private static final class Names<K> {
        private final Map<K, Integer> counts = new HashMap<>();
        private boolean unnamed;

        /** Adds a name, or null for one that is not known; {@code counted} if it has to be removed as often. */
        void add(@Nullable K name, boolean counted) {
            if (name == null || (counts.size() >= NAMES_MAX && !counts.containsKey(name))) {
                unnamed = true;
            } else {
                counts.merge(name, 1, (old, one) -> counted ? old + one : old);
            }
        }

        void remove(K name) {
            counts.remove(name);
        }

        void removeOne(K name) {
            counts.computeIfPresent(name, (key, count) -> count > 1 ? count - 1 : null);
        }

        boolean isEmpty() {
            return !unnamed && counts.isEmpty();
        }

        void clear() {
            counts.clear();
            unnamed = false;
        }
    }
}
