package dev.sluice.server.tls;

import dev.sluice.server.config.TlsConfig;
import dev.sluice.server.config.TlsMode;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAPublicKeySpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * What is shown to clients: the TLS context and the RSA key pair by which {@code caching_sha2_password} encrypts a
 * password on a connection without TLS. Without a configured certificate both are made at the first start in the state
 * directory, {@code tls/ca.pem} being what a client may verify against, and reused later. Immutable.
 */
public final class FrontendTls {
    private final TlsMode mode;
    private final Optional<SslContext> sslContext;
    private final KeyPair rsaKeyPair;

    private FrontendTls(TlsMode mode, Optional<SslContext> sslContext, KeyPair rsaKeyPair) {
        this.mode = mode;
        this.sslContext = sslContext;
        this.rsaKeyPair = rsaKeyPair;
    }

    /**
     * Loads or makes the certificate and the keys.
     *
     * @throws TlsException if a file is missing, unreadable or expired, or a key does not match its certificate
     */
    public static FrontendTls load(TlsConfig config, Path stateDir) throws TlsException {
        return load(config.frontend(), stateDir, InstantSource.system());
    }

    static FrontendTls load(TlsConfig.Frontend config, Path stateDir, InstantSource clock) throws TlsException {
        KeyPair rsaKeyPair = passwordKeys(stateDir.resolve("rsa"));
        if (config.mode() == TlsMode.OFF) {
            return new FrontendTls(config.mode(), Optional.empty(), rsaKeyPair);
        }
        TlsConfig.PemIdentity identity = config.identity().isPresent()
                ? config.identity().orElseThrow()
                : selfSigned(stateDir.resolve("tls"), clock);
        return new FrontendTls(config.mode(), Optional.of(context(identity, clock.instant())), rsaKeyPair);
    }

    /**
     * Checks a configured certificate and key without making anything; does nothing if none are configured.
     *
     * @throws TlsException as {@link #load} does
     */
    public static void verifyConfigured(TlsConfig config) throws TlsException {
        if (config.frontend().mode() != TlsMode.OFF
                && config.frontend().identity().isPresent()) {
            context(config.frontend().identity().orElseThrow(), Instant.now());
        }
    }

    /** Whether clients may or must encrypt. */
    public TlsMode mode() {
        return mode;
    }

    /** The context for connections of clients; empty if TLS is off. */
    public Optional<SslContext> sslContext() {
        return sslContext;
    }

    /** The pair by which clients encrypt passwords where there is no TLS. */
    public KeyPair rsaKeyPair() {
        return rsaKeyPair;
    }

    private static TlsConfig.PemIdentity selfSigned(Path directory, InstantSource clock) throws TlsException {
        GeneratedFiles.makeOnce(directory, () -> SelfSigned.identity(clock.instant()));
        return new TlsConfig.PemIdentity(directory.resolve("server-cert.pem"), directory.resolve("server-key.pem"));
    }

    private static SslContext context(TlsConfig.PemIdentity identity, Instant now) throws TlsException {
        List<X509Certificate> chain = PemFiles.certificates(identity.cert());
        PrivateKey key = PemFiles.privateKey(identity.key());
        CertificateCheck.requireMatch(identity.key(), key, identity.cert(), chain.get(0));
        for (X509Certificate certificate : chain) {
            CertificateCheck.requireValid(identity.cert(), certificate, now);
        }
        try {
            return SslContextBuilder.forServer(key, chain.toArray(X509Certificate[]::new))
                    .sslProvider(SslProvider.JDK)
                    .protocols(BackendTls.PROTOCOLS)
                    .build();
        } catch (SSLException e) {
            throw new TlsException(identity.cert() + " cannot be used for TLS: " + e.getMessage(), e);
        }
    }

    /** The public half follows from the private one, so the two cannot disagree; its file is for clients to copy. */
    private static KeyPair passwordKeys(Path directory) throws TlsException {
        GeneratedFiles.makeOnce(directory, SelfSigned::passwordKeys);
        Path file = directory.resolve("private_key.pem");
        if (!(PemFiles.privateKey(file) instanceof RSAPrivateCrtKey key)) {
            throw new TlsException(file + " is not an RSA key; remove " + directory + " and new ones are made");
        }
        try {
            RSAPublicKeySpec publicHalf = new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent());
            return new KeyPair(KeyFactory.getInstance("RSA").generatePublic(publicHalf), key);
        } catch (GeneralSecurityException e) {
            throw new TlsException(file + " has no usable public half: " + e.getMessage(), e);
        }
    }
}
