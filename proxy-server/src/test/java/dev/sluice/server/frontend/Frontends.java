package dev.sluice.server.frontend;

import dev.sluice.server.admission.CountedTicket;
import dev.sluice.server.admission.Refusals;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Frontends for the tests of other packages. Thread-safe: a function without state. */
public final class Frontends {
    /** A minute for what is written, ten seconds for a login. */
    static final FrontendSettings SETTINGS = new FrontendSettings(
            any -> new CountedTicket(new AtomicInteger(), 1),
            () -> FrontendTransportSecurity.OFF,
            0,
            () -> Duration.ofSeconds(10),
            () -> Duration.ofHours(8),
            () -> Duration.ofSeconds(60),
            new Refusals(System::nanoTime));

    private Frontends() {}

    /** The client's end of a channel, after a handshake that agreed on these capabilities. */
    public static Frontend of(Channel channel, int capabilities) {
        Frontend frontend = new Frontend(channel, 1, SETTINGS);
        frontend.capabilities(capabilities);
        return frontend;
    }
}
