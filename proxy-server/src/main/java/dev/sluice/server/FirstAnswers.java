package dev.sluice.server;

import dev.sluice.server.monitor.AccountDirectory;
import dev.sluice.server.monitor.TopologyMonitor;
import dev.sluice.server.monitor.TriggerWatch;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a start waits for, within bounds, so that the first clients are not refused for nothing. Functions only. */
final class FirstAnswers {
    private static final Logger LOGGER = LoggerFactory.getLogger(FirstAnswers.class);
    private static final Duration GRACE = Duration.ofMillis(500);
    private static final long POLL_MILLIS = 5;

    private FirstAnswers() {}

    /** Clients that come before the first probe has answered would be refused for nothing. */
    static void awaitPrimary(TopologyMonitor monitor, Duration probeTimeout) throws InterruptedException {
        long deadline = System.nanoTime() + probeTimeout.plus(GRACE).toNanos();
        CountDownLatch primaryKnown = new CountDownLatch(1);
        monitor.addListener((before, now) -> {
            if (now.primary() != null) {
                primaryKnown.countDown();
            }
        });
        while (monitor.current().primary() == null && System.nanoTime() - deadline < 0) {
            boolean unused = primaryKnown.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
        if (monitor.current().primary() == null) {
            LOGGER.atWarn().log("no primary found yet: statements that need it will wait");
        }
    }

    /** Without the accounts, clients of mysql_native_password would be asked for caching_sha2_password. */
    static void awaitAccounts(AccountDirectory accounts, CountDownLatch terminated) throws InterruptedException {
        long deadline = System.nanoTime() + GRACE.toNanos();
        while (!accounts.isAvailable() && System.nanoTime() - deadline < 0) {
            boolean unused = terminated.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Before the triggers are known, the first sessions that write would be tied to their connections for nothing. */
    static void awaitTriggers(TriggerWatch triggers, TopologyMonitor monitor, CountDownLatch terminated)
            throws InterruptedException {
        long deadline = System.nanoTime() + GRACE.toNanos();
        while (!triggers.isCurrent() && monitor.current().primary() != null && System.nanoTime() - deadline < 0) {
            boolean unused = terminated.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
    }
}
