package dev.sluice.benchmarks.macro;

import dev.sluice.server.config.HostPort;
import java.util.Optional;

/**
 * A proxy that was started for a measurement. Confined to the main thread.
 *
 * @param process its process
 * @param reads where clients that only read connect
 * @param writes where all other clients connect; another port for proxies that do not look at statements
 * @param metrics where it tells about itself over HTTP, if it does
 */
record Launched(ProxyProcess process, HostPort reads, HostPort writes, Optional<HostPort> metrics)
        implements AutoCloseable {
    @Override
    public void close() {
        process.close();
    }
}
