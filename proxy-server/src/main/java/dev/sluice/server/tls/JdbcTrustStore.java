package dev.sluice.server.tls;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Properties;

/**
 * The authorities of {@code tls.backend.ca} as Connector/J wants them: a PKCS#12 file, because it does not read PEM.
 * The file is temporary and goes away on close. Confined to one thread.
 */
public final class JdbcTrustStore implements AutoCloseable {
    // Not a secret: the store holds public certificates, but its format wants a password.
    private static final String PASSWORD = "certificates";

    private final Path file;

    private JdbcTrustStore(Path file) {
        this.file = file;
    }

    /**
     * Writes the store.
     *
     * @param ca PEM file with the authorities
     * @throws TlsException if the file cannot serve
     */
    public static JdbcTrustStore of(Path ca) throws TlsException {
        List<X509Certificate> authorities = BackendTls.authorities(ca, InstantSource.system());
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("ca" + i, authorities.get(i));
            }
            JdbcTrustStore written = new JdbcTrustStore(Files.createTempFile("sluice-ca", ".p12"));
            try (OutputStream out = Files.newOutputStream(written.file)) {
                store.store(out, PASSWORD.toCharArray());
            }
            return written;
        } catch (IOException | GeneralSecurityException e) {
            throw new TlsException(ca + " cannot be handed to the JDBC driver: " + e.getMessage(), e);
        }
    }

    /** Adds the connection properties of Connector/J that name the store. */
    public void addTo(Properties properties) {
        properties.setProperty("trustCertificateKeyStoreUrl", file.toUri().toString());
        properties.setProperty("trustCertificateKeyStoreType", "PKCS12");
        properties.setProperty("trustCertificateKeyStorePassword", PASSWORD);
    }

    @Override
    public void close() throws TlsException {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new TlsException(file + " cannot be removed; remove it", e);
        }
    }
}
