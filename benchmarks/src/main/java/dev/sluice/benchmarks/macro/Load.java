package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import java.time.Duration;

/** Clients that send queries as fast as they are answered. Confined to the main thread. */
interface Load {
    /**
     * Runs once and returns when all clients have disconnected.
     *
     * @param warmUp time in which the clients work but are not measured
     * @param measured time in which they are
     * @param window told when the measured time begins and ends
     * @throws CommandFailure if a client gets an error
     */
    LoadResult run(Target target, int connections, Duration warmUp, Duration measured, Window window)
            throws CommandFailure, InterruptedException;

    /** Whether its clients encrypt; if not, targets that are to be reached with TLS are left out. */
    default boolean speaksTls() {
        return false;
    }

    /** Told about the measured time, so that what else is measured covers the same time. Confined to the main thread. */
    interface Window {
        /** The clients are connected and the measured time begins. */
        void opened() throws CommandFailure;

        /** The measured time has ended. */
        void closed() throws CommandFailure;
    }
}
