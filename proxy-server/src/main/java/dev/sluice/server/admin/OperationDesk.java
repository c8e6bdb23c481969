package dev.sluice.server.admin;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the doors hand in operations and get their outcome later: a few threads and a short queue in front of
 * {@link Administration}. What only looks has threads of its own, so that it is answered while a drain or a switchover
 * takes its time. Thread-safe: its executors are.
 */
public final class OperationDesk implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(OperationDesk.class);
    private static final String FULL = "too many operations wait already, or Sluice is stopping; try again";
    private static final int LOOKING_THREADS = 2;
    private static final int LOOKING_WAITING_MAX = 64;
    private static final int CHANGING_THREADS = 8;
    private static final int CHANGING_WAITING_MAX = 16;
    private static final long THREAD_IDLE_SECONDS = 30;

    private final Administration administration;
    private final ThreadPoolExecutor looking;
    private final ThreadPoolExecutor changing;

    /** What became of an operation. */
    public sealed interface Outcome {
        /**
         * It was carried out. Immutable.
         *
         * @param configVersion the version of the configuration when the operation began
         */
        record Done(ResultTable table, long configVersion) implements Outcome {}

        /** It was not. Immutable. */
        record Refused(Refusal refusal, String message) implements Outcome {}
    }

    /** A desk in front of an administration. */
    public OperationDesk(Administration administration) {
        this.administration = administration;
        this.looking = pool("sluice-admin-show", LOOKING_THREADS, LOOKING_WAITING_MAX);
        this.changing = pool("sluice-admin-change", CHANGING_THREADS, CHANGING_WAITING_MAX);
    }

    private static ThreadPoolExecutor pool(String name, int threads, int waitingMax) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads,
                threads,
                THREAD_IDLE_SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(waitingMax),
                new DefaultThreadFactory(name, true));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** Takes an operation. The outcome is given once, on a thread of the desk, or on this one if the desk is full. */
    public void submit(Operation operation, Administration.Caller caller, Consumer<Outcome> outcome) {
        try {
            (operation.isChange() ? changing : looking).execute(() -> deliver(run(operation, caller), outcome));
        } catch (RejectedExecutionException e) {
            AuditLog.refused(operation, caller, Refusal.BUSY, FULL);
            outcome.accept(new Outcome.Refused(Refusal.BUSY, FULL));
        }
    }

    /** The door may have been closed while the operation ran; then nobody is left to hear. */
    private static void deliver(Outcome result, Consumer<Outcome> outcome) {
        try {
            outcome.accept(result);
        } catch (RejectedExecutionException e) {
            LOGGER.debug("a door was closed before its operation ended", e);
        }
    }

    private Outcome run(Operation operation, Administration.Caller caller) {
        try {
            long version = administration.configVersion();
            ResultTable table = administration.run(
                    operation,
                    caller,
                    what -> LOGGER.atInfo()
                            .addKeyValue("operation", name(operation))
                            .addKeyValue("author", caller.author())
                            .log(what));
            return new Outcome.Done(table, version);
        } catch (OperationException e) {
            return new Outcome.Refused(Refusal.of(e.kind()), String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome.Refused(Refusal.FAILED, "Sluice is stopping");
        } catch (RuntimeException e) {
            LOGGER.atError()
                    .addKeyValue("operation", name(operation))
                    .addKeyValue("author", caller.author())
                    .setCause(e)
                    .log("an operation ended in an error that should be impossible");
            return new Outcome.Refused(Refusal.FAILED, "an internal error, which is in the log: " + e.getMessage());
        }
    }

    /** Without what was said: it may be the text of a statement. */
    private static String name(Operation operation) {
        return operation.getClass().getSimpleName();
    }

    /** Interrupts what runs and takes nothing more. */
    @Override
    public void close() {
        looking.shutdownNow();
        changing.shutdownNow();
    }
}
