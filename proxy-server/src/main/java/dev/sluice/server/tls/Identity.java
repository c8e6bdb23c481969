package dev.sluice.server.tls;

import dev.sluice.server.config.TlsConfig;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * A certificate, its intermediates and its key, read and checked. Immutable.
 *
 * @param key of the first certificate
 * @param chain the certificate itself comes first
 */
record Identity(PrivateKey key, List<X509Certificate> chain) {
    Identity {
        chain = List.copyOf(chain);
    }

    /**
     * Reads both files.
     *
     * @throws TlsException if one is missing or unreadable, the key is another certificate's or damaged, a certificate is outside its
     *     time, or they are not in order
     */
    static Identity load(TlsConfig.PemIdentity files, Instant now) throws TlsException {
        List<X509Certificate> chain = PemFiles.certificates(files.cert());
        PrivateKey key = PemFiles.privateKey(files.key());
        CertificateCheck.requireMatch(files.key(), key, files.cert(), chain.get(0));
        CertificateCheck.requireChain(files.cert(), chain);
        for (X509Certificate certificate : chain) {
            CertificateCheck.requireValid(files.cert(), certificate, now);
        }
        return new Identity(key, chain);
    }

    X509Certificate[] chainArray() {
        return chain.toArray(X509Certificate[]::new);
    }
}
