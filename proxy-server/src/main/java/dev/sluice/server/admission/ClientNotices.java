package dev.sluice.server.admission;

import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How many lines of the log clients can cause by what they send: so many for each address at once, and one in a second in the long
 * run; and so many for all addresses together, because there are many. What is left out is counted, and the next line has the
 * number. Thread-safe: atomics, and a bounded cache of them.
 */
public final class ClientNotices {
    /** Lines of one address at once. */
    static final int BURST = 100;
    /** Lines of one address in a second, in the long run. */
    static final int PER_SECOND = 1;
    /** Lines of all addresses at once. */
    static final int ALL_BURST = 1000;
    /** Lines of all addresses in a second, in the long run. */
    static final int ALL_PER_SECOND = 10;

    private static final String ALL = "all";
    private static final String UNKNOWN = "unknown";

    private final LoginAttempts lines;
    private final LoginAttempts all;
    private final AtomicLong since = new AtomicLong();
    private final LongSupplier nanoClock;

    /** @param nanoClock a monotonic clock */
    public ClientNotices(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.lines = new LoginAttempts(nanoClock);
        this.all = new LoginAttempts(nanoClock);
    }

    /**
     * Something has happened that is worth a line.
     *
     * @param address of the client; null if that is not known
     * @return 0 if there is to be no line; otherwise how often something has happened since the last line, this time included
     */
    public long next(@Nullable InetAddress address) {
        since.incrementAndGet();
        String key = address == null ? UNKNOWN : ClientAdmission.keyOf(address);
        long now = nanoClock.getAsLong();
        boolean told = lines.tryTake(key, PER_SECOND, BURST, now) && all.tryTake(ALL, ALL_PER_SECOND, ALL_BURST, now);
        return told ? since.getAndSet(0) : 0;
    }
}
