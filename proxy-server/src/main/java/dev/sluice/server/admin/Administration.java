package dev.sluice.server.admin;

import java.util.Locale;
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
     * @param door by which he came
     * @param from where he is: an address with its port, or what stands for one
     * @param expectedVersion the version of the configuration that a change was made for; null for whatever it is now
     */
    record Caller(
            String author, Door door, String from, @Nullable Long expectedVersion) {
        /** Somebody within this process. */
        public Caller(String author, @Nullable Long expectedVersion) {
            this(author, Door.PROCESS, "this process", expectedVersion);
        }
    }

    /** The ways in. */
    enum Door {
        ADMIN_PORT,
        API,
        /** Of the operating system. */
        SIGNAL,
        /** The configuration file has changed. */
        FILE_WATCH,
        /** What runs in this process itself. */
        PROCESS;

        /** The name in logs. */
        String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

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
