package dev.sluice.server.session;

import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;

/**
 * MariaDB's sequences, as far as a connection remembers the last value that was taken there. Most sessions only take values, so
 * they are not tied to anything, and who asks for one is told that nobody knows. From then on the sessions of that user
 * stay where they take one, on a connection that was reset before. Confined to the session's event loop.
 */
final class Sequences {
    private Sequences() {}

    /** Whether a statement asks for a value that this session's connection does not know, or knows from somebody else. */
    static boolean isUnknown(SessionParts parts, Classification statement) {
        if (!statement.has(Traits.SEQUENCE_LAST) || !parts.context().isMariaDb()) {
            return false;
        }
        boolean known = (parts.state().pins(Slot.PRIMARY) & PinReason.SEQUENCE.bit()) != 0;
        if (!known) {
            parts.context()
                    .habits()
                    .askedForSequence(parts.leases().credential().user());
        }
        return !known;
    }

    /** Whether a statement takes the first value that is to be remembered, and what others have left there is to be forgotten. */
    static boolean needsReset(SessionParts parts, Slot slot, Classification statement, BackendConnection target) {
        return isKept(parts, statement) && !parts.state().tiedTo(slot) && !target.isAsReset();
    }

    /** A statement has run. */
    static void ran(SessionParts parts, Slot slot, Classification statement) {
        if (isKept(parts, statement)) {
            parts.state().pin(slot, PinReason.SEQUENCE, true);
        }
    }

    private static boolean isKept(SessionParts parts, Classification statement) {
        return statement.has(Traits.SEQUENCE_NEXT)
                && parts.context().isMariaDb()
                && parts.context()
                        .habits()
                        .keepsSequences(parts.leases().credential().user());
    }
}
