package dev.sluice.benchmarks.macro;

import dev.sluice.server.config.HostPort;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * The database servers behind everything that is measured. Immutable.
 *
 * @param application the account of the clients
 * @param sysbench the account of sysbench, whose client library does not know every way to log in
 * @param monitor the account by which Sluice watches the servers
 * @param database where the table is made
 */
record Servers(
        HostPort primary, List<HostPort> replicas, Login application, Login sysbench, Login monitor, String database) {
    /** The name of the clients' way without a proxy. */
    static final String DIRECT = "direct";

    Servers {
        replicas = List.copyOf(replicas);
    }

    /** All of them, the primary first. */
    List<HostPort> all() {
        List<HostPort> all = new ArrayList<>(List.of(primary));
        all.addAll(replicas);
        return all;
    }

    /** The primary and as many replicas as are needed for so many servers. */
    Servers first(int servers) {
        return new Servers(primary, replicas.subList(0, servers - 1), application, sysbench, monitor, database);
    }

    /** Who serves reads: the replicas, or the primary where there are none. */
    List<HostPort> readers() {
        return replicas.isEmpty() ? List.of(primary) : replicas;
    }

    /** How clients connect. */
    Jdbc jdbc() {
        return new Jdbc(application, database);
    }

    /** The clients' way without a proxy. */
    Target direct() {
        return new Target(DIRECT, readers(), List.of(primary), OptionalLong.empty());
    }
}
