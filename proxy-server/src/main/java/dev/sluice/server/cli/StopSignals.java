package dev.sluice.server.cli;

import dev.sluice.server.admin.AuditLog;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stop signals mean: the first drains, every further one stops at once. Thread-safe: one atomic counter; the JVM
 * delivers each signal on a thread of its own.
 */
final class StopSignals {
    private static final Logger LOGGER = LoggerFactory.getLogger(StopSignals.class);

    private final ServerStarter.Running running;
    private final AtomicInteger count = new AtomicInteger();

    StopSignals(ServerStarter.Running running) {
        this.running = running;
    }

    void received(String signal) {
        if (count.incrementAndGet() == 1) {
            AuditLog.signal(signal, "DRAIN AND STOP");
            LOGGER.atInfo().addKeyValue("signal", signal).log("draining; a second signal stops at once");
            running.drain();
        } else {
            AuditLog.signal(signal, "STOP AT ONCE");
            LOGGER.atWarn().addKeyValue("signal", signal).log("stopping at once");
            running.stopNow();
        }
    }

    /** Whether somebody did not wait for the drain to end. */
    boolean cut() {
        return count.get() > 1;
    }
}
