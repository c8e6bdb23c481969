package dev.sluice.server.frontend;

import dev.sluice.server.admission.Refusals;
import io.netty.channel.Channel;
import java.time.Duration;

/** Frontends that have logged in without a handshake, for benchmarks. Thread-safe: a function without state. */
public final class EmbeddedFrontends {
    private static final FrontendSettings SETTINGS = new FrontendSettings(
            client -> {
                throw new IllegalStateException("everybody is in already");
            },
            () -> FrontendTransportSecurity.OFF,
            0,
            () -> Duration.ofSeconds(10),
            () -> Duration.ofHours(8),
            () -> Duration.ofSeconds(60),
            new Refusals(System::nanoTime));

    private EmbeddedFrontends() {}

    /** The client's end of a channel, after a handshake that agreed on these capabilities. */
    public static Frontend of(Channel channel, int capabilities) {
        Frontend frontend = new Frontend(channel, 1, SETTINGS);
        frontend.capabilities(capabilities);
        return frontend;
    }
}
