package dev.sluice.router.session;

import dev.sluice.router.sql.Traits;

/** What a read must find on a replica. Immutable. */
public enum Consistency {
    /** Nothing: any replica that takes reads will do. */
    NONE,
    /** The session's own writes, and nothing older than what it has read. */
    SESSION,
    /** The same, and every write that any client of this proxy had been told about before. */
    GLOBAL;

    /** What a statement asks for by a hint; {@code otherwise} if it has none. Of several hints the strictest counts. */
    static Consistency of(long traits, Consistency otherwise) {
        if ((traits & Traits.CONSISTENCY_HINTS) == 0) {
            return otherwise;
        }
        if ((traits & Traits.CONSISTENCY_GLOBAL) != 0) {
            return GLOBAL;
        }
        return (traits & Traits.CONSISTENCY_SESSION) != 0 ? SESSION : NONE;
    }
}
