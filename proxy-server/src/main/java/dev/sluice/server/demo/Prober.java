package dev.sluice.server.demo;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A client that sends one statement again and again, and measures how long it went without a success. It keeps its
 * connection over errors, and connects anew only if that is closed.
 *
 * <p>Thread-safe: all state is under the monitor of this object. Times are those of {@link System#nanoTime}.
 */
final class Prober implements AutoCloseable {
    private static final long THINK_NANOS = Duration.ofMillis(1).toNanos();
    private static final long END_MILLIS_MAX = 1000;

    private final TourSession.Opener opener;
    private final String sql;
    private final Thread thread;
    private final List<String> errors = new ArrayList<>();
    private int successes;
    private long lastSuccessNanos;
    private long longestGapNanos;
    private boolean ended;

    private Prober(TourSession.Opener opener, String sql) {
        this.opener = opener;
        this.sql = sql;
        this.thread = new Thread(this::repeat, "tour-prober");
        thread.setDaemon(true);
    }

    /** Starts a client and returns when its first statement has succeeded; fails if it does not within the time. */
    static Prober start(TourSession.Opener opener, String sql, Duration patience) throws StepFailure {
        Prober prober = new Prober(opener, sql);
        long begun = System.nanoTime();
        prober.thread.start();
        try {
            prober.awaitSuccessAfter(begun, patience);
            return prober;
        } catch (StepFailure e) {
            prober.close();
            throw e;
        }
    }

    private void repeat() {
        while (!hasEnded()) {
            try (TourSession session = opener.open()) {
                while (!hasEnded() && session.isOpen()) {
                    runOnce(session);
                    LockSupport.parkNanos(THINK_NANOS);
                }
            } catch (SQLException e) {
                failed(e);
                LockSupport.parkNanos(THINK_NANOS);
            }
        }
    }

    private void runOnce(TourSession session) {
        try {
            session.run(sql);
            succeeded(System.nanoTime());
        } catch (SQLException e) {
            failed(e);
        }
    }

    private synchronized boolean hasEnded() {
        return ended;
    }

    private synchronized void succeeded(long now) {
        if (successes > 0) {
            longestGapNanos = Math.max(longestGapNanos, now - lastSuccessNanos);
        }
        successes++;
        lastSuccessNanos = now;
        notifyAll();
    }

    private synchronized void failed(SQLException e) {
        if (!ended) {
            errors.add("error %d (%s): %s".formatted(e.getErrorCode(), e.getSQLState(), e.getMessage()));
        }
    }

    /** Returns when a statement has succeeded after the given moment; fails if none does within the time. */
    synchronized void awaitSuccessAfter(long nanos, Duration patience) throws StepFailure {
        long deadline = System.nanoTime() + patience.toNanos();
        while (successes == 0 || lastSuccessNanos - nanos <= 0) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new StepFailure("%s did not succeed within %.1f s%s"
                        .formatted(
                                sql,
                                patience.toNanos() / 1e9,
                                errors.isEmpty() ? "" : "; " + errors.get(errors.size() - 1)));
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StepFailure("interrupted while waiting for " + sql);
            }
        }
    }

    /** How often the statement has succeeded. */
    synchronized int successes() {
        return successes;
    }

    /** When it last succeeded. */
    synchronized long lastSuccessNanos() {
        return lastSuccessNanos;
    }

    /** The longest time between two successes that followed each other. */
    synchronized double longestGapMillis() {
        return longestGapNanos / 1e6;
    }

    /** Every error, in order. */
    synchronized List<String> errors() {
        return List.copyOf(errors);
    }

    /** Ends the client, and waits for it unless it is stuck. */
    @Override
    public void close() {
        synchronized (this) {
            ended = true;
        }
        try {
            thread.join(END_MILLIS_MAX);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
