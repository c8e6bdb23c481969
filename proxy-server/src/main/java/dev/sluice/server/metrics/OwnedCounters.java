package dev.sluice.server.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A row of counters that one thread writes and any thread reads. Thread-safe: one owner adds, with opaque stores that cost
 * no fence; a reader sees each counter whole and at most a moment old.
 */
final class OwnedCounters {
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
    /** Keeps the counters of two loops off one cache line. */
    private static final int PADDING = 16;

    private final long[] values;

    OwnedCounters(int size) {
        values = new long[size + 2 * PADDING];
    }

    /** By the owner only. */
    void add(int index, long amount) {
        int at = index + PADDING;
        ELEMENT.setOpaque(values, at, values[at] + amount);
    }

    long get(int index) {
        return (long) ELEMENT.getOpaque(values, index + PADDING);
    }
}
