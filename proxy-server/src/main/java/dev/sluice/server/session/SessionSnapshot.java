package dev.sluice.server.session;

import dev.sluice.router.RouteReason;
import dev.sluice.router.session.Slot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One session at one moment, for an operator. Immutable.
 *
 * @param id the connection id that the client knows
 * @param user the account's user name
 * @param client the client's address
 * @param schema the default schema; null for none
 * @param activity what it is doing
 * @param held the backend connections that it holds
 * @param lastRoute why its last statement went where it went; null before the first
 * @param idleSeconds since its last answer; 0 while it is busy
 */
public record SessionSnapshot(
        long id,
        String user,
        String client,
        @Nullable String schema,
        Activity activity,
        List<Held> held,
        @Nullable RouteReason lastRoute,
        double idleSeconds) {
    /** What a session is doing. Immutable. */
    public enum Activity {
        /** It waits for its client. */
        IDLE,
        /** A statement waits for a connection, a primary or the parser. */
        WAITING,
        /** A statement runs. */
        RUNNING,
        /** It changes its user. */
        AUTHENTICATING
    }

    /**
     * A backend connection that a session holds. Immutable.
     *
     * @param slot for which role
     * @param ordinal the backend
     * @param threadId the server's id of the connection
     * @param transaction whether a transaction is open there
     * @param pins what else ties the session to it; empty if nothing does
     */
    public record Held(Slot slot, int ordinal, long threadId, boolean transaction, String pins) {
        /** Whether the session cannot leave it now. */
        public boolean isTied() {
            return transaction || !pins.isEmpty();
        }
    }

    /** Copies the list. */
    public SessionSnapshot {
        held = List.copyOf(held);
    }

    /** Whether a transaction is open. */
    public boolean inTransaction() {
        return held.stream().anyMatch(Held::transaction);
    }

    /** The connection that it holds to a backend, or null. */
    public @Nullable Held heldOn(int ordinal) {
        return held.stream()
                .filter(connection -> connection.ordinal() == ordinal)
                .findFirst()
                .orElse(null);
    }
}
