package dev.sluice.server.backend;

import dev.sluice.server.auth.Credential;

/** Someone who asked a pool for a connection. Confined to the session's event loop. */
public interface Borrower {
    /** The connection is leased to this borrower now. */
    void acquired(BackendConnection connection);

    /** A connection is being opened for it, which a server that does not answer can make take long. */
    default void connecting() {}

    /** No connection could be had. */
    void acquireFailed(BackendFailure failure);

    /** Who holds the lease when the connection has been acquired. */
    BackendConnection.Owner owner();

    /** Who logs in if a connection has to be opened. */
    Credential credential();

    /** Whether the borrower still wants a connection; a client may have gone while it waited. */
    boolean isWaiting();

    /** The memory in bytes that it holds while it waits, for the bound of all that wait. */
    default int retainedBytes() {
        return 0;
    }
}
