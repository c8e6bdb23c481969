package dev.sluice.server.backend;

/** The owner of a connection that nobody uses: it is being reset, or has only proved a credential. Immutable. */
public enum IgnoringOwner implements BackendConnection.Owner {
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

    @Override
    public void backendWanted(BackendConnection connection) {
        // It goes back at once, or as soon as it is reset.
    }

    @Override
    public void backendSilent(BackendConnection connection) {
        // It ends by itself, or is not waited for.
    }
}
