package dev.sluice.server.demo;

import java.nio.file.Path;

/**
 * The way to start Sluice from a configuration file.
 *
 * <p>Thread-safe: called once, from one thread.
 */
@FunctionalInterface
public interface ProxyStarter {
    /**
     * Starts Sluice and returns when it accepts clients.
     *
     * @throws Exception with a message for the user when it does not start; nothing of it runs then
     */
    ProxyUnderDemo start(Path configurationFile) throws Exception;
}
