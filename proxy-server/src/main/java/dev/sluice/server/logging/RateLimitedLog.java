package dev.sluice.server.logging;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;
import org.slf4j.spi.NOPLoggingEventBuilder;

/**
 * A logger for events that may repeat without end, such as a client that keeps failing: each event is logged a few
 * times an interval, and the first line of the next interval says in {@code suppressed} how many were left out.
 * Thread-safe: each event has its own small lock, held for a few instructions.
 */
public final class RateLimitedLog {
    /** Events told apart; further ones share a budget, so that a variable used as an event cannot fill the memory. */
    private static final int EVENTS_MAX = 256;

    private static final String FURTHER_EVENTS = "further events";

    private final Logger logger;
    private final int linesMax;
    private final long intervalNanos;
    private final LongSupplier nanoTime;
    private final Map<String, Budget> budgets = new ConcurrentHashMap<>();

    /**
     * Puts the brake on a logger.
     *
     * @param linesMax lines of one event in one interval, at least 1
     * @param nanoTime a monotonic clock, in nanoseconds
     */
    public RateLimitedLog(Logger logger, int linesMax, Duration interval, LongSupplier nanoTime) {
        if (linesMax < 1) {
            throw new IllegalArgumentException("linesMax " + linesMax + " is less than 1");
        }
        this.logger = logger;
        this.linesMax = linesMax;
        this.intervalNanos = interval.toNanos();
        this.nanoTime = nanoTime;
    }

    /**
     * Starts a line, which is the message {@code event}; add key-value pairs and call {@code log()}.
     *
     * @param event a constant; what varies belongs into key-value pairs
     * @return a builder that does nothing if the event has used up its lines or the level is off
     */
    public LoggingEventBuilder at(Level level, String event) {
        if (!logger.isEnabledForLevel(level)) {
            return NOPLoggingEventBuilder.singleton();
        }
        long suppressed = budget(event).take(nanoTime.getAsLong());
        if (suppressed < 0) {
            return NOPLoggingEventBuilder.singleton();
        }
        LoggingEventBuilder line = logger.atLevel(level).setMessage(event);
        return suppressed == 0 ? line : line.addKeyValue("suppressed", suppressed);
    }

    private Budget budget(String event) {
        boolean known = budgets.containsKey(event) || budgets.size() < EVENTS_MAX;
        return budgets.computeIfAbsent(known ? event : FURTHER_EVENTS, absent -> new Budget());
    }

    /** The lines one event has left. */
    private final class Budget {
        private long intervalStart;
        private int used;
        private long suppressed;
        private boolean started;

        /** The number of events left out before this one, or -1 if this one is left out too. */
        synchronized long take(long now) {
            if (!started || now - intervalStart >= intervalNanos) {
                started = true;
                intervalStart = now;
                used = 0;
            }
            if (used == linesMax) {
                suppressed++;
                return -1;
            }
            used++;
            long before = suppressed;
            suppressed = 0;
            return before;
        }
    }
}
