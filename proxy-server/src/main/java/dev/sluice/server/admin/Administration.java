package dev.sluice.server.admin;

import org.jspecify.annotations.Nullable;

/**
 * The one place where operations are carried out, whatever door they came through. Thread-safe: changes are carried out one
 * at a time. A call may block for as long as its operation takes; it is never made from an event loop.
 */
public interface Administration {
    /**
     * Who asks. Immutable.
     *
     * @param author the account of the door, for the history
     * @param expectedVersion the version of the configuration that a change was made for; null for whatever it is now
     */
    record Caller(String author, @Nullable Long expectedVersion) {}

    /** Learns how a long operation gets on. */
    @FunctionalInterface
    interface Progress {
        /** One sentence about what has just been done. */
        void step(String what);
    }

    /** The version of the configuration in force; grows by one with every change. */
    long configVersion();

    /**
     * Carries out an operation and returns when it is over.
     *
     * @throws OperationException if it could not be carried out; nothing has changed then, or the message says
     *     what has
     */
    ResultTable run(Operation operation, Caller caller, Progress progress)
            throws OperationException, InterruptedException;
}
