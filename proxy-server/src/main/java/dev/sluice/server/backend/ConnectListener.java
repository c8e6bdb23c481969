package dev.sluice.server.backend;

/** Learns how an attempt to open a backend connection ended. Called once, on the event loop of the attempt. */
public interface ConnectListener {
    /** The login succeeded. */
    void connected(BackendConnection connection);

    /** There will be no connection. */
    void failed(BackendFailure failure);
}
