package dev.sluice.server.backend;

import dev.sluice.protocol.Capabilities;

/**
 * What makes backend connections interchangeable apart from their state: the backend, the user, and every client
 * capability that changes what the server does or sends. Immutable.
 *
 * @param backendOrdinal the backend's ordinal in the topology
 * @param user the account's user name
 * @param capabilities the relevant capability bits of the client, see {@link #relevant(int)}
 */
public record PoolKey(int backendOrdinal, String user, int capabilities) {
    private static final int RELEVANT = Capabilities.CLIENT_FOUND_ROWS
            | Capabilities.CLIENT_IGNORE_SPACE
            | Capabilities.CLIENT_INTERACTIVE
            | Capabilities.CLIENT_LOCAL_FILES
            | Capabilities.CLIENT_MULTI_RESULTS
            | Capabilities.CLIENT_PS_MULTI_RESULTS
            | Capabilities.CLIENT_ODBC
            | Capabilities.CLIENT_OPTIONAL_RESULTSET_METADATA
            | Capabilities.CLIENT_QUERY_ATTRIBUTES;

    /** The bits of a client's capabilities that its backend connections must have too. */
    public static int relevant(int clientCapabilities) {
        return clientCapabilities & RELEVANT;
    }
}
