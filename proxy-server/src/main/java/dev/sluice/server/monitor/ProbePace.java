package dev.sluice.server.monitor;

import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.Topology;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How soon each backend is probed again. Thread-safe: everything that changes is volatile or atomic; times are monotonic.
 *
 * <p>Fast is the pace
 * <ul>
 *   <li>of all, for a second after a write, because reads return to a replica when a probe has seen the write there;
 *   <li>of all, while there is no primary or the one there is does not answer or gives trouble;
 *   <li>of a backend that does not answer or gives trouble, for half a minute. What is wrong for longer is a matter for a
 *       person, and a server that refuses logins should not get ten of them a second.
 * </ul>
 */
final class ProbePace {
    private static final long WRITE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long TROUBLE_NANOS = Duration.ofSeconds(3).toNanos();
    private static final long SUSPECT_NANOS = Duration.ofSeconds(30).toNanos();

    private final long normalNanos;
    private final long fastNanos;

    private final AtomicLongArray troubleNanos = new AtomicLongArray(Topology.ORDINAL_MAX + 1);
    private final AtomicLongArray suspectNanos = new AtomicLongArray(Topology.ORDINAL_MAX + 1);
    /** By ordinal, whether the entries of the arrays mean anything. */
    private final AtomicLong troubled = new AtomicLong();

    private volatile long suspects;
    private volatile long broken;
    private volatile int primaryOrdinal = -1;
    private volatile boolean writeNoted;
    private volatile long writeNanos;

    ProbePace(Duration normal, Duration fast) {
        this.normalNanos = normal.toNanos();
        this.fastNanos = Math.min(fast.toNanos(), normalNanos);
    }

    /** The shortest pause, which also is the least time between two probes that signals ask for. */
    long fastNanos() {
        return fastNanos;
    }

    /** A session has written; whether that made the pace of all faster. Costs a volatile read, seldom more. */
    boolean wrote(long nowNanos) {
        if (writeNoted) {
            return false;
        }
        writeNanos = nowNanos;
        writeNoted = true;
        return true;
    }

    /** The data path had trouble with a backend; whether that made the pace of all faster. */
    boolean trouble(int ordinal, long nowNanos) {
        if (ordinal < 0 || ordinal > Topology.ORDINAL_MAX) {
            return false;
        }
        troubleNanos.set(ordinal, nowNanos);
        long bit = 1L << ordinal;
        boolean known = (troubled.getAndUpdate(mask -> mask | bit) & bit) != 0;
        return !known && ordinal == primaryOrdinal;
    }

    /**
     * What the monitor thinks now; called by one thread at a time. Whether that made the pace of all faster.
     *
     * @param nowSuspect bits of the backends with which something is wrong
     */
    boolean observe(Topology topology, long nowSuspect, long nowNanos) {
        long before = suspects;
        boolean wasFast = isPrimaryInDoubt(before);
        long refusing = 0;
        for (long open = nowSuspect; open != 0; open &= open - 1) {
            int ordinal = Long.numberOfTrailingZeros(open);
            if (!isSet(before, ordinal)) {
                suspectNanos.set(ordinal, nowNanos);
            }
            var backend = topology.find(ordinal);
            refusing |= backend != null && backend.health() == Health.BROKEN ? backend.bit() : 0;
        }
        broken = refusing;
        primaryOrdinal = topology.primaryOrdinal();
        suspects = nowSuspect;
        return !wasFast && isPrimaryInDoubt(nowSuspect);
    }

    private boolean isPrimaryInDoubt(long suspectBits) {
        int primary = primaryOrdinal;
        return primary < 0 || isSet(suspectBits, primary);
    }

    /** The pause between two probes of a backend, at this moment. */
    long pauseNanos(int ordinal, long nowNanos) {
        boolean suspect = isSet(suspects, ordinal);
        boolean lately = suspect && nowNanos - suspectNanos.get(ordinal) < SUSPECT_NANOS;
        if (suspect && !lately && isSet(broken, ordinal)) {
            return normalNanos;
        }
        int primary = primaryOrdinal;
        boolean fast = lately
                || isPrimaryInDoubt(suspects)
                || hasTrouble(ordinal, nowNanos)
                || hasTrouble(primary, nowNanos)
                || isWriting(nowNanos);
        return fast ? fastNanos : normalNanos;
    }

    private boolean hasTrouble(int ordinal, long nowNanos) {
        if (ordinal < 0 || !isSet(troubled.get(), ordinal)) {
            return false;
        }
        boolean lately = nowNanos - troubleNanos.get(ordinal) < TROUBLE_NANOS;
        if (!lately) {
            long bit = 1L << ordinal;
            troubled.updateAndGet(mask -> mask & ~bit);
        }
        return lately;
    }

    private boolean isWriting(long nowNanos) {
        if (!writeNoted) {
            return false;
        }
        if (nowNanos - writeNanos > WRITE_NANOS) {
            // The next write, if there is one, makes it fast again.
            writeNoted = false;
        }
        return true;
    }

    private static boolean isSet(long mask, int ordinal) {
        return (mask & (1L << ordinal)) != 0;
    }
}
