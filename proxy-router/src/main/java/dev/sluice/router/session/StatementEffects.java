package dev.sluice.router.session;

import dev.sluice.router.RouteReason;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.CommentFreeText;
import dev.sluice.router.sql.LexicalCharset;
import dev.sluice.router.sql.PreparedText;
import dev.sluice.router.sql.RestoredVariables;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.router.sql.UserVariableAssignment;
import dev.sluice.router.sql.UserVariableReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a statement that ran leaves behind: it turns the server's reports into the replayable state, and whatever the
 * server does not report into pins. Confined to the session's event loop.
 *
 * <p>The server is asked first: variables, schema, table locks and pending transaction characteristics come from its
 * trackers. The text is believed only for what the trackers were seen not to tell: user variables assigned inside
 * statements, CREATE TEMPORARY TABLE ... SELECT, user locks, global locks, handlers, roles. A state change that neither
 * explains pins the session.
 */
public final class StatementEffects {
    /** They set variables for one statement, and the server reports values that it has put back by then. */
    private static final long RESTORING = Traits.OPTIMIZER_HINT_SET_VAR | Traits.SET_STATEMENT_FOR;

    private static final int LOCKED_TABLES_INDEX = 7;

    private final SessionState state;
    private final BooleanSupplier triggersAssign;
    private final BooleanSupplier mariaDb;
    private final NamedObjects objects = new NamedObjects();
    private final UserVariables userVariables;
    private final PreparedNames preparedNames = new PreparedNames();
    private final VariableReports reported;

    /**
     * @param state what is kept up to date
     * @param triggersAssign whether there may be triggers that assign variables of which servers say nothing
     * @param mariaDb whether the servers are those of MariaDB
     */
    public StatementEffects(SessionState state, BooleanSupplier triggersAssign, BooleanSupplier mariaDb) {
        this.state = state;
        this.triggersAssign = triggersAssign;
        this.mariaDb = mariaDb;
        this.userVariables = new UserVariables(state);
        this.reported = new VariableReports(state);
    }

    /**
     * Whether the connection's collation has to be asked for: SET NAMES ... COLLATE reports the character set but not the
     * collation.
     */
    public boolean isCollationUnknown() {
        return reported.isCollationUnknown();
    }

    /** The server said what collation_connection is. */
    public void collationConnection(String collation) {
        reported.collationConnection(collation);
    }

    /** Results are in the character set's collation of this name, which is not its default. */
    public void collationOfResults(String collation) {
        state.vector(state.vector().withCollationOfResults(collation));
    }

    /**
     * The state to prepare a statement in that was first prepared in {@code reading}; user variables whose values are not
     * known stay as they are.
     */
    public StateVector vectorForPreparing(StateVector reading) {
        return state.vectorForPreparing(userVariables.withoutUnknown(reading));
    }

    /** Everything that lived on a connection is gone. */
    public void connectionGone(Slot slot) {
        // A cursor may hold the other slot: what is known by name lives where its pin is.
        if ((state.pins(slot) & NAMED) != 0) {
            objects.clear();
            preparedNames.clear();
        }
        if ((state.pins(slot) & PinReason.USER_VARIABLE.bit()) != 0) {
            userVariables.connectionGone();
        }
        state.connectionGone(slot);
        reported.connectionGone();
    }

    /** What lived on a connection is gone, but for what prepared statements have there. */
    public void connectionLeft(Slot slot) {
        int pins = state.pins(slot);
        connectionGone(slot);
        for (PinReason bound : BINDING) {
            state.pin(slot, bound, (pins & bound.bit()) != 0);
        }
    }

    private static final List<PinReason> BINDING = List.of(PinReason.CURSOR, PinReason.LONG_DATA);

    /**
     * Takes in the outcome of a statement.
     *
     * @param slot where it ran
     * @param succeeded false if the server answered with an error; state may have changed nevertheless
     * @param changes what the trackers reported
     * @param text the statement, decoded; called on rare paths only; may yield null when the text is not at hand
     */
    public void apply(
            Slot slot,
            Classification statement,
            boolean succeeded,
            SessionChanges changes,
            Supplier<@Nullable String> text) {
        boolean triggers = slot == Slot.PRIMARY && firesTriggers(statement) && triggersAssign.getAsBoolean();
        boolean assigns = triggers || statement.has(Traits.USER_VARIABLE_ASSIGNED);
        // Literals are what the settings before the statement make of them.
        List<UserVariableAssignment> assignments = assigns && !triggers ? assignmentsOf(statement, text) : null;
        if (!changes.isEmpty()) {
            takeReports(slot, statement, changes, text);
        }
        if (assigns) {
            userVariables.assigned(assignments, succeeded);
            state.pin(slot, PinReason.USER_VARIABLE, userVariables.areUnknown());
        }
        long traits = statement.traits();
        if ((traits & LASTING) != 0) {
            pinRoutine(slot, statement, changes);
            pinIf(slot, statement, Traits.TIES_TRACKERS, PinReason.SESSION_TRACKING);
            takeText(slot, statement, succeeded, text);
        }
        if (succeeded && statement.kind() == StatementKind.DDL && (state.pins(slot) & TEMPORARY) != 0) {
            takeDefinition(slot, textOf(statement, text));
        }
        if (state.autocommitOff() || (state.pins(slot) & PinReason.SAVEPOINT.bit()) != 0) {
            takeSavepoint(slot, statement, succeeded, text);
        }
    }

    private static boolean firesTriggers(Classification statement) {
        return statement.has(Traits.WRITES)
                && switch (statement.kind()) {
                    case DDL, ACCOUNT, TABLE_MAINTENANCE, SERVER -> statement.has(Traits.MULTI_STATEMENT);
                    default -> true;
                };
    }

    /** With autocommit off a server keeps savepoints for the transaction to come, and says nothing of it. */
    private void takeSavepoint(
            Slot slot, Classification statement, boolean succeeded, Supplier<@Nullable String> text) {
        boolean between = state.autocommitOff() && state.transactionSlot() != slot;
        boolean several = statement.has(Traits.MULTI_STATEMENT);
        if (between && several) {
            String sql = text.get();
            if (sql == null || SAVEPOINT.matcher(sql).find()) {
                state.pin(slot, PinReason.SAVEPOINT, true);
            }
        } else if (between && succeeded && statement.kind() == StatementKind.SAVEPOINT) {
            state.pin(slot, PinReason.SAVEPOINT, true);
        } else if (!between || (succeeded && ends(statement))) {
            // The transaction itself keeps the session from now on, or it is over.
            state.pin(slot, PinReason.SAVEPOINT, false);
        }
    }

    private static boolean ends(Classification statement) {
        return statement.kind() == StatementKind.COMMIT
                || statement.kind() == StatementKind.ROLLBACK
                || statement.has(Traits.IMPLICIT_COMMIT);
    }

    private static final Pattern SAVEPOINT = Pattern.compile("savepoint", Pattern.CASE_INSENSITIVE);

    /**
     * What an EXECUTE does, by the statement that was prepared under its name; any other statement as it is.
     *
     * @param text the statement, decoded
     */
    public Classification executed(Classification statement, Supplier<@Nullable String> text) {
        if (!statement.has(Traits.EXECUTES_BY_NAME)
                || statement.kind() != StatementKind.EXECUTE
                || statement.has(Traits.MULTI_STATEMENT | Traits.EXECUTABLE_COMMENT | Traits.AMBIGUOUS_TEXT)) {
            return statement;
        }
        String name = NamedObjects.executed(readable(text));
        return name == null ? statement : preparedNames.executed(statement, name, objects.hasPreparedStatements());
    }

    private @Nullable List<UserVariableAssignment> assignmentsOf(
            Classification statement, Supplier<@Nullable String> text) {
        boolean readable = statement.kind() == StatementKind.SET
                && !statement.has(Traits.OPAQUE | Traits.AMBIGUOUS_TEXT | Traits.PLACEHOLDERS);
        String sql = readable ? textOf(statement, text) : null;
        return sql == null
                ? null
                : UserVariableReader.read(
                        sql.getBytes(StandardCharsets.UTF_8),
                        state.lexicalMode(),
                        state.vector().get(StateVector.CHARACTER_SET_CLIENT),
                        state.vector().get(StateVector.COLLATION_CONNECTION),
                        state.isEmptyStringNull());
    }

    private void takeDefinition(Slot slot, @Nullable String text) {
        if (text == null || RENAMING.matcher(text).lookingAt()) {
            objects.renamedTables();
        } else {
            objects.droppedTables(text, state.vector().schema());
        }
        state.pin(slot, PinReason.TEMPORARY_TABLE, objects.hasTemporaryTables());
    }

    private static final Pattern RENAMING = Pattern.compile("\\s*(?:ALTER|RENAME)\\b", Pattern.CASE_INSENSITIVE);
    private static final int TEMPORARY = PinReason.TEMPORARY_TABLE.bit();

    /** The pins that end when the last of {@link #objects} goes. */
    private static final int NAMED =
            TEMPORARY | PinReason.USER_LOCK.bit() | PinReason.TEXT_PREPARE.bit() | PinReason.HANDLER.bit();

    /** The traits that leave something behind or take it away. */
    private static final long LASTING = Traits.LOCK_FUNCTION_ACQUIRE
            | Traits.CREATES_TEMPORARY_TABLE
            | Traits.FLUSH_WITH_READ_LOCK
            | Traits.LOCKS_TABLES
            | Traits.OPENS_HANDLER
            | Traits.TEXT_PREPARE
            | Traits.SETS_ROLE
            | Traits.LOCKS_INSTANCE
            | Traits.SETS_RESOURCE_GROUP
            | Traits.SETS_NON_REPLAYABLE
            | Traits.SETS_WITHOUT_SCOPE
            | Traits.OPAQUE
            | Traits.TIES_TRACKERS
            | Traits.REPLICATES
            | Traits.ENDING;

    private void takeReports(
            Slot slot, Classification statement, SessionChanges changes, Supplier<@Nullable String> text) {
        boolean restores = statement.has(RESTORING);
        reported.take(slot, statement, changes, restores ? restored(statement, changes, text) : Set.of());
        if (changes.schemaChanged()) {
            state.vector(state.vector().withSchema(changes.schema()));
        }
        // A value that is put back is reported as a change of state, too; behind what writes there may be a trigger's.
        boolean explained = (restores && !statement.has(Traits.WRITES)) || isExplained(slot, statement, changes);
        if (changes.stateChanged() && !explained) {
            state.pin(slot, PinReason.UNREPORTED_CHANGE, true);
        }
        String transaction = changes.transactionState();
        if (transaction != null) {
            boolean locked =
                    transaction.length() > LOCKED_TABLES_INDEX && transaction.charAt(LOCKED_TABLES_INDEX) == 'L';
            state.pin(slot, PinReason.TABLE_LOCK, locked);
        }
        String characteristics = changes.characteristics();
        if (characteristics != null) {
            boolean pending = !characteristics.isEmpty() && state.transactionSlot() != slot;
            state.pin(slot, PinReason.TRANSACTION_CHARACTERISTICS, pending);
            if (slot == Slot.REPLICA) {
                state.readOnlyNextOnReplica(pending && characteristics.contains("READ ONLY"));
            }
        }
    }

    /** The variables that the server has put back at the end of the statement; null if nobody knows. */
    private @Nullable Set<String> restored(
            Classification statement, SessionChanges changes, Supplier<@Nullable String> text) {
        boolean another = statement.has(Traits.MULTI_STATEMENT | Traits.EXECUTABLE_COMMENT | Traits.EXECUTES_BY_NAME)
                || statement.kind() == StatementKind.SET;
        String sql = another ? null : withComments(text);
        Set<String> names =
                sql == null ? null : RestoredVariables.read(sql.getBytes(StandardCharsets.UTF_8), state.lexicalMode());
        return names != null && VariableReports.tellsApart(changes, names) ? names : null;
    }

    /** Whether a reported state change is accounted for by what else was reported or by the statement itself. */
    private boolean isExplained(Slot slot, Classification statement, SessionChanges changes) {
        if (statement.has(EXPLAINED)) {
            return true;
        }
        boolean setsOnly = statement.kind() == StatementKind.SET
                || statement.kind() == StatementKind.SET_TRANSACTION
                || statement.kind() == StatementKind.USE;
        if (changes.schemaChanged() || (setsOnly && changes.variables() > 0)) {
            return true;
        }
        // ALTER and DROP of a temporary table report a change; the table pins already.
        return statement.kind() == StatementKind.DDL && (state.pins(slot) & TEMPORARY) != 0;
    }

    private static final long EXPLAINED = Traits.USER_VARIABLE_ASSIGNED
            | Traits.CREATES_TEMPORARY_TABLE
            | Traits.DROPS_TEMPORARY_TABLE
            | Traits.TEXT_PREPARE
            | Traits.TEXT_DEALLOCATE
            | Traits.SETS_ROLE
            | Traits.SETS_TRACKERS
            | Traits.TIES_TRACKERS
            | Traits.OPAQUE;

    private void takeText(Slot slot, Classification statement, boolean succeeded, Supplier<@Nullable String> text) {
        if (statement.has(Traits.LOCK_FUNCTION_ACQUIRE | Traits.LOCK_FUNCTION_RELEASE)) {
            takeUserLocks(slot, statement, succeeded, text);
        }
        if (statement.has(Traits.SETS_WITHOUT_SCOPE) && mariaDb.getAsBoolean()) {
            // One that failed may have set some of them.
            state.pin(slot, PinReason.NON_REPLAYABLE_VARIABLE, true);
        }
        boolean partly = statement.has(Traits.MULTI_STATEMENT);
        if (!succeeded && !partly) {
            return;
        }
        pinIf(slot, statement, Traits.REPLICATES, PinReason.REPLICATION);
        pinIf(slot, statement, Traits.SETS_ROLE, PinReason.ROLE);
        pinIf(slot, statement, Traits.SETS_RESOURCE_GROUP, PinReason.RESOURCE_GROUP);
        pinIf(slot, statement, Traits.SETS_NON_REPLAYABLE, PinReason.NON_REPLAYABLE_VARIABLE);
        pinIf(slot, statement, Traits.FLUSH_WITH_READ_LOCK, PinReason.GLOBAL_READ_LOCK);
        pinIf(slot, statement, Traits.LOCKS_INSTANCE, PinReason.INSTANCE_LOCK);
        if (succeeded) {
            unpinIf(slot, statement, PinReason.GLOBAL_READ_LOCK, Traits.FLUSH_WITH_READ_LOCK, Traits.UNLOCKS_TABLES);
            unpinIf(slot, statement, PinReason.INSTANCE_LOCK, Traits.LOCKS_INSTANCE, Traits.UNLOCKS_INSTANCE);
        }
        takeTemporaryTables(slot, statement, succeeded, text);
        takePrepared(slot, statement, succeeded, text);
        takeHandlers(slot, statement);
    }

    /**
     * Half of a failed statement may have run. Only a read-only transaction brings a routine to a replica: what it leaves
     * there unreported ends with the transaction, for a session that is tied to a replica cannot write.
     */
    private void pinRoutine(Slot slot, Classification statement, SessionChanges changes) {
        boolean large = statement.reason() == RouteReason.TOO_LARGE;
        boolean stays = slot == Slot.PRIMARY
                || large
                || changes.stateChanged()
                || statement.has(Traits.MULTI_STATEMENT | Traits.AMBIGUOUS_TEXT);
        if (stays) {
            pinIf(slot, statement, Traits.OPAQUE, large ? PinReason.LARGE_STATEMENT : PinReason.ROUTINE);
        }
    }

    private void pinIf(Slot slot, Classification statement, long trait, PinReason reason) {
        if (statement.has(trait)) {
            state.pin(slot, reason, true);
        }
    }

    /** A packet that takes and gives back counts as one that takes. */
    private void unpinIf(Slot slot, Classification statement, PinReason reason, long takes, long gives) {
        if (statement.has(gives) && !statement.has(takes)) {
            state.pin(slot, reason, false);
        }
    }

    private void takeUserLocks(
            Slot slot, Classification statement, boolean succeeded, Supplier<@Nullable String> text) {
        if (statement.has(Traits.LOCK_FUNCTION_ACQUIRE)) {
            objects.locked(textOf(statement, text), text.get());
        } else if (succeeded && !"0".equals(state.vector().get("sql_select_limit"))) {
            // With that limit a SELECT has no rows, and its functions are not called.
            objects.unlocked(textOf(statement, text));
        }
        state.pin(slot, PinReason.USER_LOCK, objects.hasUserLocks());
    }

    private void takeTemporaryTables(
            Slot slot, Classification statement, boolean succeeded, Supplier<@Nullable String> text) {
        if (statement.has(Traits.CREATES_TEMPORARY_TABLE)) {
            objects.createdTemporaryTable(
                    textOf(statement, text), state.vector().schema());
            state.pin(slot, PinReason.TEMPORARY_TABLE, true);
        } else if (succeeded && statement.has(Traits.DROPS_TEMPORARY_TABLE)) {
            objects.droppedTables(textOf(statement, text), state.vector().schema());
            state.pin(slot, PinReason.TEMPORARY_TABLE, objects.hasTemporaryTables());
        }
    }

    private void takePrepared(Slot slot, Classification statement, boolean succeeded, Supplier<@Nullable String> text) {
        if (statement.has(Traits.TEXT_PREPARE)) {
            String sql = textOf(statement, text);
            String name = objects.prepared(sql);
            if (name != null && sql != null) {
                preparedNames.prepared(
                        name,
                        PreparedText.read(
                                sql.getBytes(StandardCharsets.UTF_8), state.lexicalMode(), userVariables::text));
            } else {
                // It may be that of any statement that is known: none of them is any more.
                preparedNames.clear();
            }
        } else if (succeeded && statement.has(Traits.TEXT_DEALLOCATE)) {
            String name = objects.deallocated(textOf(statement, text));
            if (name != null) {
                preparedNames.deallocated(name);
            }
        } else if (statement.has(Traits.OPAQUE)) {
            // A procedure may prepare statements for its session.
            preparedNames.clear();
            return;
        } else {
            return;
        }
        state.pin(slot, PinReason.TEXT_PREPARE, objects.hasPreparedStatements());
    }

    private void takeHandlers(Slot slot, Classification statement) {
        boolean several = statement.has(Traits.MULTI_STATEMENT);
        if (statement.has(Traits.OPENS_HANDLER)) {
            objects.openedHandler(several);
        } else if (statement.has(Traits.CLOSES_HANDLER) && !several) {
            objects.closedHandler();
        } else {
            return;
        }
        state.pin(slot, PinReason.HANDLER, objects.hasHandlers());
    }

    /**
     * The text of a statement that stands alone; null for several in one packet, whose names are not told apart, for a
     * statement that runs another, and for text whose letters are not certain: it was decoded as UTF-8.
     */
    private @Nullable String textOf(Classification statement, Supplier<@Nullable String> text) {
        boolean another = statement.has(Traits.MULTI_STATEMENT
                | Traits.EXECUTABLE_COMMENT
                | Traits.EXECUTES_BY_NAME
                | Traits.SET_STATEMENT_FOR);
        return another ? null : readable(text);
    }

    private @Nullable String readable(Supplier<@Nullable String> text) {
        String whole = withComments(text);
        return whole == null ? null : CommentFreeText.of(whole, state.lexicalMode());
    }

    private @Nullable String withComments(Supplier<@Nullable String> text) {
        String whole = text.get();
        boolean utf8 = state.lexicalMode().charset() == LexicalCharset.UTF8;
        return whole == null || whole.chars().allMatch(c -> c < 0x80 || (utf8 && c != UNREADABLE)) ? whole : null;
    }

    /** What stands in a String for bytes that are no UTF-8. */
    private static final char UNREADABLE = '\ufffd';
}
