package dev.sluice.server.tls;

import dev.sluice.server.config.TlsConfig;
import dev.sluice.server.config.TlsMode;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAPublicKeySpec;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * What is shown to clients: the TLS context and the RSA key pair by which {@code caching_sha2_password} encrypts a
 * password on a connection without TLS. Without a configured certificate both are made at the first start in the state
 * directory, {@code tls/ca.pem} being what a client may verify against, and reused later. Operators have a context of their
 * own, which asks for no certificate: their tools have none, and they must get in when something is wrong. Immutable.
 */
public final class FrontendTls {
    /** TLS 1.2 lets a client negotiate anew on one connection, as often as it likes. The JDK has one switch for all of it. */
    private static final String ONE_HANDSHAKE = "jdk.tls.rejectClientInitiatedRenegotiation";

    static {
        // Read when the first handshake as a server begins.
        if (System.getProperty(ONE_HANDSHAKE) == null) {
            System.setProperty(ONE_HANDSHAKE, "true");
        }
    }

    private final TlsMode mode;
    private final @Nullable Contexts contexts;
    private final KeyPair rsaKeyPair;

    /** One certificate for two kinds of clients. Immutable. */
    private record Contexts(
            SslContext applications, SslContext operators, Identity identity, List<X509Certificate> authorities) {}

    private FrontendTls(TlsMode mode, @Nullable Contexts contexts, KeyPair rsaKeyPair) {
        this.mode = mode;
        this.contexts = contexts;
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
            return new FrontendTls(config.mode(), null, rsaKeyPair);
        }
        TlsConfig.PemIdentity identity = config.identity().isPresent()
                ? config.identity().orElseThrow()
                : selfSigned(stateDir.resolve("tls"), clock);
        return new FrontendTls(config.mode(), contexts(config, identity, clock), rsaKeyPair);
    }

    /**
     * Checks configured files without making anything; does nothing if none are configured.
     *
     * @throws TlsException as {@link #load} does
     */
    public static void verifyConfigured(TlsConfig config) throws TlsException {
        TlsConfig.Frontend frontend = config.frontend();
        if (frontend.mode() == TlsMode.OFF) {
            return;
        }
        InstantSource clock = InstantSource.system();
        if (frontend.identity().isPresent()) {
            Contexts unused = contexts(frontend, frontend.identity().orElseThrow(), clock);
        } else if (frontend.clientCa().isPresent()) {
            List<X509Certificate> unused =
                    BackendTls.authorities(frontend.clientCa().orElseThrow(), clock);
        }
    }

    /** Whether clients may or must encrypt. */
    public TlsMode mode() {
        return mode;
    }

    /** The context for connections of clients; empty if TLS is off. */
    public Optional<SslContext> sslContext() {
        return contexts == null ? Optional.empty() : Optional.of(contexts.applications());
    }

    /** The context for connections of operators; empty if TLS is off. */
    public Optional<SslContext> operatorContext() {
        return contexts == null ? Optional.empty() : Optional.of(contexts.operators());
    }

    /** What is shown; empty if TLS is off. */
    Optional<Identity> identity() {
        return contexts == null ? Optional.empty() : Optional.of(contexts.identity());
    }

    /** Those that clients' certificates must lead to; empty if clients are not asked. */
    List<X509Certificate> clientAuthorities() {
        return contexts == null ? List.of() : contexts.authorities();
    }

    /** The pair by which clients encrypt passwords where there is no TLS. */
    public KeyPair rsaKeyPair() {
        return rsaKeyPair;
    }

    private static TlsConfig.PemIdentity selfSigned(Path directory, InstantSource clock) throws TlsException {
        GeneratedFiles.makeOnce(directory, () -> SelfSigned.identity(clock.instant()));
        return new TlsConfig.PemIdentity(directory.resolve("server-cert.pem"), directory.resolve("server-key.pem"));
    }

    private static Contexts contexts(TlsConfig.Frontend config, TlsConfig.PemIdentity files, InstantSource clock)
            throws TlsException {
        Identity identity = Identity.load(files, clock.instant());
        List<X509Certificate> authorities = config.clientCa().isPresent()
                ? BackendTls.authorities(config.clientCa().orElseThrow(), clock)
                : List.of();
        ClientAuth asked = switch (config.clientCertificates()) {
            case NONE -> ClientAuth.NONE;
            case OPTIONAL -> ClientAuth.OPTIONAL;
            case REQUIRED -> ClientAuth.REQUIRE;
        };
        try {
            SslContext operators = context(identity, ClientAuth.NONE, List.of());
            SslContext applications = asked == ClientAuth.NONE ? operators : context(identity, asked, authorities);
            return new Contexts(applications, operators, identity, authorities);
        } catch (GeneralSecurityException | IOException e) {
            throw new TlsException(files.cert() + " cannot be used for TLS: " + e.getMessage(), e);
        }
    }

    /** Netty's builder would load all of Bouncy Castle, a quarter of a start, to see whether it is there. */
    private static SslContext context(Identity identity, ClientAuth asked, List<X509Certificate> authorities)
            throws GeneralSecurityException, IOException {
        char[] password = "in memory".toCharArray();
        // This kind does not spend a tenth of a second on making the password hard to guess.
        KeyStore own = KeyStore.getInstance("JKS");
        own.load(null, null);
        own.setKeyEntry("own", identity.key(), password, identity.chainArray());
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trusted(authorities), null);
        return new JdkSslContext(
                context,
                false,
                null,
                IdentityCipherSuiteFilter.INSTANCE,
                ApplicationProtocolConfig.DISABLED,
                asked,
                BackendTls.PROTOCOLS.toArray(String[]::new),
                false);
    }

    private static TrustManager[] trusted(List<X509Certificate> authorities)
            throws GeneralSecurityException, IOException {
        if (authorities.isEmpty()) {
            // Not null, which would be everybody whom the JDK trusts.
            return new TrustManager[0];
        }
        KeyStore known = KeyStore.getInstance("PKCS12");
        known.load(null, null);
        for (int i = 0; i < authorities.size(); i++) {
            known.setCertificateEntry("ca" + i, authorities.get(i));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(known);
        return trust.getTrustManagers();
    }

    /** The public half follows from the private one, so the two cannot disagree; its file is for clients to copy. */
    private static KeyPair passwordKeys(Path directory) throws TlsException {
        // Not a method reference, which would load what makes keys though there are some.
        GeneratedFiles.makeOnce(directory, () -> SelfSigned.passwordKeys());
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
