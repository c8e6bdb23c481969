package dev.sluice.server.session;

import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.backend.BackendConnection;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waiting on replicas for a position: the statement that does it, and which replicas are worth it. One that was waited for
 * in vain several times in a row is left alone for a while, longer each time, so that a replica that is really behind costs
 * a few reads a delay and not all of them. A single miss says little: the next wait mostly succeeds. Confined to the session's event loop.
 */
final class CausalWaits {
    private static final long PAUSE_MIN_NANOS = Duration.ofMillis(50).toNanos();
    private static final long PAUSE_MAX_NANOS = Duration.ofSeconds(1).toNanos();

    /** So many misses, each of a wait that began after the one before had ended, with no success between. */
    private static final int MISSES_MAX = 3;

    private final Supplier<Duration> limit;
    private final long[] pauses = new long[Topology.ORDINAL_MAX + 1];
    private final long[] pausedUntilNanos = new long[Topology.ORDINAL_MAX + 1];
    private final int[] misses = new int[Topology.ORDINAL_MAX + 1];
    private final long[] missedNanos = new long[Topology.ORDINAL_MAX + 1];
    private long paused;
    private @Nullable Duration endOf;
    private String end = "";

    /** @param limit how long a wait may take at this moment; zero: nothing is waited for */
    CausalWaits(Supplier<Duration> limit) {
        this.limit = limit;
    }

    /** Whether anything is waited for at all. */
    boolean isOn() {
        return !limit.get().isZero();
    }

    /** The longest wait. */
    Duration limit() {
        return limit.get();
    }

    /** Mask of the replicas that may be waited for now. */
    long waitable(long nowNanos) {
        if (limit.get().isZero()) {
            return 0;
        }
        long open = paused;
        while (open != 0) {
            int ordinal = Long.numberOfTrailingZeros(open);
            if (nowNanos - pausedUntilNanos[ordinal] >= 0) {
                paused &= ~(1L << ordinal);
            }
            open &= open - 1;
        }
        return ~paused;
    }

    /** A replica has come to the position in time. */
    void reached(int ordinal) {
        pauses[ordinal] = 0;
        misses[ordinal] = 0;
    }

    /** A replica has not come to the position in time. */
    void missed(int ordinal, long nowNanos) {
        boolean together = misses[ordinal] > 0
                && nowNanos - missedNanos[ordinal] < limit.get().toNanos();
        if (together || (paused & 1L << ordinal) != 0) {
            // One of several that waited at the same time.
            return;
        }
        missedNanos[ordinal] = nowNanos;
        if (pauses[ordinal] == 0 && ++misses[ordinal] < MISSES_MAX) {
            return;
        }
        long pause = pauses[ordinal] == 0 ? PAUSE_MIN_NANOS : Math.min(2 * pauses[ordinal], PAUSE_MAX_NANOS);
        pauses[ordinal] = pause;
        pausedUntilNanos[ordinal] = nowNanos + pause;
        paused |= 1L << ordinal;
    }

    /** Writes the statement that waits: one answer, a row with 0 if the position was reached. No privilege is needed. */
    void write(BackendConnection target, GtidPosition position, boolean mariaDb, InternalResponse answer) {
        String sql = (mariaDb ? "SELECT MASTER_GTID_WAIT('" : "SELECT WAIT_FOR_EXECUTED_GTID_SET('") + position + end();
        target.send(target.query(sql), answer);
    }

    /** What follows the position: the limit in seconds. Written anew only when that has changed. */
    private String end() {
        Duration now = limit.get();
        if (!now.equals(endOf)) {
            endOf = now;
            end = String.format(Locale.ROOT, "',%.3f) LIMIT 1", Math.max(1, now.toMillis()) / 1000.0);
        }
        return end;
    }
}
