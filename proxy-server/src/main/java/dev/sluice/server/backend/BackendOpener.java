package dev.sluice.server.backend;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.auth.Credential;
import io.netty.channel.EventLoop;

/** Opens authenticated backend connections. Thread-safe: implementations keep nothing between two attempts. */
@FunctionalInterface
public interface BackendOpener {
    /** Opens a connection; the listener is called on {@code loop}, after this method has returned. */
    void connect(EventLoop loop, BackendAddress address, PoolKey key, Credential credential, ConnectListener listener);
}
