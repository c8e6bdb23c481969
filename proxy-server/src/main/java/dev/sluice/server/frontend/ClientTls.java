package dev.sluice.server.frontend;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** What TLS knows of a client. Functions on the session's event loop. Immutable. */
final class ClientTls {
    private ClientTls() {}

    /** Whether a handshake has begun and not ended. */
    static boolean isHandshaking(@Nullable ChannelPipeline pipeline) {
        SslHandler tls = pipeline == null ? null : pipeline.get(SslHandler.class);
        return tls != null && !tls.handshakeFuture().isDone();
    }

    /** Whether the client has shown a certificate: one that could not be verified has ended the handshake. */
    static boolean isCertified(ChannelPipeline pipeline) {
        SslHandler tls = pipeline.get(SslHandler.class);
        if (tls == null || !tls.handshakeFuture().isSuccess()) {
            return false;
        }
        try {
            return tls.engine().getSession().getPeerCertificates().length > 0;
        } catch (SSLPeerUnverifiedException e) {
            // It was not asked, or had none.
            return false;
        }
    }
}
