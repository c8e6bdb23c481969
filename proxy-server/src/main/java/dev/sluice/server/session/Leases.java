package dev.sluice.server.session;

import dev.sluice.router.session.SessionRouter;
import dev.sluice.router.session.Slot;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.KeyPool;
import dev.sluice.server.backend.LoopPool;
import dev.sluice.server.backend.PoolKey;
import org.jspecify.annotations.Nullable;

/**
 * The backend connections that one session holds, at most one a {@link Slot}, and where its last statement ran. Confined
 * to the session's event loop.
 */
final class Leases {
    private final LoopPool pool;
    private final int capabilities;
    private final @Nullable KeyPool[] pools = new @Nullable KeyPool[Topology.ORDINAL_MAX + 1];
    private Credential credential;
    private @Nullable BackendConnection primary;
    private @Nullable BackendConnection replica;
    private @Nullable BackendConnection last;
    private Slot lastSlot = Slot.PRIMARY;
    private long lastLease;

    Leases(LoopPool pool, Credential credential, int clientCapabilities) {
        this.pool = pool;
        this.credential = credential;
        this.capabilities = PoolKey.relevant(clientCapabilities);
    }

    /** Another user takes over (COM_CHANGE_USER). Nothing may be held. */
    void credential(Credential other) {
        credential = other;
        java.util.Arrays.fill(pools, null);
        last = null;
    }

    /** The same user has another password now. */
    void passwordChanged(Credential newest) {
        credential = newest;
    }

    Credential credential() {
        return credential;
    }

    /** The idle connections of this session's kind to a backend. */
    KeyPool poolOf(int ordinal) {
        KeyPool found = pools[ordinal];
        if (found == null || found.isForgotten()) {
            found = pool.pool(new PoolKey(ordinal, credential.name(), capabilities));
            pools[ordinal] = found;
        }
        return found;
    }

    @Nullable
    BackendConnection get(Slot slot) {
        return slot == Slot.PRIMARY ? primary : replica;
    }

    void put(Slot slot, @Nullable BackendConnection connection) {
        if (slot == Slot.PRIMARY) {
            primary = connection;
        } else {
            replica = connection;
        }
    }

    /** The slot that holds a connection, or null. */
    @Nullable
    Slot slotOf(BackendConnection connection) {
        if (connection == primary) {
            return Slot.PRIMARY;
        }
        return connection == replica ? Slot.REPLICA : null;
    }

    int ordinal(Slot slot) {
        BackendConnection held = get(slot);
        return held == null ? SessionRouter.NO_BACKEND : held.key().backendOrdinal();
    }

    /** A statement has just ended on a connection. */
    void ranOn(Slot slot, BackendConnection connection) {
        last = connection;
        lastSlot = slot;
        lastLease = connection.leases();
    }

    /** Whether the last statement ran on a connection that nobody else has used since. */
    boolean isLast(BackendConnection connection) {
        return connection == last && connection.leases() == lastLease;
    }

    /** Whether the last statement ran in a slot. */
    boolean isLastOn(Slot slot) {
        return last != null && lastSlot == slot;
    }

    /**
     * Keeps a connection for its last statement alone; others may have it if they need it.
     *
     * @param untilStarving whether only those may who have waited for long
     */
    void linger(Slot slot, boolean untilStarving) {
        BackendConnection held = get(slot);
        if (held != null) {
            pool.linger(held, untilStarving);
        }
    }

    /** Gives a connection back as it is. */
    void release(Slot slot) {
        BackendConnection held = get(slot);
        if (held != null) {
            put(slot, null);
            pool.release(held);
        }
    }

    /** The same for whoever knows what time it is. */
    void release(Slot slot, long nowNanos) {
        BackendConnection held = get(slot);
        if (held != null) {
            put(slot, null);
            pool.release(held, nowNanos);
        }
    }

    /** Gives a connection back and ends what lives on it. */
    void releaseWithReset(Slot slot) {
        BackendConnection held = get(slot);
        if (held != null) {
            put(slot, null);
            pool.releaseWithReset(held);
        }
    }

    /**
     * The slot where the last statement ran if its connection still is as that statement left it; it is held again then.
     */
    @Nullable
    Slot reclaimLast(BackendConnection.Owner owner) {
        BackendConnection connection = last;
        if (connection == null || connection.isClosed() || connection.leases() != lastLease) {
            return null;
        }
        if (get(lastSlot) == connection) {
            return lastSlot;
        }
        if (get(lastSlot) == null && pool.acquireExactly(connection, owner)) {
            put(lastSlot, connection);
            lastLease = connection.leases();
            return lastSlot;
        }
        return null;
    }

    /** Nothing shall be known any more of the last statement. */
    void forgetLast() {
        last = null;
    }
}
