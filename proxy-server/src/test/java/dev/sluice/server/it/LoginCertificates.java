package dev.sluice.server.it;

import dev.sluice.server.config.TlsConfig;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.tls.FrontendTls;
import dev.sluice.server.tls.TlsException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;

/**
 * Certificates for both ways to a server: with the same one on the server and on the proxy, the same client must be told
 * the same. Immutable.
 *
 * @param identity what server and proxy show
 * @param authority who has signed it
 * @param trusted a store with that authority
 * @param strange a store with another one
 * @param client a store with a certificate for a client
 */
record LoginCertificates(TlsConfig.PemIdentity identity, Path authority, Path trusted, Path strange, Path client) {
    static final String STORE_PASSWORD = "store-secret";

    /** Makes them in the directory of a cluster. */
    static LoginCertificates in(Path directory) throws IOException, TlsException, GeneralSecurityException {
        Path own = made(Files.createTempDirectory(directory, "own-"));
        Path other = made(Files.createTempDirectory(directory, "other-"));
        return new LoginCertificates(
                new TlsConfig.PemIdentity(own.resolve("server-cert.pem"), own.resolve("server-key.pem")),
                own.resolve("ca.pem"),
                store(own),
                store(other),
                client(own));
    }

    private static Path made(Path directory) throws TlsException {
        FrontendTls unused = FrontendTls.load(TlsConfig.defaults(), directory);
        return directory.resolve("tls");
    }

    /** The server's own certificate does: it does not say whose it is. */
    private static Path client(Path directory) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        String pem = Files.readString(directory.resolve("server-key.pem")).replaceAll("-----.*-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance("RSA")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        Certificate[] chain = {certificate(directory.resolve("server-cert.pem"))};
        store.setKeyEntry("client", key, STORE_PASSWORD.toCharArray(), chain);
        return written(store, directory.resolve("client.p12"));
    }

    private static Certificate certificate(Path file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private static Path written(KeyStore store, Path file) throws IOException, GeneralSecurityException {
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, STORE_PASSWORD.toCharArray());
        }
        return file;
    }

    private static Path store(Path directory) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("ca", certificate(directory.resolve("ca.pem")));
        return written(store, directory.resolve("trusted.p12"));
    }

    /** How a proxy uses them, with encryption towards the servers or without. */
    TlsConfig ofProxy(TlsMode backend) {
        return new TlsConfig(
                new TlsConfig.Frontend(TlsMode.PREFERRED, Optional.of(identity)),
                new TlsConfig.Backend(backend, Optional.empty()));
    }

    /** Lets a MySQL server use them from now on. */
    void giveTo(LocalCluster cluster) {
        cluster.primary()
                .execute(
                        "SET GLOBAL ssl_ca = '" + authority + "'",
                        "SET GLOBAL ssl_cert = '" + identity.cert() + "'",
                        "SET GLOBAL ssl_key = '" + identity.key() + "'",
                        "ALTER INSTANCE RELOAD TLS");
    }
}
