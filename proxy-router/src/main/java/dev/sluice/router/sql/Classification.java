package dev.sluice.router.sql;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;

/**
 * What the text of a statement alone says about it: where it may go and why, and what it does to the session. Shared
 * between sessions through the cache. Immutable.
 *
 * @param target where the statement may go as far as its text decides; the session may still say primary
 * @param reason why
 * @param kind the verb of the first statement
 * @param traits bits of {@link Traits}, the union over all statements of the packet
 * @param fingerprintHigh the upper half of the fingerprint of the text without its literals
 * @param fingerprintLow the lower half
 */
public record Classification(
        Target target, RouteReason reason, StatementKind kind, long traits, long fingerprintHigh, long fingerprintLow) {

    /** Whether the statement has at least one of the given {@link Traits}. */
    public boolean has(long wanted) {
        return (traits & wanted) != 0;
    }

    /** The fingerprint as 32 hexadecimal digits. */
    public String fingerprint() {
        return "%016x%016x".formatted(fingerprintHigh, fingerprintLow);
    }

    /** The same statement where it is prepared first: what it sets is not read from its text again when it runs. */
    public Classification prepared() {
        return has(Traits.SETS_TRACKERS)
                ? new Classification(
                        target,
                        reason,
                        kind,
                        (traits & ~Traits.SETS_TRACKERS) | Traits.TIES_TRACKERS,
                        fingerprintHigh,
                        fingerprintLow)
                : this;
    }

    /** The same statement sent to the primary for another reason. */
    Classification toPrimary(RouteReason newReason) {
        return new Classification(Target.PRIMARY, newReason, kind, traits, fingerprintHigh, fingerprintLow);
    }
}
