package dev.sluice.server.tls;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/**
 * Reads and renders PEM. Keys may be PKCS#8, PKCS#1 or SEC 1, because all three are what people have on disk. Only
 * the parsing is Bouncy Castle's; the objects are those of the JDK's own providers.
 */
final class PemFiles {
    private PemFiles() {}

    /** The certificates of a file in its order, at least one. */
    static List<X509Certificate> certificates(Path file) throws TlsException {
        List<X509Certificate> certificates = new ArrayList<>();
        JcaX509CertificateConverter converter = new JcaX509CertificateConverter();
        for (Object object : objects(file)) {
            if (object instanceof X509CertificateHolder holder) {
                try {
                    certificates.add(converter.getCertificate(holder));
                } catch (CertificateException e) {
                    throw new TlsException(file + " holds a certificate that cannot be read: " + e.getMessage(), e);
                }
            }
        }
        if (certificates.isEmpty()) {
            throw new TlsException(file + " holds no certificate; it must be PEM, with BEGIN CERTIFICATE");
        }
        return certificates;
    }

    /** The first private key of a file. */
    static PrivateKey privateKey(Path file) throws TlsException {
        for (Object object : objects(file)) {
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

    private static List<Object> objects(Path file) throws TlsException {
        List<Object> objects = new ArrayList<>();
        try (PEMParser parser = new PEMParser(new StringReader(Files.readString(file)))) {
            for (Object object = parser.readObject(); object != null; object = parser.readObject()) {
                objects.add(object);
            }
            return objects;
        } catch (NoSuchFileException e) {
            throw new TlsException(file + " does not exist; correct the path or create the file", e);
        } catch (AccessDeniedException e) {
            throw new TlsException(file + " may not be read by this user; check its owner and mode", e);
        } catch (FileSystemException e) {
            throw new TlsException(file + " cannot be read: " + e.getReason(), e);
        } catch (IOException e) {
            throw new TlsException(file + " is not PEM text; convert it, for example with openssl", e);
        }
    }

    /** PEM text of one object. */
    static String render(String type, byte[] encoded) {
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            writer.writeObject(new PemObject(type, encoded));
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return text.toString();
    }
}
