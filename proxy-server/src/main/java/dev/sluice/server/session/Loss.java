package dev.sluice.server.session;

/** What a session loses with a backend connection, beyond the connection. Immutable. */
enum Loss {
    /** Nothing that could not be had elsewhere. */
    NOTHING,
    /** Variables, locks, temporary tables: state that lived there alone. */
    STATE,
    /** An open transaction, which the server rolls back, and state if there was any. */
    TRANSACTION
}
