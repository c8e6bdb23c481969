package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

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
    /** A relay that looks at nothing, as a target, when clients can log in at both of its ports. */
    Target relay(String name, Jdbc jdbc, Launcher launcher) throws CommandFailure {
        process.awaitLogin(jdbc, reads);
        process.awaitLogin(jdbc, writes);
        return new Target(
                name, List.of(reads), List.of(writes), OptionalLong.of(process.pid()), false, Optional.of(launcher));
    }

    @Override
    public void close() {
        process.close();
    }
}
