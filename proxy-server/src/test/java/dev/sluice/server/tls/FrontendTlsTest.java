package dev.sluice.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.server.config.TlsConfig;
import dev.sluice.server.config.TlsMode;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.interfaces.RSAKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrontendTlsTest {
    private static final InstantSource NOW = InstantSource.system();
    private static final InstantSource IN_ELEVEN_YEARS = InstantSource.offset(NOW, Duration.ofDays(4015));

    @TempDir
    private Path directory = Path.of("replaced by JUnit");

    private static TlsConfig.Frontend selfSigned(TlsMode mode) {
        return new TlsConfig.Frontend(mode, Optional.empty());
    }

    private static TlsConfig.Frontend configured(Path cert, Path key) {
        return new TlsConfig.Frontend(TlsMode.REQUIRED, Optional.of(new TlsConfig.PemIdentity(cert, key)));
    }

    private static BackendTls client(Optional<Path> ca) throws TlsException {
        return BackendTls.load(new TlsConfig.Backend(TlsMode.REQUIRED, ca), NOW);
    }

    private FrontendTls generated() throws TlsException {
        return FrontendTls.load(selfSigned(TlsMode.PREFERRED), directory, NOW);
    }

    private SSLEngine handshake(FrontendTls server, BackendTls client) throws SSLException {
        return Handshake.run(
                server.sslContext().orElseThrow(), client.sslContext().orElseThrow());
    }

    @Test
    void theFirstStartMakesKeysThatOnlyTheirOwnerMayReadAndLaterStartsReuseThem() throws Exception {
        FrontendTls first = generated();
        FrontendTls second = generated();

        try (Stream<Path> files = Files.walk(directory)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> directory.relativize(file).toString()))
                    .containsExactlyInAnyOrder(
                            "tls/ca.pem",
                            "tls/ca-key.pem",
                            "tls/server-cert.pem",
                            "tls/server-key.pem",
                            "rsa/private_key.pem",
                            "rsa/public_key.pem");
        }
        for (String key : List.of("tls/ca-key.pem", "tls/server-key.pem", "rsa/private_key.pem")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(key))))
                    .isEqualTo("rw-------");
        }
        assertThat(second.rsaKeyPair().getPublic()).isEqualTo(first.rsaKeyPair().getPublic());
        assertThat(handshake(first, client(Optional.empty())).getSession().getPeerCertificates())
                .isEqualTo(
                        handshake(second, client(Optional.empty())).getSession().getPeerCertificates());
    }

    @Test
    void aClientThatTrustsTheGeneratedAuthorityVerifiesTheServer() throws Exception {
        FrontendTls server = generated();

        SSLEngine client = handshake(server, client(Optional.of(directory.resolve("tls/ca.pem"))));

        assertThat(client.getSession().getProtocol()).isEqualTo("TLSv1.3");
    }

    @Test
    void aClientThatTrustsAnotherAuthorityRefusesTheServer(@TempDir Path other) throws Exception {
        FrontendTls server = generated();
        FrontendTls.load(selfSigned(TlsMode.PREFERRED), other, NOW);
        BackendTls client = client(Optional.of(other.resolve("tls/ca.pem")));

        assertThatThrownBy(() -> handshake(server, client)).isInstanceOf(SSLException.class);
    }

    @Test
    void thePasswordKeysDecryptWhatAClientEncryptsWithThePublicKeyFile() throws Exception {
        FrontendTls tls = generated();
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");

        cipher.init(Cipher.ENCRYPT_MODE, tls.rsaKeyPair().getPublic());
        byte[] encrypted = cipher.doFinal(new byte[] {1, 2, 3});
        cipher.init(Cipher.DECRYPT_MODE, tls.rsaKeyPair().getPrivate());

        assertThat(cipher.doFinal(encrypted)).containsExactly(1, 2, 3);
        assertThat(directory.resolve("rsa/public_key.pem"))
                .content()
                .isEqualTo(PemFiles.render(
                        "PUBLIC KEY", tls.rsaKeyPair().getPublic().getEncoded()));
    }

    @Test
    void withoutTlsThereIsNoCertificateButStillThePasswordKeys() throws Exception {
        FrontendTls tls = FrontendTls.load(selfSigned(TlsMode.OFF), directory, NOW);

        assertThat(tls.sslContext()).isEmpty();
        assertThat(tls.rsaKeyPair().getPublic().getAlgorithm()).isEqualTo("RSA");
        assertThat(directory.resolve("tls")).doesNotExist();
    }

    @Test
    void aConfiguredCertificateIsUsedAndLeavesNoOtherInTheStateDirectory(@TempDir Path state) throws Exception {
        generated();
        Path cert = directory.resolve("tls/server-cert.pem");

        FrontendTls tls = FrontendTls.load(configured(cert, directory.resolve("tls/server-key.pem")), state, NOW);

        assertThat(handshake(tls, client(Optional.empty())).getSession().getPeerCertificates()[0])
                .isEqualTo(PemFiles.certificates(cert).get(0));
        assertThat(state.resolve("tls")).doesNotExist();
    }

    @Test
    void anEllipticKeyIsUnderstood() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        Path pkcs8 = Files.writeString(
                directory.resolve("ec.pem"),
                PemFiles.render(
                        "PRIVATE KEY", generator.generateKeyPair().getPrivate().getEncoded()));

        assertThat(PemFiles.privateKey(pkcs8).getAlgorithm()).isEqualTo("EC");
    }

    @ParameterizedTest
    @CsvSource({"RSA,2048,RSA PRIVATE KEY", "EC,256,EC PRIVATE KEY"})
    void theFormsOfKeysThatOlderToolsWriteAreUnderstood(String algorithm, int bits, String type) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(bits);
        PrivateKey key = generator.generateKeyPair().getPrivate();
        byte[] inner = PrivateKeyInfo.getInstance(key.getEncoded())
                .parsePrivateKey()
                .toASN1Primitive()
                .getEncoded();
        // SEC 1 leaves the curve to what is around it, unless it says it itself.
        byte[] complete = algorithm.equals("RSA")
                ? inner
                : new ECPrivateKey(
                                bits,
                                ((java.security.interfaces.ECPrivateKey) key).getS(),
                                PrivateKeyInfo.getInstance(key.getEncoded())
                                        .getPrivateKeyAlgorithm()
                                        .getParameters())
                        .getEncoded();
        Path file = Files.writeString(directory.resolve("old.pem"), PemFiles.render(type, complete));

        PrivateKey read = PemFiles.privateKey(file);

        assertThat(read.getAlgorithm()).isEqualTo(algorithm);
        assertThat(read.getClass().getName()).startsWith("sun.security.");
        if (key instanceof RSAKey rsa) {
            assertThat(((RSAKey) read).getModulus()).isEqualTo(rsa.getModulus());
        } else {
            assertThat(((java.security.interfaces.ECPrivateKey) read).getS())
                    .isEqualTo(((java.security.interfaces.ECPrivateKey) key).getS());
        }
    }

    @Test
    void aKeyAndItsCertificateMayBeInOneFile() throws Exception {
        generated();
        Path cert = directory.resolve("tls/server-cert.pem");
        Path key = directory.resolve("tls/server-key.pem");
        Path both = directory.resolve("both.pem");
        for (String text : List.of(
                Files.readString(cert) + Files.readString(key),
                "who made it\n" + Files.readString(key) + Files.readString(cert))) {
            Files.writeString(both, text);
            assertThat(PemFiles.certificates(both)).isEqualTo(PemFiles.certificates(cert));
            assertThat(PemFiles.privateKey(both)).isEqualTo(PemFiles.privateKey(key));
        }
    }

    @Test
    void aKeyOfWhichAPartIsDamagedIsRefused() throws Exception {
        generated();
        Path cert = directory.resolve("tls/server-cert.pem");
        RSAPrivateCrtKey key = (RSAPrivateCrtKey) PemFiles.privateKey(directory.resolve("tls/server-key.pem"));
        BigInteger two = BigInteger.TWO;
        List<RSAPrivateCrtKeySpec> damaged = List.of(
                spec(key, key.getPrivateExponent().add(two), key.getPrimeExponentP(), key.getCrtCoefficient()),
                spec(key, key.getPrivateExponent(), key.getPrimeExponentP().add(two), key.getCrtCoefficient()),
                spec(
                        key,
                        key.getPrivateExponent(),
                        key.getPrimeExponentP(),
                        key.getCrtCoefficient().add(two)));
        for (RSAPrivateCrtKeySpec one : damaged) {
            Path file = Files.writeString(
                    directory.resolve("damaged.pem"),
                    PemFiles.render(
                            "PRIVATE KEY",
                            KeyFactory.getInstance("RSA").generatePrivate(one).getEncoded()));

            assertThatThrownBy(() -> FrontendTls.load(configured(cert, file), directory, NOW))
                    .isInstanceOf(TlsException.class)
                    .hasMessageContaining("damaged.pem is not the key of the certificate");
        }
    }

    private static RSAPrivateCrtKeySpec spec(
            RSAPrivateCrtKey key, BigInteger exponent, BigInteger exponentP, BigInteger coefficient) {
        return new RSAPrivateCrtKeySpec(
                key.getModulus(),
                key.getPublicExponent(),
                exponent,
                key.getPrimeP(),
                key.getPrimeQ(),
                exponentP,
                key.getPrimeExponentQ(),
                coefficient);
    }

    @Test
    void certificatesThatAreNotInOrderAreRefused(@TempDir Path other) throws Exception {
        generated();
        FrontendTls.load(selfSigned(TlsMode.PREFERRED), other, NOW);
        Path key = directory.resolve("tls/server-key.pem");
        String own = Files.readString(directory.resolve("tls/server-cert.pem"));
        String authority = Files.readString(directory.resolve("tls/ca.pem"));
        Path chain = Files.writeString(directory.resolve("chain.pem"), own + authority);
        assertThat(FrontendTls.load(configured(chain, key), directory, NOW)
                        .identity()
                        .orElseThrow()
                        .chain())
                .hasSize(2);

        Files.writeString(chain, own + own);
        assertThatThrownBy(() -> FrontendTls.load(configured(chain, key), directory, NOW))
                .isInstanceOf(TlsException.class)
                .hasMessageContaining("certificate 2 in " + chain + " is that of CN=Sluice_Auto_Generated_Server");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-----BEGIN PRIVATE KEY-----END PRIVATE KEY-----",
                "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n"
            })
    void aKeyThatIsCutOrNoBase64IsNotPem(String text) throws Exception {
        Path file = Files.writeString(directory.resolve("key.pem"), text);

        assertThatThrownBy(() -> PemFiles.privateKey(file))
                .isInstanceOf(TlsException.class)
                .hasMessageContaining("key.pem");
    }

    @Test
    void whatIsNoCertificateIsNotTakenForOne() throws Exception {
        generated();
        String certificate = Files.readString(directory.resolve("tls/server-cert.pem"));
        Path file =
                Files.writeString(directory.resolve("other.pem"), certificate.replace("CERTIFICATE", "PUBLIC THING"));

        assertThatThrownBy(() -> PemFiles.certificates(file))
                .isInstanceOf(TlsException.class)
                .hasMessageContaining("other.pem");
    }

    @Test
    void aFileThatCannotServeIsNamedWithTheRemedy() throws Exception {
        generated();
        Path cert = directory.resolve("tls/server-cert.pem");
        Path key = directory.resolve("tls/server-key.pem");
        Path caKey = directory.resolve("tls/ca-key.pem");
        Path none = directory.resolve("none.pem");
        Path locked = Files.writeString(
                directory.resolve("locked.pem"), PemFiles.render("ENCRYPTED PRIVATE KEY", new byte[] {0x30, 0}));

        assertThatThrownBy(() -> FrontendTls.load(configured(none, key), directory, NOW))
                .isInstanceOf(TlsException.class)
                .hasMessage(none + " does not exist; correct the path or create the file");
        assertThatThrownBy(() -> FrontendTls.load(configured(key, key), directory, NOW))
                .hasMessage(key + " holds no certificate; it must be PEM, with BEGIN CERTIFICATE");
        assertThatThrownBy(() -> FrontendTls.load(configured(cert, cert), directory, NOW))
                .hasMessage(cert + " holds no private key; it must be PEM, with BEGIN PRIVATE KEY");
        assertThatThrownBy(() -> FrontendTls.load(configured(cert, caKey), directory, NOW))
                .hasMessage(caKey + " is not the key of the certificate in " + cert
                        + "; the server's own certificate must be the first in its file");
        assertThatThrownBy(() -> FrontendTls.load(configured(cert, locked), directory, NOW))
                .isInstanceOf(TlsException.class)
                .hasMessageContaining("locked.pem ");
        assertThatThrownBy(() -> FrontendTls.load(configured(cert, key), directory, IN_ELEVEN_YEARS))
                .hasMessageStartingWith(cert + " has expired on ")
                .hasMessageEndingWith("; renew the certificate");
        assertThatThrownBy(() -> BackendTls.load(
                        new TlsConfig.Backend(TlsMode.REQUIRED, Optional.of(directory.resolve("tls/ca.pem"))),
                        IN_ELEVEN_YEARS))
                .hasMessageContaining("ca.pem has expired on ");
    }

    @Test
    void aStateDirectoryThatCannotBeMadeIsNamed() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));

        assertThatThrownBy(() -> FrontendTls.load(selfSigned(TlsMode.OFF), file, NOW))
                .isInstanceOf(TlsException.class)
                .hasMessageContaining(file + "/rsa cannot be made: ")
                .hasMessageEndingWith("; set state-dir to a directory that this user may write");
    }

    @Test
    void startsAtTheSameTimeAgreeOnOneSetOfFilesAndLeaveNothingElse() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Callable<FrontendTls> start = this::generated;
            List<Future<FrontendTls>> started = threads.invokeAll(List.of(start, start, start, start));
            for (Future<FrontendTls> each : started) {
                assertThat(each.get().rsaKeyPair().getPublic())
                        .isEqualTo(started.get(0).get().rsaKeyPair().getPublic());
            }
        } finally {
            threads.shutdownNow();
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactlyInAnyOrder("rsa", "tls");
        }
    }

    @Test
    void tlsTowardsServersCanBeOff() throws Exception {
        BackendTls tls = BackendTls.load(new TlsConfig.Backend(TlsMode.OFF, Optional.empty()), NOW);

        assertThat(tls.sslContext()).isEmpty();
    }
}
