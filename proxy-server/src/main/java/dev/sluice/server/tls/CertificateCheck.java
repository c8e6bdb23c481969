package dev.sluice.server.tls;

import java.math.BigInteger;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.List;

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

    /** Refuses certificates of which one was not issued in the name of the next, as clients want to have them. */
    static void requireChain(Path file, List<X509Certificate> chain) throws TlsException {
        for (int i = 0; i + 1 < chain.size(); i++) {
            X509Certificate one = chain.get(i);
            X509Certificate next = chain.get(i + 1);
            if (!one.getIssuerX500Principal().equals(next.getSubjectX500Principal())) {
                throw new TlsException("certificate " + (i + 2) + " in " + file + " is that of "
                        + next.getSubjectX500Principal() + " and not that of "
                        + one.getIssuerX500Principal()
                        + ", who issued the one in front of it; put each behind those that"
                        + " it vouches for");
            }
        }
    }

    /** Refuses a key that is not the certificate's: RSA by arithmetic, others by signing with one and verifying with it. */
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
        if (key.getAlgorithm().equals("RSA")
                && key instanceof RSAPrivateCrtKey own
                && certified instanceof RSAPublicKey shown) {
            return own.getModulus().equals(shown.getModulus())
                    && own.getPublicExponent().equals(shown.getPublicExponent())
                    && isSound(own);
        }
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
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

    /**
     * Whether the parts of a key belong together (RFC 8017, section 3.2). A signature would say so as well, and takes ten times
     * as long in a JVM that has just begun.
     */
    private static boolean isSound(RSAPrivateCrtKey key) {
        BigInteger p = key.getPrimeP();
        BigInteger q = key.getPrimeQ();
        return p.signum() > 0
                && q.signum() > 0
                && p.multiply(q).equals(key.getModulus())
                && isSound(key, p, key.getPrimeExponentP())
                && isSound(key, q, key.getPrimeExponentQ())
                && key.getCrtCoefficient().multiply(q).mod(p).equals(BigInteger.ONE);
    }

    private static boolean isSound(RSAPrivateCrtKey key, BigInteger prime, BigInteger exponent) {
        BigInteger order = prime.subtract(BigInteger.ONE);
        return key.getPrivateExponent().mod(order).equals(exponent)
                && key.getPublicExponent().multiply(exponent).mod(order).equals(BigInteger.ONE);
    }
}
