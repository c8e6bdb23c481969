package dev.sluice.server.monitor;

import dev.sluice.server.session.ServerKills;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends statements on the servers by the monitor account, for those who must not wait. Thread-safe: each order is a task of a
 * few threads of its own, which nothing else uses, so that no other work of operators can delay it.
 */
public final class StatementKills implements ServerKills, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(StatementKills.class);
    private static final int THREADS = 4;
    private static final int WAITING_MAX = 1000;
    private static final int IDLE_SECONDS = 10;

    private final StatementKiller killer;
    private final ThreadPoolExecutor threads;

    public StatementKills(StatementKiller killer) {
        this.killer = killer;
        this.threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(WAITING_MAX),
                new DefaultThreadFactory("sluice-kill", true));
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public CompletableFuture<Outcome> killQuery(int ordinal, long threadId) {
        try {
            return CompletableFuture.supplyAsync(() -> kill(ordinal, threadId), threads);
        } catch (RejectedExecutionException e) {
            LOGGER.warn("a statement could not be ended: {} orders wait already", WAITING_MAX);
            return CompletableFuture.completedFuture(Outcome.FAILED);
        }
    }

    private Outcome kill(int ordinal, long threadId) {
        try {
            return switch (killer.killQuery(ordinal, threadId)) {
                case KILLED, GONE -> Outcome.DONE;
                case DENIED -> Outcome.DENIED;
            };
        } catch (IOException e) {
            LOGGER.warn("a statement could not be ended: {}", e.getMessage());
            return Outcome.FAILED;
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
