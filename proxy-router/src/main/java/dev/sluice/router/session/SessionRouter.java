package dev.sluice.router.session;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.balance.BalanceKeys;
import dev.sluice.router.balance.Balancer;
import dev.sluice.router.balance.LoadView;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Topology;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The decision where a session's next command runs, from what the statement needs, what ties the session, and what the
 * topology offers. The answer is left in fields, so that no decision allocates. Confined to the session's event loop.
 *
 * <p>The rules, first match wins:
 *
 * <ol>
 *   <li>an open transaction keeps its connection;
 *   <li>a pinned session keeps its connection; on a replica, {@link PinnedToReplica} says what it may run there;
 *   <li>a question about the last statement goes where that statement ran, and so does one about the connection;
 *   <li>a read-only transaction begins on a replica, every other on the primary;
 *   <li>what may not run on a replica goes to the primary;
 *   <li>a read goes to a replica that is healthy, within the lag limit, and has what the session may not miss, or is
 *       expected to have it in a moment; else to the primary.
 * </ol>
 */
public final class SessionRouter {
    /** No backend qualifies right now. */
    public static final int NO_BACKEND = -1;

    /** Pins that need the connection only for the statements they belong to, not for every statement. */
    private static final int NARROW_PINS =
            PinReason.LAST_STATEMENT.bit() | PinReason.CURSOR.bit() | PinReason.LONG_DATA.bit();

    private final Balancer balancer;
    private final LoadView load;
    private final BooleanSupplier splitting;
    private final BalanceKeys keys = new BalanceKeys();

    private Slot slot = Slot.PRIMARY;
    private int ordinal = NO_BACKEND;
    private RouteReason reason = RouteReason.COMMAND;
    private boolean refused;
    private @Nullable GtidPosition waitFor;
    private boolean positionWanted;
    private boolean bindsReplica;

    /**
     * @param balancer chooses among replicas; belongs to the event loop
     * @param load how busy backends are
     * @param splitting whether reads go to replicas at all; asked for each decision
     */
    public SessionRouter(Balancer balancer, LoadView load, BooleanSupplier splitting) {
        this.balancer = balancer;
        this.load = load;
        this.splitting = splitting;
    }

    /** With splitting on or off for good. */
    public SessionRouter(Balancer balancer, LoadView load, boolean splitting) {
        this(balancer, load, () -> splitting);
    }

    /** The slot of the last decision. */
    public Slot slot() {
        return slot;
    }

    /** The backend of the last decision; {@link #NO_BACKEND} if there is none. Not meaningful when the slot is tied. */
    public int ordinal() {
        return ordinal;
    }

    /** Why. */
    public RouteReason reason() {
        return reason;
    }

    /**
     * Whether the statement can run nowhere: it needs the primary, and the session is pinned to a replica by state that it
     * made there inside a read-only transaction.
     */
    public boolean isRefused() {
        return refused;
    }

    /** The position that the chosen replica has to come to before the statement runs there; null if it has it. */
    public @Nullable GtidPosition waitFor() {
        return waitFor;
    }

    /**
     * Whether the read had better wait until the primary has told its position, and be routed again then: where it can go is
     * not known before. Nothing else was decided.
     */
    public boolean isPositionWanted() {
        return positionWanted;
    }

    /** The wait has been seen to: the statement may follow. */
    public void waitSent() {
        waitFor = null;
    }

    /**
     * Decides.
     *
     * @param held where the statements of this session run right now
     */
    public void route(
            Classification statement, SessionState state, Topology topology, CausalityTracker causality, Context held) {
        refused = false;
        waitFor = null;
        positionWanted = false;
        bindsReplica = (state.pins(Slot.REPLICA) & NARROW_PINS & ~PinReason.LAST_STATEMENT.bit()) != 0;
        Slot transaction = state.transactionSlot();
        if (transaction != null) {
            keep(
                    transaction,
                    held,
                    state.inReadOnlyTransaction() ? RouteReason.READ_ONLY_TRANSACTION : RouteReason.IN_TRANSACTION);
            boolean pinned = (state.pins(transaction) & ~PinReason.LAST_STATEMENT.bit()) != 0;
            refused = transaction == Slot.REPLICA && !PinnedToReplica.mayRunInTransaction(statement, state, pinned);
            return;
        }
        if ((state.pins(Slot.PRIMARY) & ~NARROW_PINS) != 0) {
            keep(Slot.PRIMARY, held, RouteReason.PINNED);
            return;
        }
        if ((state.pins(Slot.REPLICA) & ~NARROW_PINS) != 0) {
            keep(Slot.REPLICA, held, RouteReason.PINNED);
            refused = !PinnedToReplica.mayRun(statement, state);
            return;
        }
        Slot last = statement.has(Traits.DIAGNOSTICS | Traits.SHOWS_STATUS) ? held.lastStatementSlot() : null;
        // What asks and writes has no place on a replica, whatever it asks about.
        if (last == Slot.PRIMARY || (last == Slot.REPLICA && PinnedToReplica.mayRun(statement, state))) {
            keep(last, held, RouteReason.LAST_STATEMENT);
            return;
        }
        boolean splits = splitting.getAsBoolean();
        boolean maySplit = splits && (state.pins(Slot.PRIMARY) & ~PinReason.LAST_STATEMENT.bit()) == 0;
        if (beginsReadOnly(statement, state)) {
            if (maySplit && toReplica(topology, causality, held, statement)) {
                reason = RouteReason.BEGIN_READ_ONLY;
            } else {
                toPrimary(topology, RouteReason.BEGIN_READ_ONLY);
            }
            return;
        }
        if (statement.target() == Target.PRIMARY) {
            toPrimary(topology, statement.reason());
        } else if (state.inServerSchema()) {
            toPrimary(topology, RouteReason.SERVER_STATEMENT);
        } else if (state.autocommitOff()) {
            toPrimary(topology, RouteReason.AUTOCOMMIT_OFF);
        } else if (state.serializable()) {
            toPrimary(topology, RouteReason.SERIALIZABLE);
        } else if (!splits) {
            toPrimary(topology, RouteReason.SPLITTING_OFF);
        } else if (toReplica(topology, causality, held, statement)) {
            reason = waitFor == null ? statement.reason() : reason;
        } else {
            toPrimary(topology, reason);
        }
    }

    /** What the router has to know about the session's connections. */
    public interface Context {
        /** The slot where the last statement ran, if its connection still is as that statement left it; else null. */
        @Nullable
        Slot lastStatementSlot();

        /** The backend of the connection held in a slot, or {@link #NO_BACKEND}. */
        int heldOrdinal(Slot slot);

        /** Mask of backends that have just failed this statement. */
        long excluded();

        /** Mask of backends that may be waited for, for a short time. */
        long waitable();

        /** Whether the statement may wait for the primary's position. */
        boolean mayAskPosition();

        /** A monotonic clock. */
        long nowNanos();

        /** What tells this client from others; {@link BalanceKeys#NONE} if nothing does. */
        long clientHash();
    }

    /**
     * Whether a read-only transaction on a replica ends with a statement that only the primary can run: the beginning of a
     * transaction that may write, locks, definitions. What the session left on the replica keeps it there, to be refused.
     *
     * @param beginMayWrite whether servers of this kind let a transaction write that begins inside a read-only one and
     *     does not say what it may do
     */
    public static boolean leavesReadOnlyTransaction(
            Classification statement, SessionState state, boolean beginMayWrite) {
        if (state.isReadOnlyNextOnReplica()) {
            // A read ends the transaction that it is, and what stands behind it in its packet may write.
            boolean readsFirst =
                    statement.has(Traits.MULTI_STATEMENT) && statement.kind().isReadCandidate();
            return readsFirst || PinnedToReplica.endsReadOnly(statement);
        }
        if (state.transactionSlot() != Slot.REPLICA || (state.pins(Slot.REPLICA) & ~SessionState.LOOSE) != 0) {
            return false;
        }
        boolean begins = statement.kind() == StatementKind.BEGIN || statement.kind() == StatementKind.START_TRANSACTION;
        return PinnedToReplica.endsReadOnly(statement) || (begins && beginMayWrite && !state.readOnlyByDefault());
    }

    private static boolean beginsReadOnly(Classification statement, SessionState state) {
        if (statement.has(Traits.MULTI_STATEMENT)) {
            return false;
        }
        if (statement.kind() == StatementKind.START_TRANSACTION_READ_ONLY) {
            return true;
        }
        if (!state.readOnlyByDefault()) {
            return false;
        }
        return statement.kind() == StatementKind.BEGIN
                || (state.autocommitOff() && statement.target() == Target.REPLICA && !state.serializable());
    }

    private void keep(Slot where, Context held, RouteReason why) {
        slot = where;
        ordinal = held.heldOrdinal(where);
        reason = why;
    }

    private void toPrimary(Topology topology, RouteReason why) {
        slot = Slot.PRIMARY;
        ordinal = topology.primaryOrdinal();
        reason = why;
    }

    /** Chooses a replica. When none qualifies, {@link #reason} says why. */
    private boolean toReplica(Topology topology, CausalityTracker causality, Context held, Classification statement) {
        long readable = topology.readableReplicas() & ~held.excluded();
        if (bindsReplica) {
            // A session has one connection in each slot, and a cursor or half-sent parameters keep this one where it
            // is.
            int holding = held.heldOrdinal(Slot.REPLICA);
            readable &= holding == NO_BACKEND ? -1L : 1L << holding;
        }
        if (readable == 0) {
            reason = RouteReason.NO_REPLICA;
            return false;
        }
        long now = held.nowNanos();
        Consistency wanted = causality.wanted(statement.traits());
        if (causality.isStickyToPrimary(wanted, now)) {
            reason = RouteReason.REPLICA_BEHIND;
            return false;
        }
        long having = causality.replicasThatHave(topology, wanted, now) & readable;
        if (causality.wantsPosition(topology, wanted, now) && topology.primary() != null && held.mayAskPosition()) {
            positionWanted = true;
            return true;
        }
        if (having == 0) {
            reason = RouteReason.REPLICA_BEHIND;
            return statement.target() == Target.REPLICA && toWaiting(topology, causality, held, statement, readable);
        }
        choose(topology, having, held, statement, now);
        slot = Slot.REPLICA;
        reason = RouteReason.READ;
        return ordinal != NO_BACKEND;
    }

    /** Chooses a replica that has to catch up first, if one may be waited for. */
    private boolean toWaiting(
            Topology topology, CausalityTracker causality, Context held, Classification statement, long readable) {
        reason = RouteReason.REPLICA_BEHIND;
        Consistency wanted = causality.wanted(statement.traits());
        long waitable = readable & held.waitable();
        waitable = waitable == 0 ? 0 : waitable & causality.replicasToWaitFor(topology, wanted);
        if (waitable == 0) {
            return false;
        }
        choose(topology, waitable, held, statement, held.nowNanos());
        if (ordinal == NO_BACKEND) {
            return false;
        }
        GtidPosition missing = causality.missingOn(topology.backend(ordinal), wanted);
        if (missing == GtidPosition.UNKNOWN) {
            return false;
        }
        waitFor = missing;
        slot = Slot.REPLICA;
        reason = RouteReason.CAUSAL_WAIT;
        return true;
    }

    private void choose(Topology topology, long among, Context held, Classification statement, long now) {
        int heldOrdinal = held.heldOrdinal(Slot.REPLICA);
        if (heldOrdinal != NO_BACKEND && (among & 1L << heldOrdinal) != 0) {
            // An open cursor already holds a connection there; a second replica would only cost another.
            ordinal = heldOrdinal;
        } else {
            // BEGIN and its like do not say what will be read: all of them on one replica would help nobody.
            long key = statement.target() == Target.REPLICA ? statement.fingerprintLow() : BalanceKeys.NONE;
            ordinal = balancer.choose(topology, among, load, keys.set(held.clientHash(), key, now));
        }
    }
}
