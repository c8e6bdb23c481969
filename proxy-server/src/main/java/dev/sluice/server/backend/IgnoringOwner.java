package dev.sluice.server.backend;

/** The owner of a connection that nobody uses while it is being reset. Immutable. */
enum IgnoringOwner implements BackendConnection.Owner {
    INSTANCE;

    @Override
    public void backendReadComplete() {
        // Nothing was relayed.
    }

    @Override
    public void backendWritabilityChanged(BackendConnection connection) {
        // Two short commands are all that is written.
    }

    @Override
    public void backendClosed(BackendConnection connection, BackendFailure failure) {
        // The pool has been told by onClose.
    }
}
