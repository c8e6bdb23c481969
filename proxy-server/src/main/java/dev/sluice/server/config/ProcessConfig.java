package dev.sluice.server.config;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * The keys of the file's top level that concern the process as a whole. Immutable.
 *
 * @param serverVersion version string of the greeting; if absent, the primary's
 * @param eventLoops threads that serve connections; 0 means one for each processor
 * @param transport how the sockets are driven
 * @param stateDir directory for generated keys and certificates
 */
public record ProcessConfig(Optional<String> serverVersion, int eventLoops, Transport transport, Path stateDir) {
    /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
    public ProcessConfig {
        Objects.requireNonNull(transport, "transport");
        Objects.requireNonNull(stateDir, "stateDir");
        serverVersion.ifPresent(ConfigKeys.SERVER_VERSION::require);
        ConfigKeys.EVENT_LOOPS.require(eventLoops);
    }

    /** The defaults, with the given state directory. */
    public static ProcessConfig defaults(Path stateDir) {
        return new ProcessConfig(
                Optional.empty(), ConfigKeys.EVENT_LOOPS.defaultValue(), ConfigKeys.TRANSPORT.defaultValue(), stateDir);
    }

    /** The number of threads that {@link #eventLoops()} stands for on this machine; at least 1. */
    public int effectiveEventLoops() {
        return eventLoops > 0 ? eventLoops : Runtime.getRuntime().availableProcessors();
    }
}
