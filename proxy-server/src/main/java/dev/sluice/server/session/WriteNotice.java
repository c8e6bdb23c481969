package dev.sluice.server.session;

import dev.sluice.router.Target;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;

/** Tells whoever must not read an older state that something may have been committed. Confined to the session's event loop. */
record WriteNotice(SessionParts parts) {
    /** A command has run: notes a write. Called before the client can see the answer and tell others. */
    void ran(Slot slot, BackendConnection target, Classification statement) {
        if (slot != Slot.PRIMARY) {
            return;
        }
        // Without Sluice's switches MariaDB does not tell the position, whatever has committed.
        boolean untold = parts.clientTrackers().own(target);
        boolean mayHaveCommitted = statement.target() == Target.PRIMARY
                && (untold
                        || statement.has(Traits.WRITES | Traits.OPAQUE | Traits.MULTI_STATEMENT)
                        || statement.kind() == StatementKind.COMMIT);
        if (!mayHaveCommitted) {
            return;
        }
        parts.context().wrote();
        if (untold || !tracksGtids(target)) {
            parts.causality().wroteWithoutPosition(parts.context().nowNanos());
        }
    }

    private boolean tracksGtids(BackendConnection target) {
        var backend = parts.context().topology().find(target.key().backendOrdinal());
        return backend != null && backend.facts() != null && backend.facts().tracksGtids();
    }
}
