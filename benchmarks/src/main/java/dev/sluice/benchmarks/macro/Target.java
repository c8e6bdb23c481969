package dev.sluice.benchmarks.macro;

import dev.sluice.server.config.HostPort;
import java.util.List;
import java.util.OptionalLong;

/**
 * One of the ways to the data that are compared. Immutable.
 *
 * @param reads where clients that only read connect, one after the other
 * @param writes where all other clients connect
 * @param pid the process whose CPU is measured
 */
record Target(String name, List<HostPort> reads, List<HostPort> writes, OptionalLong pid) {
    Target {
        reads = List.copyOf(reads);
        writes = List.copyOf(writes);
    }

    /** Where the clients of that load connect. */
    List<HostPort> addresses(LoadKind load) {
        return load.readsOnly() ? reads : writes;
    }
}
