package dev.sluice.server.backend;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.backend.StatementHandles.Handle;
import java.util.function.Supplier;

/**
 * Keeps what Sluice prepares on a backend within its share of the server's max_prepared_stmt_count, which others need as
 * well: whoever prepares one statement more closes those that were not used for longest. Confined to the session's event
 * loop.
 *
 * <p>The share is counted over all connections of all loops. When it is used up, idle connections close what they have
 * beyond an equal part of it, then the connection closes one of its own. A connection that has none may have one beyond the
 * share, for without it nothing that is prepared could run there: so there are never more than the share and one for each
 * connection.
 */
public final class StatementRoom {
    /** Sluice's share of the server's limit: one in so many. */
    static final int SHARE = 4;

    /** The limit of a server that has not been asked yet: its default. */
    static final int SERVER_DEFAULT = 16_382;

    private final KeyPools pools;
    private final BackendCapacities capacities;
    private final BackendCapacity.Claimant loop;
    private final Supplier<Topology> topology;

    StatementRoom(
            KeyPools pools, BackendCapacities capacities, BackendCapacity.Claimant loop, Supplier<Topology> topology) {
        this.pools = pools;
        this.capacities = capacities;
        this.loop = loop;
        this.topology = topology;
    }

    /** Takes a place for a statement that is about to be prepared on a connection, and closes others for it if need be. */
    public void take(BackendConnection connection) {
        int ordinal = connection.key().backendOrdinal();
        StatementHandles own = connection.statements();
        boolean full = own.places() >= StatementHandles.HANDLES_MAX;
        if (!full && (tookFree(own, ordinal) || tookFromIdle(connection, ordinal))) {
            own.placeTaken();
            return;
        }
        Handle closed = own.takeLeastUsed();
        if (closed == null) {
            own.budget().takeBeyond();
            own.placeTaken();
        } else {
            // Its place is the new one's.
            connection.sendClose(closed);
        }
    }

    private boolean tookFree(StatementHandles own, int ordinal) {
        return own.budget().tryTake(share(ordinal));
    }

    /** The share is used up: whoever has more than an equal part of it gives that up first. */
    private boolean tookFromIdle(BackendConnection connection, int ordinal) {
        int part = part(ordinal);
        if (trim(connection, part)) {
            return false;
        }
        if (connection.statements().places() == part) {
            return false;
        }
        trimIdle(ordinal);
        if (tookFree(connection.statements(), ordinal)) {
            return true;
        }
        capacities.askForStatements(ordinal, loop);
        return false;
    }

    /**
     * The server has no room: closes half of what is not in use on the connection, or if there is nothing, what idle
     * connections of this loop have. False if nothing could be closed.
     */
    public boolean closeUnused(BackendConnection connection) {
        connection.statements().reconcile();
        boolean closed = trim(connection, connection.statements().places() / 2);
        if (!closed) {
            for (BackendConnection idle : idle(connection.key().backendOrdinal())) {
                closed |= trim(idle, 0);
                idle.flush();
            }
        }
        return closed;
    }

    /** Idle connections give up what they have beyond an equal part of the share. */
    void trimIdle(int ordinal) {
        int part = part(ordinal);
        for (BackendConnection idle : idle(ordinal)) {
            if (trim(idle, part)) {
                idle.flush();
            }
        }
    }

    private Iterable<BackendConnection> idle(int ordinal) {
        return pools.idle(connection -> connection.key().backendOrdinal() == ordinal);
    }

    /** Closes the least recently used until so many are left, as far as they are not in use; false if it closed none. */
    private static boolean trim(BackendConnection connection, int left) {
        boolean closed = false;
        while (connection.statements().places() > left) {
            Handle handle = connection.statements().takeLeastUsed();
            if (handle == null) {
                return closed;
            }
            connection.sendClose(handle);
            connection.statements().placeFreed();
            closed = true;
        }
        return closed;
    }

    /** How many statements may be prepared on a backend, over all connections. */
    int share(int ordinal) {
        BackendStatus backend = topology.get().find(ordinal);
        ServerFacts facts = backend == null ? null : backend.facts();
        int limit = facts == null ? SERVER_DEFAULT : facts.preparedStatementsMax();
        return Math.max(1, limit / SHARE);
    }

    private int part(int ordinal) {
        int connections = Math.max(1, capacities.of(ordinal).open());
        return Math.min(StatementHandles.HANDLES_MAX, Math.max(1, share(ordinal) / connections));
    }
}
