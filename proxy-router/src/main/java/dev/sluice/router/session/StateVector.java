package dev.sluice.router.session;

import com.github.benmanes.caffeine.cache.Interner;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The part of a session's state that can be rebuilt on any backend connection: the default schema, the session variables
 * that differ, or may differ, from the server's defaults, and the user variables whose values are known. Immutable;
 * changing methods return another vector.
 *
 * <p>Variables are kept sorted by name in the order in which they are applied. Names are lower case. The value of a system
 * variable is the text that the server's session tracker reported; that of a user variable, whose name begins with an at
 * sign, is SQL that means the same on every connection. Two equal vectors describe interchangeable connections.
 */
public final class StateVector {
    /** The character set that the server decodes statements with. */
    public static final String CHARACTER_SET_CLIENT = "character_set_client";
    /**
     * The character set that results are encoded in; the empty value means NULL, no conversion. Metadata names a collation:
     * if that is not the default, {@link #COLLATE} and the collation follow.
     */
    public static final String CHARACTER_SET_RESULTS = "character_set_results";
    /** The collation of literals; it determines character_set_connection. */
    public static final String COLLATION_CONNECTION = "collation_connection";

    /** What stands between the character set and the collation of results. */
    public static final String COLLATE = " COLLATE ";

    /** What the names of user variables begin with. */
    static final String USER_VARIABLE = "@";

    private static final String SQL_MODE = "sql_mode";
    private static final List<String> READING = List.of(CHARACTER_SET_CLIENT, COLLATION_CONNECTION, SQL_MODE);
    /** What servers were seen to decide by when they prepare a statement, and never again. */
    private static final List<String> DECIDING = List.of(
            "default_collation_for_utf8mb4",
            "default_week_format",
            "div_precision_increment",
            "group_concat_max_len",
            "information_schema_stats_expiry",
            "lc_time_names",
            "old_mode",
            "optimizer_switch",
            "sql_auto_is_null",
            "windowing_use_high_precision");

    /** One for each vector that somebody has, for as long as somebody has it. */
    private static final Interner<StateVector> KNOWN = Interner.newWeakInterner();

    private static final StateVector EMPTY = new StateVector(null, false, new String[0], new String[0]);

    private final @Nullable String schema;
    private final boolean multiStatements;
    private final String[] names;
    private final String[] values;
    private final int hash;
    /** Made when it is asked for; threads that do so at the same time make equal ones. */
    private @Nullable StateVector deciding;

    private StateVector(@Nullable String schema, boolean multiStatements, String[] names, String[] values) {
        this.schema = schema;
        this.multiStatements = multiStatements;
        this.names = names;
        this.values = values;
        this.hash =
                31 * (31 * Objects.hash(schema, multiStatements) + Arrays.hashCode(names)) + Arrays.hashCode(values);
    }

    /** No schema and every variable at the server's default. */
    public static StateVector empty() {
        return EMPTY;
    }

    /**
     * The same vector, as the one object that stands for all that are equal to it: sessions that are in the same state find
     * a connection in it by comparing references, and ten thousand of them need one vector. May be called from any thread.
     */
    public StateVector interned() {
        return KNOWN.intern(this);
    }

    /** The default schema, or null when none is selected. */
    public @Nullable String schema() {
        return schema;
    }

    /** Whether several statements in one COM_QUERY are allowed, as CLIENT_MULTI_STATEMENTS or COM_SET_OPTION said. */
    public boolean multiStatements() {
        return multiStatements;
    }

    /** How many variables are set. */
    public int size() {
        return names.length;
    }

    /** The name of variable {@code index}, in order. */
    public String name(int index) {
        return names[index];
    }

    /** The value of variable {@code index}, in order. */
    public String value(int index) {
        return values[index];
    }

    /** The value of a variable, or null when it stands at the server's default. */
    public @Nullable String get(String name) {
        int index = Arrays.binarySearch(names, name);
        return index < 0 ? null : values[index];
    }

    /** Whether a name of this vector is that of a user variable, whose value is SQL. */
    public static boolean isUserVariable(String name) {
        return name.startsWith(USER_VARIABLE);
    }

    /** A name of this vector as it stands in a SET. */
    public static String quoted(String name) {
        return isUserVariable(name) ? "@`" + name.substring(1) + "`" : "SESSION `" + name + "`";
    }

    /** How many user variables are set. */
    int userVariables() {
        int count = 0;
        while (count < names.length && isUserVariable(names[count])) {
            count++;
        }
        return count;
    }

    /** The characters of all names and values: what the bound on session state counts. */
    public int characters() {
        int sum = 0;
        for (int i = 0; i < names.length; i++) {
            sum += names[i].length() + values[i].length();
        }
        return sum;
    }

    /** This vector with another default schema. */
    public StateVector withSchema(@Nullable String newSchema) {
        return Objects.equals(schema, newSchema) ? this : new StateVector(newSchema, multiStatements, names, values);
    }

    /** This vector with several statements in one COM_QUERY allowed or refused. */
    public StateVector withMultiStatements(boolean allowed) {
        return multiStatements == allowed ? this : new StateVector(schema, allowed, names, values);
    }

    /** This vector with one variable set. */
    public StateVector with(String name, String value) {
        int index = Arrays.binarySearch(names, name);
        if (index >= 0) {
            if (values[index].equals(value)) {
                return this;
            }
            String[] changed = values.clone();
            changed[index] = value;
            return new StateVector(schema, multiStatements, names, changed);
        }
        int at = -index - 1;
        return new StateVector(schema, multiStatements, insert(names, at, name), insert(values, at, value));
    }

    /** This vector with another collation of its results' character set. */
    public StateVector withCollationOfResults(String collation) {
        String value = get(CHARACTER_SET_RESULTS);
        if (value == null || value.isEmpty()) {
            return this;
        }
        int collate = value.indexOf(COLLATE);
        String characterSet = collate < 0 ? value : value.substring(0, collate);
        return with(CHARACTER_SET_RESULTS, characterSet + COLLATE + collation);
    }

    /**
     * The part of this vector that decides how a statement is read when it is prepared.
     *
     * @param userVariables whether it mentions user variables, whose types it then has for good
     */
    public StateVector forReading(boolean userVariables) {
        StateVector part = EMPTY.withSchema(schema);
        for (int i = 0; userVariables && i < names.length && isUserVariable(names[i]); i++) {
            part = part.with(names[i], values[i]);
        }
        return part.withThoseOf(this, READING).withThoseOf(this, DECIDING);
    }

    private StateVector withThoseOf(StateVector other, List<String> variables) {
        StateVector changed = this;
        for (String name : variables) {
            String value = other.get(name);
            changed = value == null ? changed : changed.with(name, value);
        }
        return changed;
    }

    /** The collation, and the variables by which a server decides what a prepared statement computes. */
    public StateVector deciding() {
        StateVector part = deciding;
        if (part == null) {
            part = EMPTY.withThoseOf(this, List.of(COLLATION_CONNECTION)).withThoseOf(this, DECIDING);
            deciding = part;
        }
        return part;
    }

    /**
     * This vector as far as a statement does not see it when it is prepared, and {@code reading} as far as it does.
     * Nothing is ever taken away, so a connection in this state gets there without a reset.
     *
     * @param defaultSqlMode what a {@code reading} without sql_mode stands for
     */
    public StateVector readingAs(StateVector reading, String defaultSqlMode) {
        StateVector changed = reading.schema == null ? this : withSchema(reading.schema);
        for (int i = 0; i < reading.names.length && isUserVariable(reading.names[i]); i++) {
            changed = changed.with(reading.names[i], reading.values[i]);
        }
        for (String name : READING) {
            String value = reading.get(name);
            if (value != null) {
                changed = changed.with(name, value);
            } else if (get(name) != null && name.equals(SQL_MODE)) {
                changed = changed.with(name, defaultSqlMode);
            }
        }
        return changed.withThoseOf(reading, DECIDING);
    }

    /** This vector without the user variables that a test of their names picks out. */
    StateVector withoutUserVariables(Predicate<String> which) {
        int users = userVariables();
        StateVector rest = new StateVector(
                schema,
                multiStatements,
                Arrays.copyOfRange(names, users, names.length),
                Arrays.copyOfRange(values, users, values.length));
        for (int i = 0; i < users; i++) {
            rest = which.test(names[i].substring(USER_VARIABLE.length())) ? rest : rest.with(names[i], values[i]);
        }
        return rest;
    }

    /** This vector with every variable back at the server's default; the schema stays, as COM_RESET_CONNECTION has it. */
    public StateVector withoutVariables() {
        return names.length == 0 ? this : new StateVector(schema, multiStatements, new String[0], new String[0]);
    }

    /** Whether every variable that this vector sets is also set by {@code other}, to whatever value. */
    public boolean setsNothingBeyond(StateVector other) {
        if (names == other.names) {
            return true;
        }
        for (String name : names) {
            if (Arrays.binarySearch(other.names, name) < 0) {
                return false;
            }
        }
        return true;
    }

    private static String[] insert(String[] array, int at, String element) {
        String[] longer = new String[array.length + 1];
        System.arraycopy(array, 0, longer, 0, at);
        longer[at] = element;
        System.arraycopy(array, at, longer, at + 1, array.length - at);
        return longer;
    }

    @Override
    public boolean equals(@Nullable Object object) {
        return this == object
                || (object instanceof StateVector other
                        && hash == other.hash
                        && multiStatements == other.multiStatements
                        && Objects.equals(schema, other.schema)
                        && Arrays.equals(names, other.names)
                        && Arrays.equals(values, other.values));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("schema=").append(schema);
        for (int i = 0; i < names.length; i++) {
            text.append(", ").append(names[i]).append('=').append(values[i]);
        }
        return text.toString();
    }
}
