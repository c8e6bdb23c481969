package dev.sluice.server.backend;

import io.netty.handler.ssl.SslContext;
import org.jspecify.annotations.Nullable;

/**
 * Whether TLS is spoken to backends. Immutable.
 *
 * @param context the client context, or null when TLS is off
 * @param required whether a backend that offers no TLS is refused
 */
public record BackendTransportSecurity(@Nullable SslContext context, boolean required) {
    /** No TLS at all. */
    public static final BackendTransportSecurity OFF = new BackendTransportSecurity(null, false);
}
