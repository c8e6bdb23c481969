package dev.sluice.server.frontend;

import io.netty.channel.Channel;

/** Frontends that have logged in without a handshake, for benchmarks. Thread-safe: a function without state. */
public final class EmbeddedFrontends {
    private EmbeddedFrontends() {}

    /** The client's end of a channel, after a handshake that agreed on these capabilities. */
    public static Frontend of(Channel channel, int capabilities) {
        Frontend frontend = new Frontend(channel, 1);
        frontend.capabilities(capabilities);
        return frontend;
    }
}
