package dev.sluice.server.backend;

import dev.sluice.protocol.Capabilities;
import dev.sluice.server.auth.LoginName;

/**
 * What makes backend connections interchangeable apart from their state: the backend, whom the server has let in, and every
 * client capability that changes what the server does or sends. Immutable.
 *
 * @param backendOrdinal the backend's ordinal in the topology
 * @param name who has logged in; with the client's address, if the server was told it
 * @param capabilities the relevant capability bits of the client, see {@link #relevant(int)}
 */
public record PoolKey(int backendOrdinal, LoginName name, int capabilities) {
    private static final int RELEVANT = Capabilities.CLIENT_FOUND_ROWS
            | Capabilities.CLIENT_IGNORE_SPACE
            | Capabilities.CLIENT_INTERACTIVE
            | Capabilities.CLIENT_LOCAL_FILES
            | Capabilities.CLIENT_MULTI_RESULTS
            | Capabilities.CLIENT_NO_SCHEMA
            | Capabilities.CLIENT_PS_MULTI_RESULTS
            | Capabilities.CLIENT_ODBC
            | Capabilities.CLIENT_OPTIONAL_RESULTSET_METADATA
            | Capabilities.CLIENT_QUERY_ATTRIBUTES;

    /** The user name. */
    public String user() {
        return name.user();
    }

    /** The bits of a client's capabilities that its backend connections must have too. */
    public static int relevant(int clientCapabilities) {
        return clientCapabilities & RELEVANT;
    }
}
