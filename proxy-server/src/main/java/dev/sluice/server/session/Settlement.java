package dev.sluice.server.session;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.response.Step;
import dev.sluice.router.RouteReason;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.Slot;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.PendingResponse;
import dev.sluice.server.backend.StatementHandles.Handle;
import dev.sluice.server.session.DiagnosticsUsers.Habit;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The account that is made of a command once the client has its answer: what it changed in the session, what ties the
 * session to the connection now, and what the server has to be asked before the connection may go to somebody else.
 * Confined to the session's event loop.
 */
final class Settlement {
    /** The traits whose objects are told apart by name, or of which only the text says enough. */
    private static final long NAMED = Traits.CREATES_TEMPORARY_TABLE
            | Traits.DROPS_TEMPORARY_TABLE
            | Traits.LOCK_FUNCTION_ACQUIRE
            | Traits.LOCK_FUNCTION_RELEASE
            | Traits.TEXT_PREPARE
            | Traits.TEXT_DEALLOCATE
            | Traits.SETS_NAMES
            | Traits.SETS_TRACKERS
            | Traits.OPTIMIZER_HINT_SET_VAR
            | Traits.SET_STATEMENT_FOR;

    /** The traits whose trackers a server holds back when the statement fails, and delivers with the next OK. */
    private static final long MAY_CHANGE_STATE = Traits.MULTI_STATEMENT
            | Traits.OPAQUE
            | Traits.OPTIMIZER_HINT_SET_VAR
            | Traits.SET_STATEMENT_FOR
            | Traits.USER_VARIABLE_ASSIGNED;

    /** The pins whose cause may outlive COM_RESET_CONNECTION: it leaves the roles, the resource group, and traces. */
    private static final int OUTLIVES_RESET = PinReason.ROLE.bit()
            | PinReason.RESOURCE_GROUP.bit()
            | PinReason.SESSION_TRACKING.bit()
            | PinReason.PROFILING.bit()
            | PinReason.ROUTINE.bit()
            | PinReason.LARGE_STATEMENT.bit();

    private static final int NAMED_BYTES_MAX = 64 * 1024;

    private final SessionParts parts;
    private final StatementBindings bindings;
    private final ConnectionCollation collation;
    private @Nullable ErrPacket lostState;
    /** Whether the client of a COM_STMT_PREPARE has been told of it, and maybe nobody behind it. */
    private boolean toldToPrepare;

    private @Nullable RouteReason lastReason;
    private Slot lastSlot = Slot.PRIMARY;
    private int lastOrdinal;
    private int countedPins;
    /** Whether the connection is given up only to those who have waited for long. */
    private boolean untilStarving;

    Settlement(SessionParts parts) {
        this.parts = parts;
        this.collation = new ConnectionCollation(parts, parts.collations());
        this.bindings = new StatementBindings(parts);
    }

    /** The statements that a cursor or half-sent parameters tie to a connection. */
    StatementBindings bindings() {
        return bindings;
    }

    // ---- before ----

    /** The error that tells the client about state that died with its connection; reported once. */
    @Nullable
    ErrPacket takeLostState() {
        ErrPacket error = lostState;
        lostState = null;
        return error;
    }

    /**
     * The same for a command that begins. A driver may keep the error of a COM_STMT_PREPARE to itself and send the statement as a
     * text, which must not be the beginning of another transaction: such an error is told again, but not to a ROLLBACK.
     */
    @Nullable
    ErrPacket lostStateFor(Classification statement, boolean prepares) {
        if (prepares) {
            toldToPrepare |= lostState != null;
            return lostState;
        }
        boolean undone = toldToPrepare && statement.kind() == StatementKind.ROLLBACK;
        toldToPrepare = false;
        ErrPacket error = takeLostState();
        return undone ? null : error;
    }

    /** The text of the statement where names in it will matter, before its bytes are sent and gone. */
    @Nullable
    String textFor(Classification statement, ByteBuf packet, @Nullable PreparedStatement prepared) {
        boolean defines = WriteNotice.mayDefine(statement);
        // What the literals of a prepared statement are was settled when it was prepared.
        boolean sets = statement.kind() == StatementKind.SET
                && statement.has(Traits.USER_VARIABLE_ASSIGNED)
                && prepared == null;
        boolean account = statement.kind() == StatementKind.ACCOUNT && prepared == null;
        boolean mayMark = statement.has(Traits.MULTI_STATEMENT) && parts.state().autocommitOff();
        if (!statement.has(NAMED) && !defines && !sets && !account && !mayMark) {
            return null;
        }
        if (prepared != null) {
            byte[] sql = prepared.sql().sql();
            return sql.length > NAMED_BYTES_MAX ? null : new String(sql, StandardCharsets.UTF_8);
        }
        return shortText(packet);
    }

    /** The text of a query; null if it is longer than names in it are looked for. */
    static @Nullable String shortText(ByteBuf packet) {
        int length = packet.readableBytes() - Packets.HEADER_LENGTH - 1;
        return length <= 0 || length > NAMED_BYTES_MAX
                ? null
                : packet.toString(packet.readerIndex() + Packets.HEADER_LENGTH + 1, length, StandardCharsets.UTF_8);
    }

    /**
     * Asks for the FOUND_ROWS() that a statement will leave alone, but not find any more where it runs; false if there is no
     * need.
     */
    boolean savesFoundRows(Classification statement, Runnable then) {
        Slot slot = parts.state().pins() == 0 ? null : heldForLastStatement();
        BackendConnection held = slot == null ? null : parts.leases().get(slot);
        if (held == null || !parts.lastStatement().outlives(statement, held)) {
            return false;
        }
        fetch(held, then);
        return true;
    }

    /** Whether a command leaves the conditions of the one before because it uses no table: MariaDB does that. */
    boolean leavesConditions(Command command) {
        return parts.lastStatement().hasConditions() && parts.context().isMariaDb() && command.usesNoTable();
    }

    /** Asks for what only a held connection knows of the last statement; false if there is nothing of that kind. */
    boolean fetchesLastStatement(Runnable then) {
        for (Slot slot : Slot.ALL) {
            BackendConnection held = parts.leases().get(slot);
            if (held != null && parts.lastStatement().canFetch(held)) {
                fetch(held, then);
                return true;
            }
        }
        return false;
    }

    private void fetch(BackendConnection held, Runnable then) {
        parts.lastStatement().whenKnown(then);
        parts.lastStatement().capture(held, () -> {});
    }

    /** The slot that is held for the last statement and for nothing else. */
    private @Nullable Slot heldForLastStatement() {
        for (Slot slot : Slot.ALL) {
            if (parts.state().pins(slot) == PinReason.LAST_STATEMENT.bit()
                    && parts.state().transactionSlot() != slot) {
                return slot;
            }
        }
        return null;
    }

    /** A new statement begins: warnings and counts of the last one are gone unless this one asks for them. */
    void dropLastStatement(Classification statement) {
        SessionState state = parts.state();
        if (state.pins() == 0 || statement.has(Traits.DIAGNOSTICS)) {
            return;
        }
        for (Slot slot : Slot.ALL) {
            if ((state.pins(slot) & PinReason.LAST_STATEMENT.bit()) != 0) {
                state.pin(slot, PinReason.LAST_STATEMENT, false);
                if (!state.tiedTo(slot)) {
                    parts.leases().release(slot);
                }
            }
        }
    }

    /** Writes a COM_STMT_PREPARE for a connection that does not have the statement. Returns how many answers will come. */
    int prepareOn(BackendConnection target, PreparedStatement statement, PreludeAnswers answers) {
        parts.context().pool().statements().take(target);
        byte[] sql = statement.sql().sql();
        int[] packets = {0};
        PendingResponse answer = new PendingResponse() {
            private int serverId;
            private @Nullable ErrPacket error;

            @Override
            public int firstSequenceId() {
                return packets[0] == 0 ? ANY_SEQUENCE_ID : packets[0] & 0xFF;
            }

            @Override
            public ResponseShape shape() {
                return ResponseShape.PREPARE;
            }

            @Override
            public boolean consume(ResponseScanner scanner, ByteBuf in) {
                while (!scanner.isComplete()) {
                    Step step = scanner.next(in);
                    if (step == Step.NEED_MORE) {
                        return false;
                    }
                    if (step == Step.PREPARE_OK) {
                        serverId = scanner.statementId();
                    } else if (step == Step.ERR) {
                        error = errorAt(scanner, in);
                    } else if (step == Step.OK) {
                        error = Failures.notPrepared();
                    }
                }
                return false;
            }

            @Override
            public void completed() {
                if (parts.statements().isSending()) {
                    target.fail(BackendFailure.of(
                            BackendFailure.Kind.BROKEN, "the backend answered in the middle of a command"));
                    return;
                }
                if (error == null) {
                    Handle handle = new Handle(serverId);
                    if (!target.vector()
                            .deciding()
                            .equals(statement.text().preparedIn().deciding())) {
                        handle.preparedAstray();
                    }
                    target.statements().add(statement.text(), handle);
                } else if (error.code() == ErrorCode.ER_MAX_PREPARED_STMT_COUNT_REACHED.code()
                        && parts.context().pool().statements().closeUnused(target)) {
                    int unused = prepareOn(target, statement, answers);
                    target.flush();
                    return;
                }
                target.statements().reconcile();
                answers.prepared(error);
            }

            @Override
            public void failed(BackendFailure failure) {
                // backendClosed tells the exchange.
            }
        };
        parts.statements().send(target, sql, answer, count -> packets[0] = count);
        return 1;
    }

    private static ErrPacket errorAt(ResponseScanner scanner, ByteBuf in) {
        return ErrPacket.decode(
                in.slice(scanner.packetStart() + Packets.HEADER_LENGTH, scanner.packetLength() - Packets.HEADER_LENGTH),
                Capabilities.CLIENT_PROTOCOL_41);
    }

    // ---- after ----

    /**
     * A command has succeeded, and its client is about to hear of it: if it has changed accounts, that has to count for whoever
     * logs in from then on. FLUSH may make changes count that were made in the tables themselves.
     */
    void beforeAnswer(Classification statement) {
        if (statement.kind() == StatementKind.ACCOUNT || statement.kind() == StatementKind.FLUSH) {
            parts.context().accountsChanged();
        }
    }

    /** Takes in the outcome of a command; {@code done} is called when the connection's state is known, maybe at once. */
    void settle(Slot slot, BackendConnection target, Classification statement, Outcome outcome, Runnable whenSettled) {
        boolean own = parts.clientTrackers().own(target);
        if (own) {
            parts.state().pin(slot, PinReason.SESSION_TRACKING, true);
        }
        // What it has set is read the way that it was read then.
        TrackerQuestion question = !own && statement.has(Traits.SETS_TRACKERS)
                ? new TrackerQuestion(parts, slot, target, statement, outcome)
                : null;
        Runnable done = question == null ? whenSettled : () -> question.ask(whenSettled);
        boolean doubtful = outcome.failed() && isDoubtful(slot, statement);
        parts.effects().apply(slot, statement, !outcome.failed(), parts.changes(), outcome.texts());
        parts.changes().clear();
        Sequences.ran(parts, slot, statement);
        if (!outcome.failed() && statement.kind() == StatementKind.ACCOUNT) {
            SessionPassword.ran(parts, statement, outcome.text());
        }
        parts.insertId().ran(target, statement, outcome.lastInsertId());
        StateVector vector = parts.state().vector();
        target.vector(outcome.schemaStays() ? vector.withSchema(target.vector().schema()) : vector);
        if (doubtful) {
            askStatus(slot, target, statement, outcome, done);
        } else {
            learnCollation(target, outcome, done);
        }
    }

    /** While the client's switches are on, nothing would be reported: a question asks for all, or the connection stays. */
    private void learnCollation(BackendConnection target, Outcome outcome, Runnable done) {
        if (parts.effects().isCollationUnknown() && !parts.clientTrackers().areOn(target)) {
            collation.learn(target, outcome, done);
        } else {
            done.run();
        }
    }

    /** An error packet has no status flags: a transaction may have begun, or ended, without a word. */
    private boolean isDoubtful(Slot slot, Classification statement) {
        return parts.state().transactionSlot() == slot
                || parts.state().autocommitOff()
                || statement.kind() == StatementKind.SET
                || statement.has(MAY_CHANGE_STATE);
    }

    /**
     * Asks for the status flags, and the trackers that the error held back. ROW_COUNT() is -1 after the error and has to
     * stay so. COM_PING would make it 0; COM_SET_OPTION makes it -1, but carries no trackers on MariaDB.
     */
    private void askStatus(
            Slot slot, BackendConnection target, Classification statement, Outcome outcome, Runnable done) {
        boolean mariaDb = parts.context().pool().isMariaDb(target.key().backendOrdinal());
        if (mariaDb && statement.has(Traits.MULTI_STATEMENT | Traits.OPAQUE)) {
            // MariaDB drops the trackers of a failed command for good.
            parts.state().pin(slot, PinReason.UNREPORTED_CHANGE, true);
        }
        ByteBuf question = target.channel().alloc().buffer();
        int header = Packets.begin(question, 0);
        if (mariaDb) {
            parts.lastStatement().disturb(target, false, true);
            question.writeByte(CommandType.COM_PING.code());
        } else {
            question.writeByte(CommandType.COM_SET_OPTION.code());
            question.writeShortLE(target.vector().multiStatements() ? 0 : 1);
        }
        Packets.end(question, header);
        target.send(question, new InternalResponse(ResponseShape.SIMPLE) {
            @Override
            void okSeen(ResponseScanner scanner, ByteBuf in) {
                ClientResponse.trackersInto(parts.trackers()).read(scanner, in);
            }

            @Override
            void answered() {
                if (error() != null) {
                    // It is going away, and what it had of the session with it: the loss is reported as such.
                    target.fail(BackendFailure.of(BackendFailure.Kind.BROKEN, "the server would not tell its status"));
                    return;
                }
                parts.state()
                        .observeTransaction(
                                slot,
                                (status() & ServerStatus.SERVER_STATUS_IN_TRANS) != 0,
                                (status() & ServerStatus.SERVER_STATUS_IN_TRANS_READONLY) != 0);
                parts.effects().apply(slot, statement, false, parts.changes(), outcome.texts());
                parts.changes().clear();
                target.vector(parts.state().vector());
                learnCollation(target, outcome, done);
            }
        });
        target.flush();
    }

    void defer(@Nullable PreparedStatement statement, ErrPacket error) {
        if (statement != null) {
            statement.deferError(error);
        }
    }

    /**
     * A leased connection has ended: what lived on it is gone.
     *
     * @param busy whether a command is under way there
     * @param prepares whether that is a COM_STMT_PREPARE; the answer of any other will tell the client
     * @return what went with it
     */
    Loss connectionLost(Slot slot, BackendConnection closed, BackendFailure failure, boolean busy, boolean prepares) {
        parts.leases().put(slot, null);
        boolean transaction = parts.state().transactionSlot() == slot;
        int pins = parts.state().pins(slot) & ~PinReason.LAST_STATEMENT.bit();
        Loss loss = transaction ? Loss.TRANSACTION : pins != 0 ? Loss.STATE : Loss.NOTHING;
        if (loss != Loss.NOTHING && (!busy || prepares)) {
            toldToPrepare = busy;
            lostState = Failures.stateLost(PinReason.describe(pins), transaction, failure.message());
        }
        parts.effects().connectionGone(slot);
        bindings.connectionGone(closed);
        return loss;
    }

    /**
     * The command is over: notes where it ran, and keeps the connection for the diagnostics that it left there.
     *
     * @param habit what this session keeps its connections for from statement to statement anyway
     * @param answeredNanos when it ended
     */
    void finished(
            Command command,
            Slot slot,
            BackendConnection target,
            ClientResponse response,
            Habit habit,
            long answeredNanos) {
        record(parts.router().reason(), slot, target);
        if (!command.isLongData()) {
            parts.lastStatement().ran(command, slot, target, response);
            untilStarving = habit == Habit.CONNECTION;
            boolean held = (parts.state().pins(slot) & PinReason.LAST_STATEMENT.bit()) != 0;
            boolean asked = parts.lastStatement().livesOn(target)
                    || command.statement().has(Traits.CALC_FOUND_ROWS)
                    || untilStarving
                    || ((held || habit == Habit.FOUND_ROWS)
                            && parts.lastStatement().canFetch(target));
            parts.state().pin(slot, PinReason.LAST_STATEMENT, asked);
        }
        if ((parts.state().pins(slot) & OUTLIVES_RESET) != 0 || command.ran().has(Traits.OPAQUE)) {
            target.retireAfterUse();
        }
        letGo(slot, answeredNanos);
    }

    /** Gives the connection back unless something ties the session to it. */
    private void letGo(Slot slot, long nowNanos) {
        SessionState state = parts.state();
        boolean stray = slot == Slot.REPLICA
                && !state.inTransaction()
                && (state.pins(slot) & PinReason.UNREPORTED_CHANGE.bit()) != 0;
        if (stray) {
            // No plain read leaves anything that the session could miss, and a pin here would keep it from writing.
            parts.departure().from(slot);
        } else if (!state.tiedTo(slot)) {
            if (parts.context().switches().multiplexing()) {
                parts.leases().release(slot, nowNanos);
            }
        } else if (state.pins(slot) == PinReason.LAST_STATEMENT.bit() && state.transactionSlot() != slot) {
            parts.leases().linger(slot, untilStarving);
        }
    }

    /** Others wait for a connection that is kept for the diagnostics of the last statement: they are fetched, and it goes. */
    void yieldLastStatement(Slot slot) {
        BackendConnection held = parts.leases().get(slot);
        if (held == null || parts.lastStatement().isAsked()) {
            return;
        }
        parts.lastStatement().capture(held, () -> {
            parts.state().pin(slot, PinReason.LAST_STATEMENT, false);
            letGo(slot, parts.context().nowNanos());
            countPins();
        });
    }

    /**
     * The backend is to be left: gives up a connection that no transaction and no state ties the idle session to.
     *
     * @param diagnosticsToo whether the connection of the last statement is given up as well
     */
    void leave(Slot slot, boolean diagnosticsToo) {
        boolean onlyLast = parts.state().pins(slot) == PinReason.LAST_STATEMENT.bit()
                && parts.state().transactionSlot() != slot;
        if (diagnosticsToo && onlyLast) {
            yieldLastStatement(slot);
        } else if (!parts.state().tiedTo(slot)) {
            parts.leases().release(slot);
        }
        countPins();
    }

    /** Counts the pins that came or went since the last call. */
    void countPins() {
        int now = parts.state().pins();
        int changed = now ^ countedPins;
        if (changed == 0) {
            return;
        }
        countedPins = now;
        for (PinReason reason : PinReason.values()) {
            if ((changed & now & reason.bit()) != 0) {
                parts.context().metrics().pinned(reason);
            } else if ((changed & reason.bit()) != 0) {
                parts.context().metrics().unpinned(reason);
            }
        }
    }

    /**
     * Where the last statement ran and why, as {@code SHOW SLUICE ROUTE} tells. Immutable.
     *
     * @param ordinal the backend
     */
    record LastRoute(int ordinal, Slot slot, RouteReason reason) {}

    private void record(RouteReason reason, Slot slot, BackendConnection target) {
        lastReason = reason;
        lastSlot = slot;
        lastOrdinal = target.key().backendOrdinal();
    }

    @Nullable
    LastRoute lastRoute() {
        return lastReason == null ? null : new LastRoute(lastOrdinal, lastSlot, lastReason);
    }
}
