package dev.sluice.server.session;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;

/** What a command may do to the data that others see, and what it shows of theirs. In doubt, it does. Functions only. */
final class CommandEffect {
    private static final long MAY_WRITE = Traits.WRITES | Traits.OPAQUE | Traits.MULTI_STATEMENT;

    private CommandEffect() {}

    /**
     * Whether committed data may be other after the command than before: it writes, or ends a transaction that did, which
     * many statements do on the way.
     */
    static boolean mayShowWrites(Command command, boolean inTransaction) {
        Classification statement = command.ran();
        if (command.isLongData() || statement.reason() == RouteReason.COMMAND || statement.target() == Target.REPLICA) {
            return false;
        }
        boolean known =
                statement.reason() == RouteReason.REPLICA_REFUSED || statement.reason() == RouteReason.LEARNED_WRITE;
        if (known || statement.has(MAY_WRITE)) {
            return true;
        }
        return switch (statement.kind()) {
            case SELECT, TABLE, VALUES, WITH, EXPLAIN -> statement.has(Traits.SIDE_EFFECT_FUNCTION);
            case SHOW, DESCRIBE, HELP, USE, EMPTY, DIAGNOSTICS -> false;
            // They can end a transaction and do nothing else: every new client sends a SET or two.
            case SET, SET_TRANSACTION, BEGIN, START_TRANSACTION -> inTransaction;
            case START_TRANSACTION_READ_ONLY, START_TRANSACTION_READ_WRITE -> inTransaction;
            case COMMIT, ROLLBACK, ROLLBACK_TO_SAVEPOINT, SAVEPOINT, RELEASE_SAVEPOINT -> inTransaction;
            case PREPARE, DEALLOCATE, LOCK_TABLES, UNLOCK_TABLES -> inTransaction;
            default -> true;
        };
    }

    /**
     * Whether the answer shows what others have committed. A plain write does, but it has a position that comes after all
     * it has seen.
     */
    static boolean showsData(Command command, Slot slot) {
        Classification statement = command.ran();
        if (statement.reason() == RouteReason.COMMAND) {
            // The rows of a cursor are those of the statement that opened it.
            return false;
        }
        if (slot == Slot.REPLICA || statement.has(Traits.OPAQUE | Traits.MULTI_STATEMENT)) {
            return true;
        }
        return switch (statement.kind()) {
            case SELECT, TABLE, VALUES, WITH, EXPLAIN, SHOW, DESCRIBE, HANDLER, TABLE_MAINTENANCE -> true;
            default -> false;
        };
    }
}
