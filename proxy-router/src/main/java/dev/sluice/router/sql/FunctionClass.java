package dev.sluice.router.sql;

/** What a name in front of a parenthesis means for routing. Immutable. */
enum FunctionClass {
    /** No known function. */
    UNKNOWN(Traits.UNKNOWN_FUNCTION | Traits.OPAQUE),
    /** A word of the grammar or the name of a type: no function at all. */
    SYNTAX(0),
    /** A built-in without effects whose answer is the same on every server that has the data. */
    SAFE(0),
    /** The same, but only when the parenthesis follows at once (or with IGNORE_SPACE): else it may be a stored function. */
    SAFE_ADJACENT(0),
    /** About this connection. */
    SESSION(Traits.SESSION_FUNCTION),
    /** LAST_INSERT_ID. */
    LAST_INSERT_ID(Traits.LAST_INSERT_ID),
    /** About the last statement. */
    DIAGNOSTICS(Traits.DIAGNOSTICS),
    /** FOUND_ROWS. */
    FOUND_ROWS(Traits.DIAGNOSTICS | Traits.FOUND_ROWS),
    LOCK_ACQUIRE(Traits.LOCK_FUNCTION_ACQUIRE),
    LOCK_RELEASE(Traits.LOCK_FUNCTION_RELEASE),
    LOCK_QUERY(Traits.LOCK_FUNCTION_QUERY),
    /** The next value of a sequence. */
    SEQUENCE_NEXT(Traits.SIDE_EFFECT_FUNCTION | Traits.SEQUENCE_NEXT),
    /** The last one that the session took. */
    SEQUENCE_LAST(Traits.SIDE_EFFECT_FUNCTION | Traits.SEQUENCE_LAST),
    /** Has an effect, or an answer of its own on each server. */
    SIDE_EFFECT(Traits.SIDE_EFFECT_FUNCTION);

    private final long traits;

    FunctionClass(long traits) {
        this.traits = traits;
    }

    long traits() {
        return traits;
    }
}
