package dev.sluice.router.topology;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who replicates from whom, by the observations of one moment. Immutable. */
final class ReplicationGraph {
    /** Metadata may name more servers than anybody wants to read about. */
    private static final int DISCOVERED_MAX = Topology.ORDINAL_MAX + 1;

    private final List<BackendObservation> observations;

    ReplicationGraph(List<BackendObservation> observations) {
        this.observations = observations;
    }

    boolean followsConfiguredBackend(BackendObservation server) {
        return server.channels().stream()
                .anyMatch(channel -> channel.isFollowing() && sourceOf(channel, server) != null);
    }

    boolean follows(BackendObservation server, BackendObservation source) {
        return server.channels().stream().anyMatch(channel -> channel.isFollowing() && channel.isFrom(source));
    }

    /** Whether the server and its source follow each other, so that following does not make it a replica. */
    boolean isFollowedByItsSource(BackendObservation server) {
        for (ReplicationChannel channel : server.channels()) {
            BackendObservation source = sourceOf(channel, server);
            if (source != null && source.channels().stream().anyMatch(back -> back.isFrom(server))) {
                return true;
            }
        }
        return false;
    }

    @Nullable
    BackendObservation sourceOf(ReplicationChannel channel, BackendObservation follower) {
        for (BackendObservation candidate : observations) {
            if (candidate.ordinal() != follower.ordinal() && channel.isFrom(candidate)) {
                return candidate;
            }
        }
        return null;
    }

    /**
     * Lag behind the primary; null if it is unknown: by what the server says of its whole chain of sources, or by the
     * heartbeat, and not less than by its position.
     */
    @Nullable
    Duration lag(BackendObservation server, @Nullable BackendObservation primary) {
        if (server.health() != Health.ONLINE || server.isOutOfStep()) {
            return null;
        }
        MeasuredLag measured = server.cluster().measured();
        Duration told;
        if (primary != null && server.isInGroupOf(primary)) {
            // A member in step has received everything; what it has not applied yet shows in its position.
            told = Duration.ZERO;
        } else if (measured.byHeartbeat() != null && isIntact(server, primary, observations.size())) {
            told = measured.byHeartbeat();
        } else {
            told = lagOfChain(server, primary, observations.size());
        }
        if (told == null || measured.byPosition() == null) {
            return told;
        }
        return told.compareTo(measured.byPosition()) >= 0 ? told : measured.byPosition();
    }

    /** Whether every channel up to the primary is at work; a heartbeat says little about what will come next without that. */
    private boolean isIntact(BackendObservation server, @Nullable BackendObservation primary, int depth) {
        for (ReplicationChannel channel : server.channels()) {
            BackendObservation source = sourceOf(channel, server);
            boolean passedOn = primary == null
                    || source == null
                    || source.ordinal() == primary.ordinal()
                    || source.isInGroupOf(primary)
                    || (source.health() == Health.ONLINE
                            && !source.channels().isEmpty()
                            && depth > 0
                            && isIntact(source, primary, depth - 1));
            if (channel.isBroken() || !passedOn) {
                return false;
            }
        }
        return true;
    }

    /** {@code depth} ends circles. */
    private @Nullable Duration lagOfChain(BackendObservation server, @Nullable BackendObservation primary, int depth) {
        if (server.health() != Health.ONLINE || server.channels().isEmpty() || depth == 0) {
            return null;
        }
        Duration worst = Duration.ZERO;
        for (ReplicationChannel channel : server.channels()) {
            Duration behind = channel.isBroken() ? null : channel.behind();
            BackendObservation source = sourceOf(channel, server);
            if (behind != null && primary != null && source != null && source.ordinal() != primary.ordinal()) {
                Duration above = source.isInGroupOf(primary) ? Duration.ZERO : lagOfChain(source, primary, depth - 1);
                behind = above == null ? null : behind.plus(above);
            }
            if (behind == null) {
                return null;
            }
            worst = behind.compareTo(worst) > 0 ? behind : worst;
        }
        return worst;
    }

    /** One sentence on what is wrong with the replication of a server that is not the primary; null if nothing is. */
    @Nullable
    String problem(BackendObservation server, @Nullable BackendObservation primary) {
        if (server.isOutOfStep()) {
            return "is not in step with its group";
        }
        for (ReplicationChannel channel : server.channels()) {
            if (channel.error() != null) {
                return "replication error: " + channel.error();
            }
            if (channel.isBroken()) {
                return "replication is stopped";
            }
            BackendObservation source = sourceOf(channel, server);
            if (primary != null
                    && source != null
                    && source.ordinal() != primary.ordinal()
                    && !source.isInGroupOf(primary)
                    && lagOfChain(source, primary, observations.size()) == null) {
                return "replicates from " + source.address() + ", which does not follow the primary";
            }
        }
        boolean alone = server.channels().isEmpty() && server.cluster().group() == null;
        return alone && server.readOnly() ? "read-only, but does not replicate" : null;
    }

    /** Servers that are named by backends and are none of them, each once. */
    List<DiscoveredServer> discovered() {
        Map<BackendAddress, DiscoveredServer> found = new LinkedHashMap<>();
        for (BackendObservation server : observations) {
            for (Peer peer : peers(server)) {
                BackendAddress address = peer.address();
                if (address != null
                        && found.size() < DISCOVERED_MAX
                        && observations.stream().noneMatch(peer::is)) {
                    found.putIfAbsent(address, new DiscoveredServer(address, peer.relation(), server.address()));
                }
            }
        }
        return List.copyOf(found.values());
    }

    /** Bit mask over ordinals of the servers that another one names, or that follow another one. */
    long named() {
        long named = 0;
        for (BackendObservation server : observations) {
            if (followsConfiguredBackend(server)) {
                named |= 1L << server.ordinal();
            }
            for (Peer peer : peers(server)) {
                for (BackendObservation other : observations) {
                    named |= other.ordinal() != server.ordinal() && peer.is(other) ? 1L << other.ordinal() : 0;
                }
            }
        }
        return named;
    }

    private static List<Peer> peers(BackendObservation server) {
        List<Peer> peers = new ArrayList<>(server.cluster().peers());
        server.channels().forEach(channel -> peers.add(channel.source()));
        return peers;
    }
}
