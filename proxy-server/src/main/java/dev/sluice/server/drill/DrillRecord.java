package dev.sluice.server.drill;

import java.sql.SQLException;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the clients of a drill saw: which writes were acknowledged, when anything succeeded, and every error. Thread-safe:
 * all state is under the monitor of this object. Times are those of {@link System#nanoTime}.
 */
final class DrillRecord {
    /** What a client does. */
    enum Work {
        WRITE,
        TRANSACTION,
        READ,
        IDLE
    }

    /** Long enough that kinds of errors differ before it. */
    private static final int MESSAGE_MAX = 240;

    private final Set<Long> acknowledged = new HashSet<>();
    private final Map<String, Integer> errors = new TreeMap<>();
    private final Map<Work, Integer> errorsByWork = new EnumMap<>(Work.class);
    private final Outage writes = new Outage();
    private final Outage reads = new Outage();
    private long nextToken = 1;
    private long writableNanos;
    private long resumedNanos;

    /** The longest time without a success in a window. */
    private static final class Outage {
        private long last = System.nanoTime();
        private long longest;

        void success(long now) {
            longest = Math.max(longest, now - last);
            last = now;
        }
    }

    /**
     * What happened in one window. Immutable.
     *
     * @param writeOutageNanos the longest time between two successes of writes
     * @param readOutageNanos the same of reads
     * @param resumeNanos from the moment that a server was writable to the first successful write; 0 if none was awaited
     * @param errors how often each kind of error was seen
     * @param errorsByWork how many errors each kind of work had
     * @param acknowledged the tokens of the writes that were acknowledged
     */
    record Window(
            long writeOutageNanos,
            long readOutageNanos,
            long resumeNanos,
            Map<String, Integer> errors,
            Map<Work, Integer> errorsByWork,
            Set<Long> acknowledged) {
        int errors(Work work) {
            return errorsByWork.getOrDefault(work, 0);
        }
    }

    synchronized long token() {
        return nextToken++;
    }

    /** A write with these tokens was acknowledged. */
    synchronized void wrote(long... tokens) {
        long now = System.nanoTime();
        for (long token : tokens) {
            acknowledged.add(token);
        }
        writes.success(now);
        if (writableNanos != 0 && resumedNanos == 0 && now >= writableNanos) {
            resumedNanos = now;
        }
    }

    synchronized void read() {
        reads.success(System.nanoTime());
    }

    synchronized void failed(Work work, SQLException e) {
        errorsByWork.merge(work, 1, Integer::sum);
        errors.merge(work.name().toLowerCase(Locale.ROOT) + " " + kind(e), 1, Integer::sum);
    }

    private static String kind(SQLException e) {
        String message = String.valueOf(e.getMessage())
                .replaceAll("[0-9]+(?:\\.[0-9]+){3}:[0-9]+", "host:port")
                .replaceAll("[0-9]{2,}", "N")
                .replaceAll("\\s+", " ");
        return e.getSQLState() + "/" + e.getErrorCode() + " "
                + (message.length() <= MESSAGE_MAX ? message : message.substring(0, MESSAGE_MAX) + "...");
    }

    /** A server accepts writes from this moment on. */
    synchronized void writableNow() {
        writableNanos = System.nanoTime();
        resumedNanos = 0;
    }

    /** Whether a write has succeeded since {@link #writableNow}. */
    synchronized boolean hasResumed() {
        return resumedNanos != 0;
    }

    /** Ends a window and begins the next. */
    synchronized Window next() {
        Window window = new Window(
                writes.longest,
                reads.longest,
                resumedNanos == 0 ? 0 : resumedNanos - writableNanos,
                new TreeMap<>(errors),
                Map.copyOf(errorsByWork),
                new HashSet<>(acknowledged));
        errors.clear();
        errorsByWork.clear();
        acknowledged.clear();
        writes.longest = 0;
        reads.longest = 0;
        writableNanos = 0;
        resumedNanos = 0;
        return window;
    }
}
