package dev.sluice.router.topology;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One replication channel of a server, a row of SHOW REPLICA STATUS. Immutable.
 *
 * @param sourceHost the host it replicates from, as that server knows it
 * @param sourcePort the port it replicates from
 * @param sourceServerId the server id of the source; 0 if it never connected
 * @param sourceUuid the UUID of the source; null if it never connected or has none
 * @param receiver state of the thread that fetches events
 * @param applierRunning whether the thread that applies events runs
 * @param behind what the server says about its lag; null if it does not know
 * @param error the last error of either thread; null if there is none
 */
public record ReplicationChannel(
        String sourceHost,
        int sourcePort,
        long sourceServerId,
        @Nullable String sourceUuid,
        Receiver receiver,
        boolean applierRunning,
        @Nullable Duration behind,
        @Nullable String error) {

    /** State of the thread that fetches events from the source. Immutable. */
    public enum Receiver {
        /** Stopped. */
        STOPPED,
        /** Started, without a connection to the source. */
        CONNECTING,
        /** Connected. */
        RUNNING
    }

    /** Whether the server would take over changes of its source, now or as soon as it can reach it. */
    public boolean isFollowing() {
        return receiver != Receiver.STOPPED || applierRunning;
    }

    /**
     * Whether it takes nothing over: a thread is stopped, or the receiver cannot connect for a reason it names. A receiver
     * that only connects again is not broken: it does so whenever its source restarts.
     */
    boolean isBroken() {
        return !applierRunning || receiver == Receiver.STOPPED || (receiver == Receiver.CONNECTING && error != null);
    }

    Peer source() {
        return new Peer(sourceHost, sourcePort, sourceServerId, sourceUuid, DiscoveredServer.Relation.SOURCE);
    }

    /** Whether the source of this channel is that backend, by UUID, else by server id and address. */
    boolean isFrom(BackendObservation candidate) {
        return source().is(candidate);
    }
}
