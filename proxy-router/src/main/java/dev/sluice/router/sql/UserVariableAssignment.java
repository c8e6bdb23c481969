package dev.sluice.router.sql;

import org.jspecify.annotations.Nullable;

/**
 * What a SET statement gives to one user variable. Immutable.
 *
 * @param name the variable in lower case, as servers compare it
 * @param literal SQL that gives the same value, type and collation on any connection of a cluster, whatever its sql_mode
 *     and character sets; {@link #NULL} for NULL; null if no such SQL is known
 */
public record UserVariableAssignment(String name, @Nullable String literal) {
    /** The literal NULL: it takes the value and leaves the type. */
    public static final String NULL = "NULL";
}
