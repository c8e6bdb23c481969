package dev.sluice.router.sql;

/** What the first word of a statement says. Immutable. */
final class Verbs {
    private Verbs() {}

    /** The kind of a statement that starts with a word, before its next words refine it. */
    static StatementKind kindOf(Keyword verb) {
        return switch (verb) {
            case SELECT -> StatementKind.SELECT;
            case TABLE -> StatementKind.TABLE;
            case VALUES -> StatementKind.VALUES;
            case WITH -> StatementKind.WITH;
            case INSERT -> StatementKind.INSERT;
            case REPLACE -> StatementKind.REPLACE;
            case UPDATE -> StatementKind.UPDATE;
            case DELETE -> StatementKind.DELETE;
            case LOAD -> StatementKind.LOAD_DATA;
            case CREATE, ALTER, DROP, RENAME, TRUNCATE, IMPORT -> StatementKind.DDL;
            case GRANT, REVOKE -> StatementKind.ACCOUNT;
            case ANALYZE, OPTIMIZE, CHECK, REPAIR, CHECKSUM, CACHE -> StatementKind.TABLE_MAINTENANCE;
            case BEGIN -> StatementKind.BEGIN;
            case COMMIT -> StatementKind.COMMIT;
            case ROLLBACK -> StatementKind.ROLLBACK;
            case SAVEPOINT -> StatementKind.SAVEPOINT;
            case RELEASE -> StatementKind.RELEASE_SAVEPOINT;
            case XA -> StatementKind.XA;
            case SET -> StatementKind.SET;
            case USE -> StatementKind.USE;
            case PREPARE -> StatementKind.PREPARE;
            case DEALLOCATE -> StatementKind.DEALLOCATE;
            case EXECUTE -> StatementKind.EXECUTE;
            case CALL -> StatementKind.CALL;
            case DO -> StatementKind.DO;
            case HANDLER -> StatementKind.HANDLER;
            case LOCK -> StatementKind.LOCK_TABLES;
            case UNLOCK -> StatementKind.UNLOCK_TABLES;
            case BACKUP -> StatementKind.LOCK_INSTANCE;
            case FLUSH -> StatementKind.FLUSH;
            case SHOW -> StatementKind.SHOW;
            case EXPLAIN, DESCRIBE, DESC -> StatementKind.EXPLAIN;
            case KILL -> StatementKind.KILL;
            case HELP -> StatementKind.HELP;
            case GET, SIGNAL, RESIGNAL -> StatementKind.DIAGNOSTICS;
            case START, STOP, CHANGE, RESET, PURGE, BINLOG -> StatementKind.REPLICATION;
            case INSTALL, UNINSTALL, CLONE, SHUTDOWN, RESTART -> StatementKind.SERVER;
            case IF, CASE, LOOP, WHILE, REPEAT, FOR -> StatementKind.COMPOUND;
            default -> StatementKind.OTHER;
        };
    }

    /** The traits every statement of a kind has. */
    static long traitsOf(StatementKind kind) {
        return switch (kind) {
            case INSERT, REPLACE, UPDATE, DELETE, LOAD_DATA -> Traits.WRITES;
            case DDL, ACCOUNT, TABLE_MAINTENANCE -> Traits.WRITES | Traits.IMPLICIT_COMMIT;
            case BEGIN, START_TRANSACTION, START_TRANSACTION_READ_WRITE, FLUSH, REPLICATION -> Traits.IMPLICIT_COMMIT;
            case LOCK_TABLES -> Traits.LOCKS_TABLES | Traits.IMPLICIT_COMMIT;
            case UNLOCK_TABLES -> Traits.UNLOCKS_TABLES | Traits.IMPLICIT_COMMIT;
            case LOCK_INSTANCE -> Traits.LOCKS_INSTANCE;
            case PREPARE -> Traits.TEXT_PREPARE;
            case DEALLOCATE -> Traits.TEXT_DEALLOCATE;
            case KILL -> Traits.KILLS;
            case SERVER -> Traits.WRITES | Traits.IMPLICIT_COMMIT;
            case EXECUTE -> Traits.OPAQUE | Traits.EXECUTES_BY_NAME;
            case CALL, COMPOUND, OTHER -> Traits.OPAQUE;
            default -> 0;
        };
    }

    /** Whether words behind the verb can change the kind or add traits of the verb. */
    static boolean hasMoreToSay(StatementKind kind) {
        return switch (kind) {
            case DDL,
                    BEGIN,
                    REPLICATION,
                    COMMIT,
                    ROLLBACK,
                    LOCK_TABLES,
                    UNLOCK_TABLES,
                    LOCK_INSTANCE,
                    HANDLER,
                    FLUSH,
                    SHOW,
                    DIAGNOSTICS,
                    LOAD_DATA,
                    SET,
                    EXPLAIN -> true;
            default -> false;
        };
    }
}
