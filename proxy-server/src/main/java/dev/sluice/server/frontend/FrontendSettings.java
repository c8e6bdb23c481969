package dev.sluice.server.frontend;

import dev.sluice.server.session.UserChange;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How clients are received. Immutable.
 *
 * @param login what a login needs
 * @param admission counts connections
 * @param tls the server context, or null when TLS is off
 * @param tlsRequired whether clients without TLS are refused
 * @param serverVersion what the greeting says instead of the primary's version
 * @param connectPhaseTimeout from accept to the end of the login
 * @param wholeBytesMax the longest command that is kept whole, in bytes
 */
public record FrontendSettings(
        UserChange.Services login,
        Admission admission,
        @Nullable SslContext tls,
        boolean tlsRequired,
        Optional<String> serverVersion,
        Duration connectPhaseTimeout,
        int wholeBytesMax) {
    /** The limit on client connections. */
    @FunctionalInterface
    public interface Admission {
        /** Counts a connection until its channel closes; false when the limit is reached. */
        boolean tryEnter(Channel channel);
    }
}
