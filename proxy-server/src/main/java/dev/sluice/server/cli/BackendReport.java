package dev.sluice.server.cli;

import dev.sluice.server.config.HostPort;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What was found at one backend. Immutable.
 *
 * @param address the backend
 * @param failure why nothing could be found out; empty if it answered
 * @param facts what it answered
 * @param missing grants that accounts of the configuration lack there
 */
record BackendReport(HostPort address, Optional<String> failure, Optional<Facts> facts, List<MissingGrant> missing) {
    BackendReport {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(failure, "failure");
        Objects.requireNonNull(facts, "facts");
        missing = List.copyOf(missing);
    }

    static BackendReport unreachable(HostPort address, String failure) {
        return new BackendReport(address, Optional.of(failure), Optional.empty(), List.of());
    }

    /** Whether the monitor account cannot see whether it replicates. */
    boolean hidesReplication() {
        return missing.stream().anyMatch(grant -> grant.need().replication());
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
     * @param group empty if it is in no group or that is not visible
     */
    record Facts(
            String version,
            long serverId,
            boolean readOnly,
            String gtidMode,
            Optional<Replication> replication,
            Optional<Group> group) {
        /** A server in no group. */
        Facts(String version, long serverId, boolean readOnly, String gtidMode, Optional<Replication> replication) {
            this(version, serverId, readOnly, gtidMode, replication, Optional.empty());
        }

        /** The role that follows from it. */
        String role() {
            if (group.isPresent()) {
                return group.orElseThrow().role();
            }
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

    /**
     * A group that a server is a member of. Immutable.
     *
     * @param name what tells it from other groups
     * @param role what the member is in it, for the table
     * @param inStep whether it takes part: neither joining, nor leaving, nor left behind
     */
    record Group(String name, String role, boolean inStep) {}
}
