package dev.sluice.server.cli;

import dev.sluice.server.config.HostPort;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What was found at one backend. Immutable.
 *
 * @param address the backend
 * @param failure why nothing could be found out; empty if it answered
 * @param facts what it answered
 * @param missing grants that the monitor account lacks
 */
record BackendReport(HostPort address, Optional<String> failure, Optional<Facts> facts, Set<MonitorGrant> missing) {
    BackendReport {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(failure, "failure");
        Objects.requireNonNull(facts, "facts");
        missing = Set.copyOf(missing);
    }

    static BackendReport unreachable(HostPort address, String failure) {
        return new BackendReport(address, Optional.of(failure), Optional.empty(), Set.of());
    }

    /** Whether it takes writes; false if unknown. */
    boolean writable() {
        return facts.isPresent() && !facts.orElseThrow().readOnly();
    }

    /**
     * Variables and replication status of a server. Immutable.
     *
     * @param version as the server prints it
     * @param serverId {@code server_id}
     * @param readOnly {@code read_only} or {@code super_read_only}
     * @param gtidMode {@code gtid_mode}, or {@code MariaDB}, which always has them
     * @param replication empty if it does not replicate or that is not visible
     */
    record Facts(String version, long serverId, boolean readOnly, String gtidMode, Optional<Replication> replication) {
        /** The role that follows from it. */
        String role() {
            if (replication.isPresent()) {
                return readOnly ? "replica" : "writable replica";
            }
            return readOnly ? "read-only" : "primary";
        }
    }

    /**
     * Replication as a replica sees it. Immutable.
     *
     * @param source where it replicates from
     * @param running whether both of its threads run
     * @param lag behind the source; empty if unknown
     */
    record Replication(String source, boolean running, Optional<Duration> lag) {}
}
