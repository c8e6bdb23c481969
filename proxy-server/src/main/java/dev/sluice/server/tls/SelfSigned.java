package dev.sluice.server.tls;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Makes an authority and a server certificate signed by it, as a MySQL server does at its first start. RSA with 2048
 * bits, because every client understands it. Immutable.
 */
final class SelfSigned {
    private static final int KEY_BITS = 2048;
    private static final Duration VALIDITY = Duration.ofDays(3650);
    // Clients' clocks are not ours.
    private static final Duration CLOCK_SKEW = Duration.ofDays(1);
    private static final X500Principal CA_NAME = new X500Principal("CN=Sluice_Auto_Generated_CA_Certificate");
    private static final X500Principal SERVER_NAME = new X500Principal("CN=Sluice_Auto_Generated_Server_Certificate");

    private SelfSigned() {}

    /** File names and PEM texts: the authority, its key, the server's certificate, its key. */
    static Map<String, String> identity(Instant now) throws TlsException {
        KeyPair caPair = rsaKeyPair();
        KeyPair serverPair = rsaKeyPair();
        Date from = Date.from(now.minus(CLOCK_SKEW));
        Date to = Date.from(now.plus(VALIDITY));
        try {
            JcaX509v3CertificateBuilder ca =
                    new JcaX509v3CertificateBuilder(CA_NAME, serial(), from, to, CA_NAME, caPair.getPublic());
            ca.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            JcaX509v3CertificateBuilder server =
                    new JcaX509v3CertificateBuilder(CA_NAME, serial(), from, to, SERVER_NAME, serverPair.getPublic());
            server.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            server.addExtension(Extension.subjectAlternativeName, false, ownNames());
            Map<String, String> files = new LinkedHashMap<>();
            files.put("ca.pem", certificate(ca, caPair.getPrivate()));
            files.put(
                    "ca-key.pem",
                    PemFiles.render("PRIVATE KEY", caPair.getPrivate().getEncoded()));
            files.put("server-cert.pem", certificate(server, caPair.getPrivate()));
            files.put(
                    "server-key.pem",
                    PemFiles.render("PRIVATE KEY", serverPair.getPrivate().getEncoded()));
            return files;
        } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
            throw new TlsException("no certificate could be made: " + e.getMessage(), e);
        }
    }

    /** File names and PEM texts of a key pair for encrypted passwords. */
    static Map<String, String> passwordKeys() throws TlsException {
        KeyPair pair = rsaKeyPair();
        Map<String, String> files = new LinkedHashMap<>();
        files.put(
                "private_key.pem",
                PemFiles.render("PRIVATE KEY", pair.getPrivate().getEncoded()));
        files.put(
                "public_key.pem", PemFiles.render("PUBLIC KEY", pair.getPublic().getEncoded()));
        return files;
    }

    private static KeyPair rsaKeyPair() throws TlsException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(KEY_BITS);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new TlsException("no RSA key could be made: " + e.getMessage(), e);
        }
    }

    private static String certificate(JcaX509v3CertificateBuilder builder, PrivateKey signer)
            throws GeneralSecurityException, OperatorCreationException {
        X509Certificate certificate = new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withRSA").build(signer)));
        return PemFiles.render("CERTIFICATE", certificate.getEncoded());
    }

    private static BigInteger serial() {
        return new BigInteger(127, new SecureRandom()).setBit(126);
    }

    private static GeneralNames ownNames() {
        List<GeneralName> names = new ArrayList<>();
        names.add(new GeneralName(GeneralName.dNSName, "localhost"));
        names.add(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
        names.add(new GeneralName(GeneralName.iPAddress, "::1"));
        try {
            names.add(new GeneralName(
                    GeneralName.dNSName, InetAddress.getLocalHost().getHostName()));
        } catch (UnknownHostException e) {
            // A machine that cannot resolve its own name still serves on loopback.
            return new GeneralNames(names.toArray(GeneralName[]::new));
        }
        return new GeneralNames(names.toArray(GeneralName[]::new));
    }
}
