package dev.sluice.router.topology;

import org.jspecify.annotations.Nullable;

/**
 * Another server as one server's metadata name it. Immutable.
 *
 * @param host where it listens, as it reports itself
 * @param port the port
 * @param serverId its server id; 0 if not told
 * @param serverUuid its UUID; null if not told
 * @param relation what it is to the server that names it
 */
public record Peer(
        String host, int port, long serverId, @Nullable String serverUuid, DiscoveredServer.Relation relation) {
    /** Where it listens; null if it does not report what could be an address. */
    @Nullable
    BackendAddress address() {
        try {
            return new BackendAddress(host, port);
        } catch (IllegalArgumentException e) {
            // Without report_host a replica names no host, and a file-based one may hold anything: it cannot be shown.
            return null;
        }
    }

    /** Whether that backend is this server: by UUID, else by server id, else by address. */
    boolean is(BackendObservation candidate) {
        ServerFacts facts = candidate.facts();
        if (facts != null) {
            if (serverUuid != null && facts.serverUuid() != null) {
                return serverUuid.equalsIgnoreCase(facts.serverUuid());
            }
            if (serverId != 0 && serverId == facts.serverId()) {
                return true;
            }
        }
        return port == candidate.address().port()
                && host.equalsIgnoreCase(candidate.address().host());
    }
}
