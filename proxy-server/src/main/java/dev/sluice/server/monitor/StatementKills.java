package dev.sluice.server.monitor;

import dev.sluice.server.session.ServerKills;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends statements on the servers by the monitor account, for those who must not wait. Thread-safe: each order is a task of a
 * few threads of its server's own, which nothing else uses, so that neither other work of operators nor a server that does
 * not answer can delay it.
 */
public final class StatementKills implements ServerKills, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(StatementKills.class);
    private static final int THREADS = 2;
    private static final int WAITING_MAX = 1000;
    private static final int IDLE_SECONDS = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long PAUSE_NANOS = Duration.ofMillis(50).toNanos();

    private final StatementKiller killer;
    /** By ordinal; they end when there is nothing to do. */
    private final Map<Integer, ThreadPoolExecutor> threads = new ConcurrentHashMap<>();

    public StatementKills(StatementKiller killer) {
        this.killer = killer;
    }

    private static ThreadPoolExecutor threads(int ordinal) {
        ThreadPoolExecutor made = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(WAITING_MAX),
                new DefaultThreadFactory("sluice-kill-" + ordinal, true));
        made.allowCoreThreadTimeOut(true);
        return made;
    }

    @Override
    public CompletableFuture<Outcome> killQuery(int ordinal, long threadId) {
        try {
            return CompletableFuture.supplyAsync(
                    () -> kill(ordinal, threadId), threads.computeIfAbsent(ordinal, StatementKills::threads));
        } catch (RejectedExecutionException e) {
            LOGGER.warn("a statement could not be ended: {} orders wait already", WAITING_MAX);
            return CompletableFuture.completedFuture(Outcome.FAILED);
        }
    }

    /** A busy server may have no connection for the order at once, and whoever gave it has no other way to end the statement. */
    private Outcome kill(int ordinal, long threadId) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return switch (killer.killQuery(ordinal, threadId)) {
                    case KILLED, GONE -> Outcome.DONE;
                    case DENIED -> Outcome.DENIED;
                };
            } catch (IOException e) {
                if (System.nanoTime() - deadline > 0 || Thread.currentThread().isInterrupted()) {
                    LOGGER.warn("a statement could not be ended: {}", e.getMessage());
                    return Outcome.FAILED;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    @Override
    public void close() {
        threads.values().forEach(ThreadPoolExecutor::shutdownNow);
    }
}
