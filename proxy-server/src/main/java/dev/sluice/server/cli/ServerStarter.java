package dev.sluice.server.cli;

import dev.sluice.server.config.SluiceConfig;
import java.nio.file.Path;

/** Starts a server; the command line knows no more of it. Thread-safe: implementations keep no state. */
@FunctionalInterface
public interface ServerStarter {
    /**
     * Starts with the configuration of a file, which can be read again, and returns when clients can connect.
     *
     * @throws Exception if it cannot start; a {@link java.net.BindException} among the causes means an address is taken
     */
    Running start(SluiceConfig config, Path file) throws Exception;

    /** A server that runs. Thread-safe: every method may be called from any thread and repeatedly. */
    interface Running {
        /** Waits until everything is closed. */
        void awaitTermination() throws InterruptedException;

        /** Accepts nothing new, lets transactions end up to the configured deadline, then closes. Does not wait. */
        void drain();

        /** Reads the configuration file again. What comes of it is logged. */
        void reload();

        /** Closes everything at once. Does not wait. */
        void stopNow();
    }
}
