package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Everything that must not outlive a run, closed in the reverse order, at the end or by a signal, once. Thread-safe: by its
 * monitor.
 */
final class CleanupStack implements AutoCloseable {
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final Thread shutdownHook = new Thread(this::closeResources, "bench-shutdown");
    private boolean closed;

    /** Closes its resources when the JVM ends, too. */
    static CleanupStack register() {
        CleanupStack stack = new CleanupStack();
        Runtime.getRuntime().addShutdownHook(stack.shutdownHook);
        return stack;
    }

    /**
     * Takes over a resource.
     *
     * @throws CommandFailure if the run was stopped meanwhile; the resource is closed then
     */
    synchronized <T extends AutoCloseable> T push(T resource) throws CommandFailure {
        resources.push(resource);
        if (closed) {
            closeResources();
            throw new CommandFailure("stopped by a signal");
        }
        return resource;
    }

    /** Whether a signal has stopped the run, so that errors of clients mean nothing. */
    synchronized boolean isClosed() {
        return closed;
    }

    private synchronized void closeResources() {
        closed = true;
        while (!resources.isEmpty()) {
            AutoCloseable resource = resources.pop();
            try {
                resource.close();
            } catch (Exception e) {
                // The others have to be closed all the same.
                System.err.println("bench: could not clean up: " + e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        closeResources();
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException shuttingDown) {
            // The hook runs or has run; there is nothing left to close either way.
            assert isClosed();
        }
    }
}
