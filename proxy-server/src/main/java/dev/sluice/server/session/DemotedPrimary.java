package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.Slot;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.server.backend.BackendConnection;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a session that is tied to a server which lives on but is the primary no more. What it left there cannot be
 * used for writing, and must not be if the server still takes writes: it is given up as if the server had died. Confined to
 * the session's event loop.
 */
final class DemotedPrimary {
    private DemotedPrimary() {}

    /** The error that tells the client what was given up; null if nothing had to be. */
    static @Nullable ErrPacket leave(SessionParts parts, StatementBindings bindings) {
        BackendConnection held = parts.leases().get(Slot.PRIMARY);
        if (held == null) {
            return null;
        }
        BackendStatus primary = parts.context().topology().primary();
        if (primary == null || primary.ordinal() == held.key().backendOrdinal()) {
            return null;
        }
        boolean transaction = parts.state().transactionSlot() == Slot.PRIMARY;
        if (transaction && parts.state().inReadOnlyTransaction()) {
            // It reads one state to its end, wherever that is.
            return null;
        }
        int pins = parts.state().pins(Slot.PRIMARY) & ~PinReason.LAST_STATEMENT.bit();
        if (!transaction && pins == 0) {
            return null;
        }
        parts.effects().connectionGone(Slot.PRIMARY);
        bindings.connectionGone(held);
        parts.leases().releaseWithReset(Slot.PRIMARY);
        return Failures.stateLost(PinReason.describe(pins), transaction, "the primary is now " + primary.address());
    }
}
