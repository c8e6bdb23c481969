package dev.sluice.server.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads and renders PEM. Keys may be PKCS#8, PKCS#1 or SEC 1, because all three are what people have on disk. What a file
 * holds in the commonest form, certificates alone or a PKCS#8 key alone, is read by the JDK, and anything else by
 * {@link BouncyCastlePem}, whose hundreds of classes no start should load for nothing. The objects are those of the JDK's own
 * providers.
 */
final class PemFiles {
    private static final String BEGIN = "-----BEGIN ";
    private static final String CERTIFICATE_BEGIN = "-----BEGIN CERTIFICATE-----";
    private static final String PKCS8_BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String PKCS8_END = "-----END PRIVATE KEY-----";
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});
    private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC");

    private PemFiles() {}

    /** The certificates of a file in its order, at least one. */
    static List<X509Certificate> certificates(Path file) throws TlsException {
        String text = read(file);
        List<X509Certificate> certificates = plainCertificates(text);
        if (certificates.isEmpty()) {
            certificates = BouncyCastlePem.certificates(file, text);
        }
        if (certificates.isEmpty()) {
            throw new TlsException(file + " holds no certificate; it must be PEM, with BEGIN CERTIFICATE");
        }
        return certificates;
    }

    /** The first private key of a file. */
    static PrivateKey privateKey(Path file) throws TlsException {
        String text = read(file);
        PrivateKey plain = plainPrivateKey(text);
        return plain == null ? BouncyCastlePem.privateKey(file, text) : plain;
    }

    /** All certificates of a text that holds nothing else; none if it is anything else. */
    private static List<X509Certificate> plainCertificates(String text) {
        if (count(text, BEGIN) != count(text, CERTIFICATE_BEGIN)) {
            return List.of();
        }
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Certificate certificate :
                    factory.generateCertificates(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))) {
                certificates.add((X509Certificate) certificate);
            }
            return certificates;
        } catch (CertificateException notPlain) {
            // Whoever reads it next says what is wrong with it, if anything is.
            return List.of();
        }
    }

    private static int count(String text, String part) {
        int found = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            found++;
        }
        return found;
    }

    /** The key of a text that begins with one in PKCS#8 and holds nothing else; null if it does not, or for a rarer kind of key. */
    private static @Nullable PrivateKey plainPrivateKey(String text) {
        int end = text.indexOf(PKCS8_END);
        if (!text.startsWith(PKCS8_BEGIN) || end < PKCS8_BEGIN.length() || count(text, BEGIN) != 1) {
            return null;
        }
        PKCS8EncodedKeySpec encoded;
        try {
            String base64 = text.substring(PKCS8_BEGIN.length(), end).replaceAll("\\s", "");
            encoded = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException notBase64) {
            // Whoever reads it next says so.
            return null;
        }
        return KEY_ALGORITHMS.stream()
                .map(algorithm -> key(algorithm, encoded))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** The key, or null if it is one for another algorithm. */
    private static @Nullable PrivateKey key(String algorithm, PKCS8EncodedKeySpec encoded) {
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
        } catch (GeneralSecurityException another) {
            return null;
        }
    }

    private static String read(Path file) throws TlsException {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new TlsException(file + " does not exist; correct the path or create the file", e);
        } catch (AccessDeniedException e) {
            throw new TlsException(file + " may not be read by this user; check its owner and mode", e);
        } catch (FileSystemException e) {
            throw new TlsException(file + " cannot be read: " + e.getReason(), e);
        } catch (IOException e) {
            throw notPem(file, e);
        }
    }

    static TlsException notPem(Path file, IOException cause) {
        return new TlsException(file + " is not PEM text; convert it, for example with openssl", cause);
    }

    /** PEM text of one object. */
    static String render(String type, byte[] encoded) {
        return "-----BEGIN " + type + "-----\n" + LINES.encodeToString(encoded) + "\n-----END " + type + "-----\n";
    }
}
