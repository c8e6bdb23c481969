package dev.sluice.server.tls;

import dev.sluice.server.config.TlsConfig;
import dev.sluice.server.config.TlsMode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * How Connector/J speaks TLS to servers: the same as {@link BackendTls}, as the properties of its connections. Authorities
 * and certificate go to it as PKCS#12 files, because it does not read PEM. There are two sets of them in turn: while one is
 * written, connections can begin with the other. Thread-safe: volatile references to immutable maps; changes are made by one
 * thread at a time.
 */
public final class JdbcTls {
    // Not a secret: the files are as well protected as the PEM files that they are made of, but the format wants one.
    private static final String PASSWORD = "certificates";
    private static final List<String> SETS = List.of("a", "b");
    private static final String AUTHORITIES = "servers-ca.p12";
    private static final String IDENTITY = "own-certificate.p12";

    private volatile Map<String, String> properties;
    private volatile String set = SETS.get(1);

    private JdbcTls(Map<String, String> properties) {
        this.properties = properties;
    }

    /** Encrypts and verifies nothing. */
    public static JdbcTls of(TlsMode mode) {
        return new JdbcTls(properties(new TlsConfig.Backend(mode, Optional.empty()), Path.of("")));
    }

    /**
     * Writes the files.
     *
     * @param directory for them; made if it does not exist and is needed
     * @throws TlsException if they cannot be written
     */
    public static JdbcTls of(BackendTls tls, Path directory) throws TlsException {
        JdbcTls made = of(tls.mode());
        made.prepare(tls, directory).run();
        return made;
    }

    /**
     * Writes the files that are not in use.
     *
     * @return from when it is run, connections begin with them
     * @throws TlsException if they cannot be written
     */
    Runnable prepare(BackendTls tls, Path directory) throws TlsException {
        String next = SETS.get(0).equals(set) ? SETS.get(1) : SETS.get(0);
        Path ofNext = directory.resolve(next);
        if (!tls.authorities().isEmpty()) {
            GeneratedFiles.write(ofNext.resolve(AUTHORITIES), store(tls.authorities(), null));
        }
        Identity identity = tls.identity();
        if (identity != null) {
            GeneratedFiles.write(ofNext.resolve(IDENTITY), store(List.of(), identity));
        }
        Map<String, String> wanted = properties(tls.config(), ofNext);
        return () -> {
            properties = wanted;
            set = next;
        };
    }

    /** Adds the connection properties of Connector/J, encryption included. */
    public void addTo(Properties target) {
        target.putAll(properties);
    }

    private static Map<String, String> properties(TlsConfig.Backend config, Path directory) {
        Map<String, String> wanted = new LinkedHashMap<>();
        boolean verifies = config.ca().isPresent();
        String mode = config.mode() == TlsMode.OFF ? "DISABLED" : config.mode().name();
        wanted.put("sslMode", !verifies ? mode : config.verifyIdentity() ? "VERIFY_IDENTITY" : "VERIFY_CA");
        // Without TLS the password goes under the server's public key instead; with it the property is not used.
        wanted.put("allowPublicKeyRetrieval", String.valueOf(config.mode() != TlsMode.REQUIRED));
        if (verifies) {
            addStore(wanted, "trustCertificateKeyStore", directory.resolve(AUTHORITIES));
            wanted.put("fallbackToSystemTrustStore", "false");
        }
        if (config.identity().isPresent() && config.mode() != TlsMode.OFF) {
            addStore(wanted, "clientCertificateKeyStore", directory.resolve(IDENTITY));
            wanted.put("fallbackToSystemKeyStore", "false");
        }
        return Map.copyOf(wanted);
    }

    private static void addStore(Map<String, String> wanted, String prefix, Path file) {
        wanted.put(prefix + "Url", file.toUri().toString());
        wanted.put(prefix + "Type", "PKCS12");
        wanted.put(prefix + "Password", PASSWORD);
    }

    private static byte[] store(List<X509Certificate> authorities, @Nullable Identity identity) throws TlsException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("ca" + i, authorities.get(i));
            }
            if (identity != null) {
                store.setKeyEntry("own", identity.key(), PASSWORD.toCharArray(), identity.chainArray());
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            store.store(bytes, PASSWORD.toCharArray());
            return bytes.toByteArray();
        } catch (IOException | GeneralSecurityException e) {
            throw new TlsException(
                    "the certificates of tls.backend cannot be handed to the JDBC driver: " + e.getMessage(), e);
        }
    }
}
