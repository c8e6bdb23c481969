package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.Slot;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.StatePrelude;
import dev.sluice.server.backend.StatementHandles.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What is written in front of a command: whatever brings the connection into the session's state, and the prepared
 * statement that it does not have yet. Reused from command to command. Confined to the session's event loop.
 */
final class Preparation {
    /** The pins that end when the server reports it. */
    private static final int REPORTED_ONCE = PinReason.TABLE_LOCK.bit() | PinReason.TRANSACTION_CHARACTERISTICS.bit();

    private final SessionParts parts;
    private final Settlement settlement;
    private final PreludeAnswers answers;
    private final InternalResponse waited;
    private final InternalResponse cleared;
    private GtidPosition waitedFor = GtidPosition.EMPTY;
    private int waitedOn;
    private boolean behind;

    /** @param whenAnswered called when everything that was written has been answered */
    Preparation(SessionParts parts, Settlement settlement, Runnable whenAnswered) {
        this.parts = parts;
        this.settlement = settlement;
        this.answers = new PreludeAnswers(whenAnswered);
        this.waited = new InternalResponse(ResponseShape.QUERY) {
            @Override
            void answered() {
                waitEnded("0".equals(value()));
                answers.waited();
            }
        };
        this.cleared = new InternalResponse(ResponseShape.QUERY) {
            @Override
            void answered() {
                answers.waited();
            }
        };
    }

    /** Whether the replica has not come to the position that the command waits for: its answer is worth nothing. */
    boolean isBehind() {
        return behind;
    }

    /** The first error in bringing the session's state to the connection, or null. */
    @Nullable
    ErrPacket stateError() {
        return answers.stateError();
    }

    /** The error of preparing the statement, or null. */
    @Nullable
    ErrPacket prepareError() {
        return answers.prepareError();
    }

    /**
     * Writes what the command needs in front of it.
     *
     * @param restores whether the connection has to be left as the last statement has left its own
     * @return whether the command may follow at once; else it has to wait for the answers
     */
    boolean write(Command command, Slot slot, BackendConnection target, boolean restores) {
        boolean wasQuiet = target.isQuiet();
        behind = false;
        InsertId.captureOther(target, parts.insertId());
        if (!command.isPrepare() && Sequences.needsReset(parts, slot, command.statement(), target)) {
            target.wantReset();
        }
        PreparedStatement about = command.prepared();
        if (about != null && command.type() == CommandType.COM_STMT_EXECUTE) {
            parts.statements().noteFirstTypes(command.packet(), about, target, deciding());
        }
        if (about != null && command.needsHandle() && !willHaveHandle(target, about, command)) {
            // What is not reported could not be put back behind it.
            StateVector reading = parts.clientTrackers().own(target)
                    ? target.vector()
                    : parts.effects().vectorForPreparing(about.text().preparedIn());
            answers.expectTo(stateOf(target, slot, reading) + settlement.prepareOn(target, about, answers));
            return false;
        }
        // A schema that is about to be left may be gone, and a replica may not have it yet: it must not stand in the
        // way.
        StateVector wanted = command.choosesSchema() || command.isFetch()
                ? parts.state().vector().withSchema(target.vector().schema())
                : parts.state().vector();
        boolean sets = !isMariaDb(target)
                && !clearsConditions(target, command)
                && StatePrelude.isNeeded(target, wanted)
                && StatePrelude.sets(target, wanted);
        int stateAnswers = stateWithTrackers(command, target, slot, wanted);
        if (stateAnswers > 0 && command.isPrepare()) {
            parts.lastStatement().preparedBehindSettings();
        }
        // What is only prepared reads no value, and a SET in front of it would count as the last statement.
        int others = command.isPrepare() ? 0 : parts.insertId().bringTo(target, command.statement(), answers);
        LastStatement last = parts.lastStatement();
        if (restores || mustClear(target, command, sets)) {
            boolean asQuery = restores && last.restoresAsQuery();
            others += StatePrelude.clearConditions(target, asQuery, cleared);
            if (asQuery) {
                last.foundRowsDisturbed();
            }
        }
        GtidPosition position = parts.router().waitFor();
        if (position != null) {
            parts.router().waitSent();
            waitFor(position, target);
            answers.expectTo(stateAnswers + others + 1);
            // A prepared statement may open a cursor, and without autocommit a read opens a transaction: neither could
            // be
            // thrown away with the answer.
            return command.type() == CommandType.COM_QUERY
                    && command.isRead()
                    && wasQuiet
                    && !parts.state().autocommitOff();
        }
        answers.expectTo(stateAnswers + others);
        // A read in a wrong state can be thrown away and run again; anything else waits until the state is right.
        return stateAnswers == 0 || (command.isRead() && wasQuiet);
    }

    /**
     * Whether the connection has what others have left there, which a command would add to, or find.
     *
     * @param set whether variables were set in front of the command, of which MySQL may warn
     */
    private boolean mustClear(BackendConnection connection, Command command, boolean set) {
        return connection.hasConditionsLeft()
                && !clearsConditions(connection, command)
                && (set || !parts.leases().isLast(connection));
    }

    /** Whether a command begins without the conditions of the one before; MariaDB leaves them for whatever uses no table. */
    private boolean clearsConditions(BackendConnection connection, Command command) {
        return switch (command.type()) {
            case COM_QUERY, COM_STMT_PREPARE, COM_STMT_EXECUTE -> !isMariaDb(connection);
            default -> false;
        };
    }

    private boolean isMariaDb(BackendConnection target) {
        return parts.context().pool().isMariaDb(target.key().backendOrdinal());
    }

    private void waitFor(GtidPosition position, BackendConnection target) {
        waitedFor = position;
        waitedOn = target.key().backendOrdinal();
        LoopContext context = parts.context();
        context.causalWaits().write(target, position, context.pool().isMariaDb(waitedOn), waited);
    }

    private void waitEnded(boolean reached) {
        LoopContext context = parts.context();
        behind = !reached;
        if (reached) {
            context.causalWaits().reached(waitedOn);
            parts.causality().learned(waitedOn, waitedFor);
        } else {
            context.causalWaits().missed(waitedOn, context.nowNanos());
        }
        context.metrics().causalWait(reached);
    }

    /**
     * Whether a statement needs something in front of it on the connection that would count there as the last one.
     *
     * @param always whether that includes a COM_STMT_PREPARE, which clears conditions and nothing else
     */
    boolean disturbs(Command command, BackendConnection target, boolean always) {
        PreparedStatement about = command.prepared();
        boolean prepares = about != null && target.statements().find(about.text()) == null;
        return StatePrelude.isNeeded(target, parts.state().vector())
                || !parts.insertId().isNothingToBring(target, command.statement())
                || (prepares && (always || parts.lastStatement().hasConditions()));
    }

    /** Whether the statement is prepared on the connection and still will be when its state is right: a reset ends it. */
    private boolean willHaveHandle(BackendConnection target, PreparedStatement about, Command command) {
        return !StatePrelude.needsReset(target, parts.state().vector()) && hasHandle(target, about, command);
    }

    private StateVector deciding() {
        return parts.state().vector().deciding();
    }

    private boolean hasHandle(BackendConnection target, PreparedStatement about, Command command) {
        Handle handle = target.statements().find(about.text());
        if (handle != null && handle.exclusiveTo() != null && handle.exclusiveTo() != about) {
            // An equal statement of this session has a cursor open: this one gets a handle of its own.
            about.separate();
            handle = target.statements().find(about.text());
        }
        if (handle != null && handle.hasHadCursor() && about.boundTo() == null && mayRunWithoutCursor(command)) {
            target.closeStatement(about.text());
            return false;
        }
        if (handle != null && about.boundTo() == null && !handle.suits(about.text(), deciding())) {
            target.closeStatement(about.text());
            return false;
        }
        if (handle != null && command.type() == CommandType.COM_STMT_EXECUTE) {
            handle.executed(about.text(), deciding());
        }
        return handle != null;
    }

    /** Parameter data comes before it is known how the statement will run. */
    private static boolean mayRunWithoutCursor(Command command) {
        return command.isLongData() || !PreparedStatements.asksForCursor(command.packet());
    }

    /** A statement about the switches of session tracking finds those of the client. */
    private int stateWithTrackers(Command command, BackendConnection target, Slot slot, StateVector wanted) {
        Classification statement = command.ran();
        ClientTrackers trackers = parts.clientTrackers();
        boolean own = trackers.own(target);
        if (own) {
            trackers.runs(statement);
        }
        if (own || !statement.has(Traits.TRACKERS)) {
            return stateOf(target, slot, wanted);
        }
        // What the server reports of locked tables and of the next transaction begins anew when it is switched on
        // again.
        boolean held = (parts.state().pins(slot) & REPORTED_ONCE) != 0;
        if (statement.has(Traits.SHOWS_TRACKERS)) {
            if (held || statement.has(Traits.DIAGNOSTICS)) {
                return stateOf(target, slot, wanted);
            }
        } else {
            // A SET may end the transaction, and MariaDB does not tell the position then.
            held |= parts.state().transactionSlot() == slot;
        }
        int count = trackers.areOn(target) && !StatePrelude.differs(target, wanted)
                ? 0
                : stateOf(target, slot, wanted) + trackers.bringTo(target, answers);
        if (held || statement.has(Traits.TIES_TRACKERS)) {
            // From here on the connection is nobody else's, whatever becomes of the statement.
            trackers.keep(target);
            trackers.runs(statement);
        }
        return count;
    }

    private int stateOf(BackendConnection target, Slot slot, StateVector wanted) {
        if (!StatePrelude.isNeeded(target, wanted)) {
            return 0;
        }
        if (parts.state().tiedTo(slot) && StatePrelude.needsReset(target, wanted)) {
            throw new IllegalStateException("a connection that holds session state would be reset");
        }
        return StatePrelude.write(target, wanted, isMariaDb(target), answers);
    }
}
