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
import org.jspecify.annotations.Nullable;

/**
 * What is accepted from servers, and what is shown to them. With an authority a server's certificate must lead to it, and
 * must name the server's host if that is wanted; the certificates that MySQL makes for itself name none. Without an
 * authority every certificate is accepted, as MySQL clients do unless told otherwise: that hides the traffic from those
 * who listen, not from those who interfere. Immutable.
 */
public final class BackendTls {
    static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");
    /** The rules by which names are compared: those of HTTPS are everybody's. */
    private static final String COMPARE_NAMES = "HTTPS";

    private final TlsConfig.Backend config;
    private final List<X509Certificate> authorities;
    private final @Nullable Identity identity;
    private final Optional<SslContext> sslContext;

    private BackendTls(
            TlsConfig.Backend config,
            List<X509Certificate> authorities,
            @Nullable Identity identity,
            Optional<SslContext> sslContext) {
        this.config = config;
        this.authorities = List.copyOf(authorities);
        this.identity = identity;
        this.sslContext = sslContext;
    }

    /**
     * Loads the authorities, the certificate and its key.
     *
     * @throws TlsException if a file is missing or unreadable, all authorities have expired, or the certificate cannot serve
     */
    public static BackendTls load(TlsConfig config) throws TlsException {
        return load(config.backend(), InstantSource.system());
    }

    static BackendTls load(TlsConfig.Backend config, InstantSource clock) throws TlsException {
        if (config.mode() == TlsMode.OFF) {
            return new BackendTls(config, List.of(), null, Optional.empty());
        }
        // Netty compares host names unless the algorithm is taken away.
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .protocols(PROTOCOLS)
                .endpointIdentificationAlgorithm(config.verifyIdentity() ? COMPARE_NAMES : null);
        List<X509Certificate> authorities = List.of();
        if (config.ca().isPresent()) {
            authorities = authorities(config.ca().orElseThrow(), clock);
            builder.trustManager(authorities.toArray(X509Certificate[]::new));
        } else {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        }
        Identity identity = null;
        if (config.identity().isPresent()) {
            identity = Identity.load(config.identity().orElseThrow(), clock.instant());
            builder.keyManager(identity.key(), identity.chainArray());
        }
        try {
            return new BackendTls(config, authorities, identity, Optional.of(builder.build()));
        } catch (SSLException e) {
            throw new TlsException("tls.backend cannot be used: " + e.getMessage(), e);
        }
    }

    /** Whether connections to servers are encrypted where possible, always or never. */
    public TlsMode mode() {
        return config.mode();
    }

    /** The context for connections to servers; empty if TLS is off. */
    public Optional<SslContext> sslContext() {
        return sslContext;
    }

    TlsConfig.Backend config() {
        return config;
    }

    /** Those that servers' certificates must lead to; empty if any is accepted. */
    List<X509Certificate> authorities() {
        return authorities;
    }

    /** What is shown to servers, or null. */
    @Nullable
    Identity identity() {
        return identity;
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
