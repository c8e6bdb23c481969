package dev.sluice.server.backend;

/** Learns what becomes of an attempt to open a backend connection. Confined to the session's event loop. */
public interface ConnectListener {
    /** The login succeeded. */
    void connected(BackendConnection connection);

    /** There will be no connection. */
    void failed(BackendFailure failure);

    /**
     * The connection has ended on both sides, or was never made: its place on the server is free again. Called once, after
     * {@link #connected} or about the time of {@link #failed}.
     */
    void gone();
}
