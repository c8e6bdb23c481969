package dev.sluice.server.backend;

import dev.sluice.router.session.StateVector;
import io.netty.channel.Channel;

/** Backend connections that have logged in without a server, for benchmarks. Thread-safe: a function without state. */
public final class EmbeddedBackends {
    private EmbeddedBackends() {}

    /** A connection over that channel; its server agreed on the capabilities. */
    public static BackendConnection open(Channel channel, PoolKey key, int capabilities, long nowNanos) {
        BackendConnection connection = new BackendConnection(channel, key, 1, StateVector.empty(), nowNanos);
        connection.capabilities(capabilities);
        channel.pipeline().addLast("backend", new BackendHandler(connection));
        return connection;
    }
}
