package dev.sluice.server.admission;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts those who are turned away, by {@link Limit}, and warns of them: of each limit at most once in ten seconds, because
 * whoever can make us write a line for each refusal can fill our disk. Thread-safe: atomics.
 */
@SuppressWarnings("EnumOrdinal") // the rows of counters, which never leave this process
public final class Refusals {
    private static final Logger LOGGER = LoggerFactory.getLogger(Refusals.class);
    private static final Limit[] LIMITS = Limit.values();
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final LongSupplier nanoClock;
    private final ClientNotices notices;
    private final AtomicLongArray counts = new AtomicLongArray(LIMITS.length);
    private final AtomicLongArray told = new AtomicLongArray(LIMITS.length);
    private final AtomicLong[] quietUntil = new AtomicLong[LIMITS.length];

    /** @param nanoClock a monotonic clock */
    public Refusals(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.notices = new ClientNotices(nanoClock);
        long now = nanoClock.getAsLong();
        for (int i = 0; i < LIMITS.length; i++) {
            quietUntil[i] = new AtomicLong(now);
        }
    }

    /**
     * Somebody was turned away.
     *
     * @param client the address, for the log
     * @param what what happened, for the log
     * @return whether that was logged
     */
    public boolean add(Limit limit, String client, String what) {
        int row = limit.ordinal();
        long count = counts.incrementAndGet(row);
        long now = nanoClock.getAsLong();
        long until = quietUntil[row].get();
        if (now - until < 0 || !quietUntil[row].compareAndSet(until, now + QUIET_NANOS)) {
            return false;
        }
        long before = told.getAndSet(row, count);
        LOGGER.atWarn()
                .addKeyValue("client", client)
                .addKeyValue("limit", limit.label())
                .addKeyValue("since", count - before)
                .log("refused: {}", what);
        return true;
    }

    /** Whether there is to be a line in the log about what a client has sent. */
    public ClientNotices notices() {
        return notices;
    }

    /** How many were turned away at a limit since the start. */
    public long count(Limit limit) {
        return counts.get(limit.ordinal());
    }
}
