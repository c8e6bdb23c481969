package dev.sluice.server.session;

import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.Slot;
import dev.sluice.router.session.StatementEffects;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;

/**
 * Ends what a session has begun on a connection, a transaction that reads, because it goes on elsewhere. The connection is
 * given back behind a reset; but if a cursor is open there it stays, and a ROLLBACK ends the rest. Confined to the session's
 * event loop.
 */
final class Departure {
    /** Whatever completion_type says. */
    private static final String ROLLBACK = "ROLLBACK AND NO CHAIN NO RELEASE";

    private final SessionState state;
    private final StatementEffects effects;
    private final Leases leases;

    Departure(SessionState state, StatementEffects effects, Leases leases) {
        this.state = state;
        this.effects = effects;
        this.leases = leases;
    }

    /** The session leaves the connection that it holds in {@code slot}. */
    void from(Slot slot) {
        BackendConnection held = leases.get(slot);
        if (held == null || (state.pins(slot) & PinReason.CURSOR.bit()) == 0) {
            effects.connectionGone(slot);
            leases.releaseWithReset(slot);
            return;
        }
        effects.connectionLeft(slot);
        // What else it may have left there ends with the cursor.
        held.retireAfterUse();
        if (leases.isLast(held)) {
            leases.forgetLast();
        }
        held.send(held.query(ROLLBACK), new InternalResponse(ResponseShape.QUERY) {
            @Override
            void answered() {
                if (error() != null) {
                    held.fail(BackendFailure.of(
                            BackendFailure.Kind.BROKEN, "the server would not end a transaction: " + error()));
                }
            }
        });
        held.flush();
    }
}
