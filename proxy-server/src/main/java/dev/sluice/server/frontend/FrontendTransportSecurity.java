package dev.sluice.server.frontend;

import io.netty.handler.ssl.SslContext;
import org.jspecify.annotations.Nullable;

/**
 * Whether TLS is spoken to clients. Immutable.
 *
 * @param context the server context, or null when TLS is off
 * @param required whether clients without TLS are refused
 */
public record FrontendTransportSecurity(@Nullable SslContext context, boolean required) {
    /** No TLS at all. */
    public static final FrontendTransportSecurity OFF = new FrontendTransportSecurity(null, false);
}
