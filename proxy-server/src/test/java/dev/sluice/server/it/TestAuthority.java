package dev.sluice.server.it;

import dev.sluice.server.config.TlsConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority that signs whatever a test wants. Confined to the test's thread. */
final class TestAuthority {
    private static final String STORE_PASSWORD = "store-secret";
    private static final AtomicInteger SERIAL = new AtomicInteger(1);

    private final Path directory;
    private final KeyPair keys;
    private final X500Principal name;
    private final X509Certificate certificate;

    /** Makes one, with {@code ca.pem} and stores for Connector/J in a new directory. */
    TestAuthority(Path parent, String name) throws IOException, GeneralSecurityException {
        this.directory = Files.createTempDirectory(parent, name + "-");
        this.keys = keys();
        this.name = new X500Principal("CN=" + name);
        Instant now = Instant.now();
        JcaX509v3CertificateBuilder own = builder(this.name, keys, now.plus(Duration.ofDays(30)));
        own.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        this.certificate = signed(own);
        pem(authority(), certificate);
        KeyStore store = store();
        store.setCertificateEntry("ca", certificate);
        write(store, directory.resolve("trusted.p12"));
    }

    /** The PEM file of its own certificate. */
    Path authority() {
        return directory.resolve("ca.pem");
    }

    /** Signs a certificate that names these addresses, and is good for so long. */
    TlsConfig.PemIdentity issue(String subject, Duration validity, String... addresses)
            throws IOException, GeneralSecurityException {
        KeyPair pair = keys();
        JcaX509v3CertificateBuilder wanted =
                builder(new X500Principal("CN=" + subject), pair, Instant.now().plus(validity));
        GeneralName[] names = new GeneralName[addresses.length];
        for (int i = 0; i < names.length; i++) {
            boolean ip = Character.isDigit(addresses[i].charAt(0));
            names[i] = new GeneralName(ip ? GeneralName.iPAddress : GeneralName.dNSName, addresses[i]);
        }
        wanted.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
        X509Certificate issued = signed(wanted);
        Path cert = directory.resolve(subject + "-cert.pem");
        Path key = directory.resolve(subject + "-key.pem");
        pem(cert, issued);
        pem(key, pair.getPrivate());
        KeyStore store = store();
        store.setKeyEntry("own", pair.getPrivate(), STORE_PASSWORD.toCharArray(), new Certificate[] {issued});
        write(store, directory.resolve(subject + ".p12"));
        return new TlsConfig.PemIdentity(cert, key);
    }

    /** Options of Connector/J by which it trusts this authority and compares the name. */
    List<String> trusting() {
        return List.of(
                "sslMode=VERIFY_IDENTITY",
                "trustCertificateKeyStoreUrl=file:" + directory.resolve("trusted.p12"),
                "trustCertificateKeyStoreType=PKCS12",
                "trustCertificateKeyStorePassword=" + STORE_PASSWORD);
    }

    /** Options of Connector/J by which it shows a certificate that was issued here. */
    List<String> showing(String subject) {
        return List.of(
                "clientCertificateKeyStoreUrl=file:" + directory.resolve(subject + ".p12"),
                "clientCertificateKeyStoreType=PKCS12",
                "clientCertificateKeyStorePassword=" + STORE_PASSWORD);
    }

    private JcaX509v3CertificateBuilder builder(X500Principal subject, KeyPair pair, Instant end) {
        Instant start = Instant.now().minus(Duration.ofDays(2));
        return new JcaX509v3CertificateBuilder(
                name,
                BigInteger.valueOf(SERIAL.incrementAndGet()),
                Date.from(start),
                Date.from(end),
                subject,
                pair.getPublic());
    }

    private X509Certificate signed(JcaX509v3CertificateBuilder builder) throws GeneralSecurityException {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withRSA").build(keys.getPrivate())));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException(e);
        }
    }

    private static KeyPair keys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return generator.generateKeyPair();
    }

    private static void pem(Path file, Object object) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        Files.writeString(file, text.toString());
    }

    private static KeyStore store() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static void write(KeyStore store, Path file) throws IOException, GeneralSecurityException {
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, STORE_PASSWORD.toCharArray());
        }
    }
}
