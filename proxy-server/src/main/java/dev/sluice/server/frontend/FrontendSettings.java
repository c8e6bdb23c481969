package dev.sluice.server.frontend;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How clients are received. Immutable.
 *
 * @param admission counts connections
 * @param tls the server context, or null when TLS is off
 * @param tlsRequired whether clients without TLS are refused
 * @param compression the capability flags of the compression that is offered; 0 for none
 * @param connectPhaseTimeout from accept to the end of the login
 */
public record FrontendSettings(
        Admission admission,
        @Nullable SslContext tls,
        boolean tlsRequired,
        int compression,
        Duration connectPhaseTimeout) {
    /** The limit on client connections. */
    @FunctionalInterface
    public interface Admission {
        /** Counts a connection until its channel closes; false when the limit is reached. */
        boolean tryEnter(Channel channel);
    }
}
