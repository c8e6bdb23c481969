package dev.sluice.server.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How many logins an address may begin: so many at once, and so many in each second after that. What succeeds is given back,
 * so that only logins that fail, that hang, or that are under way count. Thread-safe: a bounded cache of atomic numbers.
 *
 * <p>An address is known by one number only: the time at which it will have made up for all its attempts, each of which takes
 * a second's share. It may be ahead of the clock by as much as the burst takes. Addresses that have made up for theirs are
 * forgotten; so are some of the others while more than {@link #ADDRESSES_MAX} come in a short time, and they begin anew.
 */
final class LoginAttempts {
    static final int ADDRESSES_MAX = 100_000;
    private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(5);
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Cache<String, AtomicLong> evenAt;

    /** @param nanoClock a monotonic clock, from which the readings come */
    LoginAttempts(LongSupplier nanoClock) {
        evenAt = Caffeine.newBuilder()
                .maximumSize(ADDRESSES_MAX)
                .expireAfter(Expiry.<String, AtomicLong>accessing(
                        (address, even) -> FORGOTTEN_AFTER.plusNanos(Math.max(0, even.get() - nanoClock.getAsLong()))))
                .ticker(nanoClock::getAsLong)
                .build();
    }

    /**
     * An address begins a login.
     *
     * @param perSecond how many it may begin in each second; 0 for any number
     * @param burst how many it may begin at once
     * @param now a monotonic reading in nanoseconds
     * @return whether it may
     */
    boolean tryTake(String address, int perSecond, int burst, long now) {
        if (perSecond == 0) {
            return true;
        }
        long share = SECOND / perSecond;
        AtomicLong even = evenAt.get(address, absent -> new AtomicLong(now));
        while (true) {
            long before = even.get();
            long from = Math.max(0, before - now);
            if (from > share * (burst - 1)) {
                return false;
            }
            if (even.compareAndSet(before, now + from + share)) {
                return true;
            }
        }
    }

    /** The login that was begun has succeeded. */
    void giveBack(String address, int perSecond) {
        AtomicLong even = perSecond == 0 ? null : evenAt.getIfPresent(address);
        if (even != null) {
            even.addAndGet(-(SECOND / perSecond));
        }
    }
}
