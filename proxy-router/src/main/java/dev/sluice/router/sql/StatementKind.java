package dev.sluice.router.sql;

import dev.sluice.router.RouteReason;
import org.jspecify.annotations.Nullable;

/**
 * What a statement is by its verb, as finely as a session needs to tell statements apart. Immutable.
 *
 * <p>Each kind that a replica can never serve names the reason for it; the others are read candidates.
 */
public enum StatementKind {
    SELECT(null),
    TABLE(null),
    VALUES(null),
    /** A statement that starts with a common table expression; {@link Traits#WRITES} tells an UPDATE from a SELECT. */
    WITH(null),
    /** EXPLAIN or DESCRIBE of a statement. */
    EXPLAIN(null),

    INSERT(RouteReason.WRITE),
    REPLACE(RouteReason.WRITE),
    UPDATE(RouteReason.WRITE),
    DELETE(RouteReason.WRITE),
    LOAD_DATA(RouteReason.WRITE),
    /** CREATE, ALTER, DROP, RENAME, TRUNCATE of anything but accounts. */
    DDL(RouteReason.WRITE),
    /** GRANT, REVOKE, statements on users and roles, SET PASSWORD, SET DEFAULT ROLE. */
    ACCOUNT(RouteReason.WRITE),
    /** ANALYZE, OPTIMIZE, CHECK, REPAIR, CHECKSUM and other work on tables. */
    TABLE_MAINTENANCE(RouteReason.WRITE),

    BEGIN(RouteReason.TRANSACTION_CONTROL),
    START_TRANSACTION(RouteReason.TRANSACTION_CONTROL),
    /** START TRANSACTION with READ ONLY, certain and alone in its packet. */
    START_TRANSACTION_READ_ONLY(RouteReason.TRANSACTION_CONTROL),
    /** START TRANSACTION with READ WRITE: even inside a read-only transaction the next one may write. */
    START_TRANSACTION_READ_WRITE(RouteReason.TRANSACTION_CONTROL),
    COMMIT(RouteReason.TRANSACTION_CONTROL),
    ROLLBACK(RouteReason.TRANSACTION_CONTROL),
    ROLLBACK_TO_SAVEPOINT(RouteReason.TRANSACTION_CONTROL),
    SAVEPOINT(RouteReason.TRANSACTION_CONTROL),
    RELEASE_SAVEPOINT(RouteReason.TRANSACTION_CONTROL),
    XA(RouteReason.TRANSACTION_CONTROL),

    SET(RouteReason.SESSION_STATEMENT),
    /** SET [SESSION | GLOBAL] TRANSACTION. */
    SET_TRANSACTION(RouteReason.SESSION_STATEMENT),
    USE(RouteReason.SESSION_STATEMENT),
    PREPARE(RouteReason.SESSION_STATEMENT),
    DEALLOCATE(RouteReason.SESSION_STATEMENT),
    LOCK_TABLES(RouteReason.SESSION_STATEMENT),
    UNLOCK_TABLES(RouteReason.SESSION_STATEMENT),
    /** LOCK INSTANCE, UNLOCK INSTANCE and MariaDB's BACKUP. */
    LOCK_INSTANCE(RouteReason.SESSION_STATEMENT),
    /** GET DIAGNOSTICS, SIGNAL and RESIGNAL. */
    DIAGNOSTICS(RouteReason.SESSION_STATEMENT),

    CALL(RouteReason.OPAQUE_STATEMENT),
    DO(RouteReason.OPAQUE_STATEMENT),
    HANDLER(RouteReason.OPAQUE_STATEMENT),
    EXECUTE(RouteReason.OPAQUE_STATEMENT),
    /** MariaDB's BEGIN NOT ATOMIC and other compound statements outside a routine. */
    COMPOUND(RouteReason.OPAQUE_STATEMENT),

    FLUSH(RouteReason.SERVER_STATEMENT),
    SHOW(RouteReason.SERVER_STATEMENT),
    /** DESCRIBE of a table. */
    DESCRIBE(RouteReason.SERVER_STATEMENT),
    KILL(RouteReason.SERVER_STATEMENT),
    HELP(RouteReason.SERVER_STATEMENT),
    /** CHANGE, START, STOP, RESET and others on replication and binary logs. */
    REPLICATION(RouteReason.SERVER_STATEMENT),
    /** INSTALL, CLONE, SHUTDOWN, RESTART and others on the server itself. */
    SERVER(RouteReason.SERVER_STATEMENT),
    /** Nothing but white space, comments and semicolons. */
    EMPTY(RouteReason.SERVER_STATEMENT),
    /** A verb that is not known. */
    OTHER(RouteReason.UNKNOWN_STATEMENT);

    private final @Nullable RouteReason primaryReason;

    StatementKind(@Nullable RouteReason primaryReason) {
        this.primaryReason = primaryReason;
    }

    /** Why statements of this kind go to the primary whatever else they contain; null for read candidates. */
    public @Nullable RouteReason primaryReason() {
        return primaryReason;
    }

    /** Whether a replica may serve some statements of this kind. */
    public boolean isReadCandidate() {
        return primaryReason == null;
    }
}
