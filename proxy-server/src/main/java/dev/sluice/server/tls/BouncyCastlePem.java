package dev.sluice.server.tls;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;

/**
 * Reads whatever PEM may hold, and says what is wrong with what it may not. Only the parsing is Bouncy Castle's; the objects
 * are those of the JDK's own providers. Functions only.
 */
final class BouncyCastlePem {
    private BouncyCastlePem() {}

    /** The certificates among what a file holds, in its order; there may be none. */
    static List<X509Certificate> certificates(Path file, String text) throws TlsException {
        List<X509Certificate> certificates = new ArrayList<>();
        JcaX509CertificateConverter converter = new JcaX509CertificateConverter();
        for (Object object : objects(file, text)) {
            if (object instanceof X509CertificateHolder holder) {
                try {
                    certificates.add(converter.getCertificate(holder));
                } catch (CertificateException e) {
                    throw new TlsException(file + " holds a certificate that cannot be read: " + e.getMessage(), e);
                }
            }
        }
        return certificates;
    }

    /** The first private key of what a file holds. */
    static PrivateKey privateKey(Path file, String text) throws TlsException {
        for (Object object : objects(file, text)) {
            if (object instanceof PKCS8EncryptedPrivateKeyInfo || object instanceof PEMEncryptedKeyPair) {
                throw new TlsException(file + " is encrypted; write it without a passphrase and protect it by its mode,"
                        + " for example with openssl pkey -in FILE -out NEW");
            }
            if (object instanceof PrivateKeyInfo info) {
                return convert(file, info);
            }
            if (object instanceof PEMKeyPair pair) {
                return convert(file, pair.getPrivateKeyInfo());
            }
        }
        throw new TlsException(file + " holds no private key; it must be PEM, with BEGIN PRIVATE KEY");
    }

    private static PrivateKey convert(Path file, PrivateKeyInfo info) throws TlsException {
        try {
            return new JcaPEMKeyConverter().getPrivateKey(info);
        } catch (IOException e) {
            throw new TlsException(file + " holds a key of a kind that is not supported; use RSA or EC", e);
        }
    }

    private static List<Object> objects(Path file, String text) throws TlsException {
        List<Object> objects = new ArrayList<>();
        try (PEMParser parser = new PEMParser(new StringReader(text))) {
            for (Object object = parser.readObject(); object != null; object = parser.readObject()) {
                objects.add(object);
            }
            return objects;
        } catch (IOException e) {
            throw PemFiles.notPem(file, e);
        }
    }
}
