package dev.sluice.router.session;

import dev.sluice.router.sql.UserVariableAssignment;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which of a session's user variables have values that are known, and so can be given to another connection, and which
 * have not. The known ones are part of the {@link StateVector}. Confined to the session's event loop.
 *
 * <p>A variable that becomes unknown keeps its old value in the vector: the connection that has the new one is not left
 * while that is so, and nothing has to be taken away from others.
 */
final class UserVariables {
    /** Bound on the variables that are replayed, and on those that are known by name to be unknown. */
    static final int VARIABLES_MAX = 100;

    /** A variable that was never set, in the words that a connection understands where it was. */
    private static final String NEVER_SET = "_binary X''";

    /** A string as literals are written here. */
    private static final Pattern STRING =
            Pattern.compile("_(?:utf8mb4|utf8mb3|utf8|latin1|ascii) X'([0-9A-F]*+)' COLLATE [a-z0-9_]+");

    private final SessionState state;
    private final Set<String> unknown = new HashSet<>();
    private boolean anyUnknown;

    UserVariables(SessionState state) {
        this.state = state;
    }

    /** Whether some variable has a value that only its connection knows. */
    boolean areUnknown() {
        return anyUnknown || !unknown.isEmpty();
    }

    /**
     * A statement has assigned variables.
     *
     * @param assignments what it gave to which; null if any variable may have any value now
     * @param succeeded if it did not, each of them may or may not have been assigned
     */
    void assigned(@Nullable List<UserVariableAssignment> assignments, boolean succeeded) {
        if (assignments == null) {
            anyUnknown = true;
            return;
        }
        for (UserVariableAssignment assignment : assignments) {
            if (!succeeded || !isReplayed(assignment)) {
                forget(assignment.name());
            }
        }
    }

    private void forget(String name) {
        if (unknown.size() < VARIABLES_MAX) {
            unknown.add(name);
        } else {
            anyUnknown = true;
        }
    }

    private boolean isReplayed(UserVariableAssignment assignment) {
        String literal = assignment.literal();
        String variable = StateVector.USER_VARIABLE + assignment.name();
        StateVector vector = state.vector();
        String before = vector.get(variable);
        if (UserVariableAssignment.NULL.equals(literal)) {
            // It keeps the type of the value that it takes away, which must be known for that.
            literal = unknown.contains(assignment.name()) ? null : nullBehind(variable, before);
        }
        boolean fits = literal != null
                && (before != null || vector.userVariables() < VARIABLES_MAX)
                && vector.characters() + variable.length() + literal.length() <= SessionState.VECTOR_CHARACTERS_MAX;
        if (literal == null || !fits) {
            return false;
        }
        unknown.remove(assignment.name());
        state.vector(vector.with(variable, literal));
        return true;
    }

    private static String nullBehind(String variable, @Nullable String before) {
        String value = before == null ? NEVER_SET : before;
        String suffix = "," + StateVector.quoted(variable) + "=" + UserVariableAssignment.NULL;
        return value.endsWith(suffix) ? value : value + suffix;
    }

    /** A vector without the variables whose values only the connection knows: they must not be set there. */
    StateVector withoutUnknown(StateVector reading) {
        return areUnknown() ? reading.withoutUserVariables(name -> anyUnknown || unknown.contains(name)) : reading;
    }

    /** The text of ASCII in a variable; null if that is not what it has, or if it is not known. */
    byte @Nullable [] text(String name) {
        String literal =
                anyUnknown || unknown.contains(name) ? null : state.vector().get(StateVector.USER_VARIABLE + name);
        Matcher string = STRING.matcher(literal == null ? "" : literal);
        if (!string.matches()) {
            return null;
        }
        byte[] bytes = HexFormat.of().parseHex(string.group(1));
        for (byte b : bytes) {
            if (b < 0) {
                return null;
            }
        }
        return bytes;
    }

    /** The connection that knew the values is gone: the variables are NULL, as if they had never been set. */
    void connectionGone() {
        StateVector vector = state.vector();
        for (int i = 0; i < vector.size(); i++) {
            String name = vector.name(i);
            if (StateVector.isUserVariable(name) && (anyUnknown || unknown.contains(name.substring(1)))) {
                vector = vector.with(name, nullBehind(name, null));
            }
        }
        state.vector(vector);
        unknown.clear();
        anyUnknown = false;
    }
}
