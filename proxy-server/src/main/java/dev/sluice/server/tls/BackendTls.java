package dev.sluice.server.tls;

import dev.sluice.server.config.TlsConfig;
import dev.sluice.server.config.TlsMode;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * What is accepted from servers. With an authority a server's certificate must lead to it; the host name is not
 * compared, because the certificates that MySQL makes for itself carry none. Without one every certificate is accepted,
 * as MySQL clients do unless told otherwise: that hides the traffic from those who listen, not from those who
 * interfere. Immutable.
 */
public final class BackendTls {
    static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

    private final TlsMode mode;
    private final Optional<SslContext> sslContext;

    private BackendTls(TlsMode mode, Optional<SslContext> sslContext) {
        this.mode = mode;
        this.sslContext = sslContext;
    }

    /**
     * Loads the authorities.
     *
     * @throws TlsException if their file is missing or unreadable, or all of them have expired
     */
    public static BackendTls load(TlsConfig config) throws TlsException {
        return load(config.backend(), InstantSource.system());
    }

    static BackendTls load(TlsConfig.Backend config, InstantSource clock) throws TlsException {
        if (config.mode() == TlsMode.OFF) {
            return new BackendTls(config.mode(), Optional.empty());
        }
        // Netty compares host names unless the algorithm is taken away.
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .protocols(PROTOCOLS)
                .endpointIdentificationAlgorithm(null);
        if (config.ca().isPresent()) {
            builder.trustManager(authorities(config.ca().orElseThrow(), clock).toArray(X509Certificate[]::new));
        } else {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        }
        try {
            return new BackendTls(config.mode(), Optional.of(builder.build()));
        } catch (SSLException e) {
            throw new TlsException("tls.backend cannot be used: " + e.getMessage(), e);
        }
    }

    /** Whether connections to servers are encrypted where possible, always or never. */
    public TlsMode mode() {
        return mode;
    }

    /** The context for connections to servers; empty if TLS is off. */
    public Optional<SslContext> sslContext() {
        return sslContext;
    }

    /** Old authorities may stay in a bundle, so only a bundle without a valid one is refused. */
    static List<X509Certificate> authorities(Path file, InstantSource clock) throws TlsException {
        List<X509Certificate> all = PemFiles.certificates(file);
        List<X509Certificate> valid = all.stream()
                .filter(ca -> clock.instant().isBefore(ca.getNotAfter().toInstant()))
                .toList();
        if (valid.isEmpty()) {
            CertificateCheck.requireValid(file, all.get(0), clock.instant());
        }
        return valid;
    }
}
