package dev.sluice.server.monitor;

import dev.sluice.router.topology.Health;
import java.util.Collection;

/**
 * Who may become primary. While roles change on purpose, only those who take part; and who was left out may again when a
 * probe that began later has told what it is by then: the last one before may have found the old primary still writable.
 * Thread-safe: it has no lock, the monitor calls it under its own.
 */
final class Electorate {
    private long allowed = TopologyControl.ANYBODY;
    /** Those who were left out and have not been probed since. */
    private long unproven;

    private long changedNanos;

    /** Only these may, from now on. */
    void only(long ordinals, long nowNanos) {
        unproven |= ordinals & ~allowed;
        allowed = ordinals;
        changedNanos = nowNanos;
    }

    /** A bit mask over ordinals of those who may, by what is known of the backends now. */
    long mask(Collection<WatchedBackend> backends) {
        long stillUnproven = 0;
        for (WatchedBackend backend : backends) {
            ProbeOutcome outcome = backend.outcome();
            boolean old = outcome.span().startNanos() - changedNanos <= 0;
            stillUnproven |= outcome.health() == Health.ONLINE && old
                    ? 1L << backend.configured().ordinal()
                    : 0;
        }
        unproven &= stillUnproven;
        return allowed & ~unproven;
    }
}
