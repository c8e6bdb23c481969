package dev.sluice.benchmarks.macro;

import org.jspecify.annotations.Nullable;

/** What all clients of a load are to do at this moment. Thread-safe: its fields are volatile and the first failure wins. */
final class Stage {
    /** WARM_UP, then MEASURED, then OVER; a failure leads to OVER from everywhere. */
    enum Phase {
        /** Clients work and are not measured. */
        WARM_UP,
        /** Clients work and are measured. */
        MEASURED,
        /** Clients finish what they do and end. */
        OVER
    }

    private volatile Phase phase = Phase.WARM_UP;
    private volatile @Nullable Exception failure;

    Phase phase() {
        return phase;
    }

    synchronized void measure() {
        if (phase == Phase.WARM_UP) {
            phase = Phase.MEASURED;
        }
    }

    synchronized void end() {
        phase = Phase.OVER;
        notifyAll();
    }

    /** A client got an error: nobody goes on. */
    synchronized void fail(Exception cause) {
        if (failure == null) {
            failure = cause;
        }
        end();
    }

    /** The error of the first client that had one. */
    @Nullable
    Exception failure() {
        return failure;
    }

    /** Returns after that time, or as soon as a client fails. */
    synchronized void await(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        long left = nanos;
        while (left > 0 && phase != Phase.OVER) {
            wait(left / 1_000_000, (int) (left % 1_000_000));
            left = deadline - System.nanoTime();
        }
    }
}
