package dev.sluice.protocol.testing;

import io.netty.util.LeakPresenceDetector;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A check after every test that no buffer is left, without waiting for a garbage collection. Event loops that still run get
 * a few seconds to release what they have in hand: a leak stays. It registers itself wherever this jar is on the class path
 * and needs the system property {@code io.netty.customResourceLeakDetector} to name {@link OpenBuffers}; without it every
 * test fails. Thread-safe: no state.
 */
public final class LeakCheck implements AfterEachCallback {
    private static final Duration IN_HAND = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofMillis(1);

    @Override
    public void afterEach(ExtensionContext context) {
        check(IN_HAND);
    }

    /** @throws IllegalStateException if there was always a buffer, until the time had passed, or if nothing counts them */
    static void check(Duration within) {
        long end = System.nanoTime() + within.toNanos();
        while (OpenBuffers.areThere() && System.nanoTime() < end) {
            LockSupport.parkNanos(LOOK.toNanos());
        }
        LeakPresenceDetector.check();
    }
}
