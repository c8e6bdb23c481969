package dev.sluice.router.balance;

import dev.sluice.router.topology.Topology;

/**
 * What a statement on each backend takes, as a moving average that rises at once and falls slowly. Confined to the
 * session's event loop.
 *
 * <p>A slower answer than expected counts in full, because it is the first sign of trouble; but it at most doubles the
 * estimate, because in SQL one slow statement may just be a large one: a report must not shut its server out, while a
 * server that slows down for everybody is seen within a few statements. Faster answers pull the estimate down over some
 * {@value #DECAY_NANOS} nanoseconds, whatever the number of statements. What nobody has measured for a while fades in the
 * same way, so that a server that was slow is tried again.
 */
public final class LatencyEstimates {
    /** The time in which an old value loses all but 1/e of its say. */
    static final long DECAY_NANOS = 5_000_000_000L;

    private static final double RISE_MAX = 2;

    private final double[] nanos = new double[Topology.ORDINAL_MAX + 1];
    private final long[] measuredNanos = new long[Topology.ORDINAL_MAX + 1];

    /** A statement on that backend took so long. */
    public void record(int ordinal, long tookNanos, long nowNanos) {
        double sample = Math.max(1, tookNanos);
        double before = nanos[ordinal];
        if (before == 0) {
            nanos[ordinal] = sample;
        } else if (sample > before) {
            nanos[ordinal] = Math.min(sample, before * RISE_MAX);
        } else {
            nanos[ordinal] = sample + (before - sample) * remaining(ordinal, nowNanos);
        }
        measuredNanos[ordinal] = nowNanos;
    }

    /** The estimate of this moment; 0 if there is none, or none any more. */
    public long nanos(int ordinal, long nowNanos) {
        return nanos[ordinal] == 0 ? 0 : (long) (nanos[ordinal] * remaining(ordinal, nowNanos));
    }

    private double remaining(int ordinal, long nowNanos) {
        long age = Math.max(0, nowNanos - measuredNanos[ordinal]);
        return Math.exp(-(double) age / DECAY_NANOS);
    }
}
