package dev.sluice.server.cli;

import dev.sluice.server.config.BackendConfig;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.tls.TlsException;

/** Looks at one backend with the monitor account. Thread-safe: called for several backends at once. */
@FunctionalInterface
interface BackendInspector {
    /**
     * Connects and asks; a server that cannot be reached is a report, too.
     *
     * @throws TlsException if the configured authorities cannot be used
     */
    BackendReport inspect(BackendConfig backend, SluiceConfig config) throws TlsException;
}
