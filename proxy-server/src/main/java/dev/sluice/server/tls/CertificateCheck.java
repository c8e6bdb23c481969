package dev.sluice.server.tls;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.time.Instant;

/** The checks that turn a confusing handshake failure into a clear refusal to start. Immutable. */
final class CertificateCheck {
    private static final byte[] PROBE = {1, 2, 3, 4};

    private CertificateCheck() {}

    /** Refuses a certificate outside its time. */
    static void requireValid(Path file, X509Certificate certificate, Instant now) throws TlsException {
        Instant end = certificate.getNotAfter().toInstant();
        if (now.isAfter(end)) {
            throw new TlsException(file + " has expired on " + end + "; renew the certificate");
        }
        Instant start = certificate.getNotBefore().toInstant();
        if (now.isBefore(start)) {
            throw new TlsException(file + " is not valid before " + start + "; check the clock or the certificate");
        }
    }

    /** Refuses a key that is not the certificate's: RSA by the modulus, others by signing with one and verifying with it. */
    static void requireMatch(Path keyFile, PrivateKey key, Path certFile, X509Certificate certificate)
            throws TlsException {
        if (!matches(key, certificate.getPublicKey(), keyFile)) {
            throw new TlsException(keyFile + " is not the key of the certificate in " + certFile
                    + "; the server's own certificate must be the first in its file");
        }
    }

    private static boolean matches(PrivateKey key, PublicKey certified, Path keyFile) throws TlsException {
        if (!key.getAlgorithm().equals(certified.getAlgorithm())) {
            return false;
        }
        if (key instanceof RSAKey own && certified instanceof RSAKey shown) {
            return own.getModulus().equals(shown.getModulus());
        }
        String algorithm = switch (key.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "EdDSA" -> "EdDSA";
            default -> throw new TlsException(keyFile + " is a key of type " + key.getAlgorithm() + "; use RSA or EC");
        };
        try {
            Signature signer = Signature.getInstance(algorithm);
            signer.initSign(key);
            signer.update(PROBE);
            byte[] signature = signer.sign();
            Signature verifier = Signature.getInstance(algorithm);
            verifier.initVerify(certified);
            verifier.update(PROBE);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            // Two curves or two sizes that do not fit each other end here.
            return false;
        }
    }
}
