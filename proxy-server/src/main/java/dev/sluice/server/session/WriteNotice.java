package dev.sluice.server.session;

import dev.sluice.router.Target;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells whoever must not read an older state that something may have been committed. Confined to the session's event loop.
 */
record WriteNotice(SessionParts parts) {
    private static final Pattern TRIGGER = Pattern.compile("\\btrigger\\b", Pattern.CASE_INSENSITIVE);

    /**
     * A command has run: notes a write. Called before the client can see the answer and tell others.
     *
     * @param text the statement, if it is a definition and at hand
     */
    void ran(Slot slot, BackendConnection target, Classification statement, @Nullable String text) {
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
        if (mayDefine(statement) && (text == null || TRIGGER.matcher(text).find())) {
            parts.context().triggers().changed();
        }
        if (untold || !tracksGtids(target)) {
            parts.causality().wroteWithoutPosition(parts.context().nowNanos());
        }
    }

    /** Whether the statement is, or contains, a definition. */
    static boolean mayDefine(Classification statement) {
        return statement.kind() == StatementKind.DDL
                || (statement.has(Traits.MULTI_STATEMENT) && statement.has(Traits.IMPLICIT_COMMIT));
    }

    private boolean tracksGtids(BackendConnection target) {
        var backend = parts.context().topology().find(target.key().backendOrdinal());
        return backend != null && backend.facts() != null && backend.facts().tracksGtids();
    }
}
