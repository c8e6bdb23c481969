package dev.sluice.server.monitor;

import dev.sluice.router.topology.GroupMembership;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Peer;
import dev.sluice.router.topology.ReplicationChannel;
import dev.sluice.router.topology.ServerFacts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one probe read from one server. Immutable.
 *
 * @param readOnly whether the server refuses writes of ordinary accounts
 * @param channels its replication channels
 * @param executed what it has executed
 * @param ceiling what it may have shown to anybody before it was asked; unknown if it cannot tell
 * @param facts what it says about itself
 * @param degradation what the monitor account may not see, and what is lost by that; null if it sees everything
 * @param others what it knows beyond itself
 */
public record ProbeReading(
        boolean readOnly,
        List<ReplicationChannel> channels,
        GtidPosition executed,
        GtidPosition ceiling,
        ServerFacts facts,
        @Nullable String degradation,
        Others others) {
    /**
     * What a server knows beyond itself. Immutable.
     *
     * @param group its place in a group; null if it is in none
     * @param peers the servers it names, sources of its channels aside
     * @param heartbeatMillis the heartbeat it has; null if there is none
     */
    public record Others(
            @Nullable GroupMembership group,
            List<Peer> peers,
            @Nullable Long heartbeatMillis) {
        /** Nothing. */
        public static final Others NONE = new Others(null, List.of(), null);

        /** Copies the list. */
        public Others {
            peers = List.copyOf(peers);
        }
    }

    ProbeReading withGroup(GroupMembership group, List<Peer> members) {
        List<Peer> peers = new ArrayList<>(others.peers());
        peers.addAll(members);
        return new ProbeReading(
                readOnly,
                channels,
                executed,
                ceiling,
                facts,
                degradation,
                new Others(group, peers, others.heartbeatMillis()));
    }

    /** Without a position, for servers whose positions cannot be compared with those of others. */
    ProbeReading withoutPosition() {
        ServerFacts silent = new ServerFacts(
                facts.version(),
                facts.flavor(),
                facts.serverId(),
                facts.serverUuid(),
                facts.defaultCollationId(),
                facts.sqlMode(),
                false,
                facts.preparedStatementsMax());
        return new ProbeReading(
                readOnly, channels, GtidPosition.UNKNOWN, GtidPosition.UNKNOWN, silent, degradation, others);
    }
}
