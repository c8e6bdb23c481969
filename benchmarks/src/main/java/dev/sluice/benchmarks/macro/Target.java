package dev.sluice.benchmarks.macro;

import dev.sluice.server.config.HostPort;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One of the ways to the data that are compared. Immutable.
 *
 * @param reads where clients that only read connect, one after the other
 * @param writes where all other clients connect
 * @param pid the process whose CPU is measured
 * @param tls whether clients encrypt
 * @param launcher starts one more process of the same kind, where we can
 */
record Target(
        String name,
        List<HostPort> reads,
        List<HostPort> writes,
        OptionalLong pid,
        boolean tls,
        Optional<Launcher> launcher) {
    Target {
        reads = List.copyOf(reads);
        writes = List.copyOf(writes);
    }

    /** A way without TLS whose process, if any, was started by somebody else. */
    Target(String name, List<HostPort> reads, List<HostPort> writes, OptionalLong pid) {
        this(name, reads, writes, pid, false, Optional.empty());
    }

    /** Where the clients of that load connect. */
    List<HostPort> addresses(LoadKind load) {
        return load.readsOnly() ? reads : writes;
    }
}
