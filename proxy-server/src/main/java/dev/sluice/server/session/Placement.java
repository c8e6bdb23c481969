package dev.sluice.server.session;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.session.CausalityTracker;
import dev.sluice.router.session.SessionRouter;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.admission.Limit;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.Borrower;
import dev.sluice.server.backend.KeyPool;
import org.jspecify.annotations.Nullable;

/**
 * The way of one command to a backend connection: the route, and the lease or the wait for it. Reused from command to
 * command. Confined to the session's event loop.
 */
final class Placement implements SessionRouter.Context {
    /** Learns where the command runs. */
    interface Listener extends BackendConnection.Owner {
        /** The command runs on this connection, which the session holds now. */
        void placed(BackendConnection connection, Slot slot);

        /** The command cannot run. */
        void unplaced(ErrPacket error);

        /**
         * The command asks about the last statement.
         *
         * @param on the connection where it has to run; null if that makes no difference
         */
        LastStatement.Recall recall(@Nullable BackendConnection on);

        /** Whether the command leaves what the last statement has left. */
        boolean keepsLastStatement();

        /** The memory in bytes that the command holds while it waits. */
        int retainedBytes();
    }

    private final SessionParts parts;
    private final Settlement settlement;
    private final Listener listener;
    private final long addressHash;
    private final Attempts attempts = new Attempts();
    private DiagnosticsUsers.Habit habit = DiagnosticsUsers.Habit.NONE;
    private int habitsVersion;
    private @Nullable Credential habitOf;

    private Classification statement;
    private @Nullable PreparedStatement prepared;
    private boolean executes;
    private Slot slot = Slot.PRIMARY;
    private boolean waiting;
    private Turn turn = new Turn();
    private final PrimaryWait primaryWait;
    private boolean restores;
    /** When this attempt began. */
    private long nowNanos;

    private @Nullable SessionSettings modeOf;
    private @Nullable Credential modeFor;

    Placement(SessionParts parts, Settlement settlement, Listener listener, Classification initial) {
        this.parts = parts;
        this.settlement = settlement;
        this.listener = listener;
        this.primaryWait = new PrimaryWait(parts.context());
        this.statement = initial;
        this.addressHash = parts.frontend().addressHash();
    }

    /** What this session keeps its connection for from one statement to the next. */
    @SuppressWarnings("ReferenceEquality") // it is replaced as a whole
    DiagnosticsUsers.Habit habit() {
        DiagnosticsUsers habits = parts.context().habits();
        Credential credential = parts.leases().credential();
        if (habits.version() != habitsVersion || credential != habitOf) {
            habitsVersion = habits.version();
            habitOf = credential;
            habit = habits.of(credential.user());
        }
        return habit;
    }

    /** Whether the connection has to be left, before the statement, as the last statement has left its own. */
    boolean restores() {
        return restores;
    }

    /**
     * Looks for a place for a new command.
     *
     * @param onlyPrepares whether the statement is prepared and not executed
     * @param now the time
     */
    void begin(
            Classification classification,
            @Nullable PreparedStatement preparedStatement,
            boolean onlyPrepares,
            long now) {
        statement = classification;
        executes = !onlyPrepares;
        prepared = preparedStatement;
        attempts.begin();
        primaryWait.clear();
        nowNanos = now;
        place();
    }

    /**
     * Looks for another place for a command whose connection broke, or whose server goes away: on each replica once, then on
     * the primary, for which it waits as long as any statement does. False when one new connection after the other broke
     * under it: then it may be the statement that they die of.
     */
    boolean retryElsewhere(BackendConnection lost, BackendFailure failure) {
        if (slot == Slot.REPLICA) {
            placeOnAnother();
            return true;
        }
        primaryWait.failed(failure);
        boolean again = attempts.hasBroken();
        attempts.broke(lost, parts.context().nowNanos());
        if (attempts.isDeadly()) {
            return false;
        }
        if (!again) {
            placeAgain();
        } else {
            // What is dead and has not been noticed yet has been in a moment.
            waiting = true;
            awaitPrimary();
        }
        return true;
    }

    private void placeOnAnother() {
        attempts.exclude(parts.router().ordinal());
        placeAgain();
    }

    /** Looks for a place for the same command under another classification. */
    void retryAs(Classification classification) {
        statement = classification;
        placeAgain();
    }

    /** Looks for another place for a read whose replica did not catch up in time. */
    void retryWithoutWaiting() {
        attempts.waitedInVain();
        placeAgain();
    }

    /** The client has gone. */
    void abandon() {
        waiting = false;
        prepared = null;
    }

    private void placeAgain() {
        nowNanos = parts.context().nowNanos();
        place();
    }

    private void place() {
        waiting = true;
        if (parts.insertId().isAsked() && InsertId.concerns(statement)) {
            parts.insertId().whenKnown(turn::retryRoute);
            return;
        }
        if (executes && statement.has(Traits.LAST_INSERT_ID)) {
            if (parts.insertId().settlesDoubt()) {
                parts.insertId().whenKnown(turn::retryRoute);
                return;
            }
            if (parts.insertId().isLost()) {
                parts.insertId().lossTold();
                refuse(Failures.insertIdLost());
                return;
            }
        }
        if (executes && Sequences.isUnknown(parts, statement)) {
            refuse(Failures.sequenceNotKept());
            return;
        }
        if (parts.lastStatement().isAsked()) {
            parts.lastStatement().whenKnown(turn::retryRoute);
            return;
        }
        if (!listener.keepsLastStatement()) {
            if (settlement.savesFoundRows(statement, turn::retryRoute)) {
                return;
            }
            settlement.dropLastStatement(statement);
        }
        ErrPacket moved = DemotedPrimary.leave(parts, settlement.bindings());
        if (moved != null) {
            refuse(moved);
            return;
        }
        parts.router().waitSent();
        Slot bound = bound();
        if (bound == null) {
            route();
            return;
        }
        slot = bound;
        BackendConnection held = parts.leases().get(bound);
        if (held == null) {
            refuse(Failures.boundStateGone());
        } else if (writesOnReplica(bound)) {
            refuse(Failures.pinnedToReplica(parts.state().pins()));
        } else if (isHeldBack()) {
            awaitPrimary();
        } else {
            placedOn(held);
        }
    }

    /** KILL QUERY for a statement that still waits. */
    void interrupt() {
        if (waiting) {
            // It may stand in several lines, and the session's next statement must not inherit its places there.
            turn = new Turn();
            refuse(ErrorCode.ER_QUERY_INTERRUPTED.toPacket());
        }
    }

    /** Whether the value of LAST_INSERT_ID() had better be where the statement runs, or those that follow it. */
    private static boolean prefersHome(Classification statement) {
        return InsertId.concerns(statement)
                || statement.kind() == StatementKind.BEGIN
                || statement.kind() == StatementKind.START_TRANSACTION;
    }

    /** The slot that a cursor or half-sent parameters tie this statement to. */
    private @Nullable Slot bound() {
        PreparedStatement about = prepared;
        return about == null || about.boundTo() == null ? null : about.boundSlot();
    }

    /** Whether parameters were sent ahead to a replica, in a transaction that is over, for a statement that writes. */
    @SuppressWarnings("ReferenceEquality") // an execution carries the very classification of its statement
    private boolean writesOnReplica(Slot bound) {
        PreparedStatement about = prepared;
        return bound == Slot.REPLICA
                && parts.state().transactionSlot() != Slot.REPLICA
                && about != null
                && statement == about.classification()
                && statement.target() == Target.PRIMARY;
    }

    private void route() {
        SessionState state = parts.state();
        boolean leaves = executes
                && state.tiedTo(Slot.REPLICA)
                && SessionRouter.leavesReadOnlyTransaction(
                        statement,
                        state,
                        parts.context().pool().isMariaDb(parts.leases().ordinal(Slot.REPLICA)));
        if (leaves) {
            parts.departure().from(Slot.REPLICA);
        }
        SessionRouter router = parts.router();
        restores = false;
        noticeMode();
        router.route(statement, parts.state(), parts.context().topology(), parts.causality(), this);
        if (router.isPositionWanted()) {
            attempts.askedPosition();
            parts.context().awaitPosition(turn);
            return;
        }
        slot = router.slot();
        if (router.isRefused()) {
            refuse(Failures.refusedOnReplica(statement, parts.context(), state));
        } else if (statement.has(Traits.DIAGNOSTICS) && isForgotten()) {
            if (settlement.fetchesLastStatement(turn::retryRoute)) {
                return;
            }
            // A wrong answer would be worse than none.
            parts.context()
                    .habits()
                    .asked(
                            parts.leases().credential().user(),
                            parts.lastStatement().missing());
            refuse(Failures.diagnosticsGone());
        } else {
            lease(router.ordinal());
        }
    }

    /** Whether nobody knows any more what a statement asks about the last one. */
    private boolean isForgotten() {
        boolean stays = parts.router().reason() == RouteReason.LAST_STATEMENT
                || parts.state().tiedTo(slot);
        LastStatement.Recall recall = listener.recall(stays ? parts.leases().get(slot) : null);
        restores = recall == LastStatement.Recall.RESTORED;
        return recall == LastStatement.Recall.GONE;
    }

    /** What reads must find may be another with a new configuration, another user, or by an operator's word. */
    @SuppressWarnings("ReferenceEquality") // both are immutable, and replaced as a whole
    private void noticeMode() {
        SessionSettings settings = parts.context().settings();
        Credential credential = parts.leases().credential();
        CausalityTracker causality = parts.causality();
        if (settings != modeOf || credential != modeFor) {
            modeOf = settings;
            modeFor = credential;
            causality.mode(settings.consistency().of(credential.user()));
        }
        causality.enabled(parts.context().switches().causalReads());
    }

    private void lease(int ordinal) {
        if (isHeldBack()) {
            if (!parts.state().tiedTo(slot)) {
                parts.leases().release(slot);
            }
            awaitPrimary();
            return;
        }
        BackendConnection held = parts.leases().get(slot);
        if (held != null && (parts.state().tiedTo(slot) || held.key().backendOrdinal() == ordinal)) {
            placedOn(held);
            return;
        }
        parts.leases().release(slot);
        if (ordinal == SessionRouter.NO_BACKEND) {
            awaitPrimary();
            return;
        }
        KeyPool pool = parts.leases().poolOf(ordinal);
        if (slot == Slot.REPLICA
                && parts.leases().get(Slot.PRIMARY) != null
                && parts.context().pool().isHeldUpByTotal(pool)) {
            // The connection that it holds will do.
            placeOnAnother();
            return;
        }
        BackendConnection home = prefersHome(statement) ? parts.insertId().home() : null;
        if (home != null
                && home.key().backendOrdinal() == ordinal
                && parts.context().pool().acquireExactly(home, listener)) {
            turn.acquired(home);
            return;
        }
        parts.context().pool().acquire(pool, parts.state().vector(), turn);
    }

    private boolean isHeldBack() {
        return parts.context().gate().holdsBack(slot, parts.state());
    }

    /** Whether a connection that was waited for still leads to the primary, and may be used now. */
    private boolean isStillGood(BackendConnection acquired) {
        return !isHeldBack()
                && (slot != Slot.PRIMARY
                        || parts.context().topology().primaryOrdinal()
                                == acquired.key().backendOrdinal());
    }

    private void awaitPrimary() {
        long deadlineNanos = primaryWait.deadlineNanos();
        if (primaryWait.isOver()) {
            turn.primaryTimeout();
        } else if (!parts.context().primaryQueue().tryAdd(turn, deadlineNanos)) {
            String full = parts.context()
                    .pool()
                    .waiting()
                    .full(parts.leases().credential().user());
            parts.context().refused(Limit.WAITING, parts.frontend(), full);
            refuse(primaryWait.error(isHeldBack(), full));
        }
    }

    private void placedOn(BackendConnection connection) {
        if (InsertId.concerns(statement) && parts.insertId().askElsewhere(connection)) {
            parts.insertId().whenKnown(turn::retryRoute);
            return;
        }
        waiting = false;
        parts.context().pool().stopLingering(connection);
        parts.context()
                .metrics()
                .routed(parts.router().reason(), slot == Slot.PRIMARY ? Target.PRIMARY : Target.REPLICA);
        listener.placed(connection, slot);
    }

    private void refuse(ErrPacket error) {
        waiting = false;
        listener.unplaced(error);
    }

    // ---- waiting ----

    /**
     * A statement's place in the lines of those who wait. One serves command after command, until a KILL ends the wait: what
     * then still stands in a line leads nowhere.
     */
    private final class Turn implements Borrower, PrimaryQueue.Waiter {
        @Override
        public boolean isWaiting() {
            return waiting && turn == this;
        }

        @Override
        public void retryRoute() {
            if (isWaiting()) {
                try {
                    placeAgain();
                } catch (RuntimeException | Error e) {
                    // For want of memory, say. Whoever calls has others to call, and no channel that would end this
                    // session.
                    parts.frontend().failed(e);
                }
            }
        }

        @Override
        public void primaryTimeout() {
            if (isWaiting() && primaryWait.isOver()) {
                // A connection that is being opened comes too late for this statement, and not for the next one.
                turn = new Turn();
                refuse(primaryWait.timeout(isHeldBack()));
            }
        }

        @Override
        public boolean isRead() {
            return statement.target() == Target.REPLICA;
        }

        @Override
        public void connecting() {
            if (slot == Slot.PRIMARY) {
                parts.context().primaryQueue().watch(this, primaryWait.deadlineNanos());
            }
        }

        @Override
        public int retainedBytes() {
            return listener.retainedBytes();
        }

        @Override
        public String user() {
            return credential().user();
        }

        @Override
        public BackendConnection.Owner owner() {
            return listener;
        }

        @Override
        public Credential credential() {
            return parts.leases().credential();
        }

        @Override
        public void acquired(BackendConnection acquired) {
            parts.leases().put(slot, acquired);
            if (isStillGood(acquired)) {
                placedOn(acquired);
            } else {
                // Not from here: the connection goes to the next that waits for one, who may give it on in turn.
                parts.context().loop().execute(this::retryRoute);
            }
        }

        @Override
        public void acquireFailed(BackendFailure failure) {
            Placement.this.acquireFailed(failure);
        }
    }

    private void acquireFailed(BackendFailure failure) {
        parts.context().backendTrouble(parts.router().ordinal(), failure);
        if (isDenied(failure) && SessionPassword.renew(parts)) {
            placeAgain();
        } else if (slot == Slot.PRIMARY && (failure.isPassing() || isFull(failure))) {
            primaryWait.failed(failure);
            awaitPrimary();
        } else if (slot == Slot.PRIMARY
                || !parts.context().switches().retry()
                || attempts.isExhaustedOnceMore(failure)) {
            if (failure.kind() == BackendFailure.Kind.EXHAUSTED) {
                parts.context().refused(Limit.WAITING, parts.frontend(), failure.message());
            }
            refuse(Failures.notAcquired(failure));
        } else {
            placeOnAnother();
        }
    }

    private static boolean isDenied(BackendFailure failure) {
        ErrPacket error = failure.serverError();
        return error != null && error.code() == ErrorCode.ER_ACCESS_DENIED_ERROR.code();
    }

    private static boolean isFull(BackendFailure failure) {
        ErrPacket error = failure.serverError();
        return error != null && error.code() == ErrorCode.ER_CON_COUNT_ERROR.code();
    }

    // ---- what the router asks ----

    @Override
    public @Nullable Slot lastStatementSlot() {
        // What it assigns would keep the session on that replica, and any connection can be left as that one was.
        boolean strays = statement.has(Traits.USER_VARIABLE_ASSIGNED)
                && parts.leases().isLastOn(Slot.REPLICA)
                && parts.lastStatement().isRestorable(statement);
        return strays ? null : parts.leases().reclaimLast(listener);
    }

    @Override
    public int heldOrdinal(Slot where) {
        return parts.leases().ordinal(where);
    }

    @Override
    public long excluded() {
        return attempts.excluded();
    }

    @Override
    public long waitable() {
        return attempts.hasWaitedInVain() ? 0 : parts.context().causalWaits().waitable(nowNanos());
    }

    @Override
    public boolean mayAskPosition() {
        return !attempts.hasAskedPosition() && parts.context().causalWaits().isOn();
    }

    @Override
    public long nowNanos() {
        return nowNanos;
    }

    @Override
    public long clientHash() {
        return parts.context().settings().hashByUser()
                ? parts.leases().credential().user().hashCode()
                : addressHash;
    }
}
