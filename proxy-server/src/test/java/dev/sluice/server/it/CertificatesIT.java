package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.ClientCertificates;
import dev.sluice.server.config.TlsConfig;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Certificates on both sides: read again while clients are connected, verified, and demanded. */
@Timeout(120)
class CertificatesIT {
    private static final Duration MONTH = Duration.ofDays(30);
    private static final Duration PAST = Duration.ofDays(-1);
    private static final String LOOPBACK = "127.0.0.1";

    private static LocalCluster cluster;
    private static Path directory;
    private static TestAuthority ours;
    private static TestAuthority other;
    private static TlsConfig.PemIdentity good;
    private static TlsConfig.PemIdentity elsewhere;

    @SuppressWarnings("NullAway.Init") // each test starts its own
    private TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        cluster =
                LocalCluster.builder().flavor(ServerFlavor.mysql()).replicas(0).start();
        directory = cluster.directory();
        ours = new TestAuthority(directory, "ours");
        other = new TestAuthority(directory, "other");
        good = ours.issue("good", MONTH, LOOPBACK);
        elsewhere = ours.issue("elsewhere", MONTH, "db.example");
        var unused = ours.issue("client", MONTH, "client.example");
        unused = other.issue("client", MONTH, "client.example");
        cluster.primary()
                .execute(
                        "CREATE USER demanding IDENTIFIED BY 'pw' REQUIRE X509",
                        "CREATE USER second IDENTIFIED BY 'pw'",
                        "GRANT SELECT ON *.* TO demanding, second");
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @AfterEach
    void quiet() throws Exception {
        if (proxy != null) {
            proxy.awaitNoClients();
            proxy.close();
        }
    }

    private static void serverShows(TlsConfig.PemIdentity identity) {
        cluster.primary()
                .execute(
                        "SET GLOBAL ssl_ca = '" + ours.authority() + "'",
                        "SET GLOBAL ssl_cert = '" + identity.cert() + "'",
                        "SET GLOBAL ssl_key = '" + identity.key() + "'",
                        "ALTER INSTANCE RELOAD TLS");
    }

    private static Path file(String name, String more) throws Exception {
        return Files.writeString(
                directory.resolve(name),
                "listen: 127.0.0.1:0\nmonitor: {user: sluice_monitor, password: x}\n" + more
                        + "\nbackends:\n  - address: " + cluster.primary().address() + "\n");
    }

    private static String frontend(Path cert, Path key) {
        return "tls: {frontend: {cert: " + cert + ", key: " + key + "}}";
    }

    private ResultTable reload() throws Exception {
        return proxy.server().administration().run(new Operation.Reload(false), new Caller("test", null), step -> {});
    }

    private void assertRefused(String... messages) {
        assertThatExceptionOfType(OperationException.class)
                .isThrownBy(this::reload)
                .satisfies(refusal -> assertThat(refusal.getMessage())
                        .contains("nothing has changed")
                        .contains(messages));
    }

    private Connection connect(List<String> options) throws SQLException {
        return proxy.connect(options.toArray(String[]::new));
    }

    private void assertServes(List<String> options) throws SQLException {
        try (Connection connection = connect(options)) {
            assertThat(Sql.value(connection, "SELECT 1")).isEqualTo("1");
        }
    }

    private void assertHandshakeFails(List<String> options) {
        assertThatThrownBy(() -> connect(options))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getErrorCode()).isZero());
    }

    private static TlsConfig.Frontend clients(TlsMode mode, ClientCertificates wanted) {
        Optional<Path> ca = wanted == ClientCertificates.NONE ? Optional.empty() : Optional.of(ours.authority());
        return new TlsConfig.Frontend(mode, Optional.of(good), wanted, ca);
    }

    private static TlsConfig.Backend servers(TestAuthority authority, boolean verifyIdentity) {
        return new TlsConfig.Backend(
                TlsMode.REQUIRED, Optional.of(authority.authority()), verifyIdentity, Optional.empty());
    }

    private static List<String> both(List<String> one, List<String> two) {
        return Stream.concat(one.stream(), two.stream()).toList();
    }

    /** A proxy that watches a file whose certificate is a copy, to be replaced. */
    private Path startWithCopy() throws Exception {
        Path copies = Files.createTempDirectory(directory, "copies-");
        copy(good, copies);
        TlsConfig.PemIdentity copied = new TlsConfig.PemIdentity(copies.resolve("cert.pem"), copies.resolve("key.pem"));
        Path file = file("copied.yaml", frontend(copied.cert(), copied.key()));
        proxy = TestProxy.options()
                .tls(new TlsConfig(
                        new TlsConfig.Frontend(TlsMode.PREFERRED, Optional.of(copied)),
                        TlsConfig.defaults().backend()))
                .file(file)
                .start(cluster);
        return copies;
    }

    private static void copy(TlsConfig.PemIdentity identity, Path target) throws Exception {
        var unused = Files.copy(identity.cert(), target.resolve("cert.pem"), StandardCopyOption.REPLACE_EXISTING);
        unused = Files.copy(identity.key(), target.resolve("key.pem"), StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void renewedFilesServeNewConnectionsAndOpenOnesStay() throws Exception {
        Path copies = startWithCopy();
        try (Connection before = connect(ours.trusting())) {
            assertThat(reload().rows().toString()).doesNotContain("(content)");
            copy(other.issue("renewed", MONTH, LOOPBACK), copies);
            assertThat(reload().rows().toString())
                    .contains("tls.frontend.cert (content), CN=good, valid until ")
                    .contains(", CN=renewed, valid until ")
                    .contains("applied]");

            assertServes(other.trusting());
            assertHandshakeFails(ours.trusting());
            assertThat(Sql.value(before, "SELECT 2")).isEqualTo("2");
        }
    }

    @Test
    void otherPathsAreFollowedToo() throws Exception {
        var unused = startWithCopy();
        TlsConfig.PemIdentity moved = other.issue("moved", MONTH, LOOPBACK);
        unused = file("copied.yaml", frontend(moved.cert(), moved.key()));

        assertThat(reload().rows().toString()).contains("[tls.frontend.cert, ", moved.cert() + ", applied]");
        assertServes(other.trusting());
    }

    @Test
    void filesThatCannotServeAreRefusedWithAllThatIsInTheFile() throws Exception {
        Path copies = startWithCopy();
        TlsConfig.PemIdentity expired = ours.issue("expired", PAST, LOOPBACK);
        Path cert = copies.resolve("cert.pem");
        Path key = copies.resolve("key.pem");
        var unused = file("copied.yaml", frontend(cert, key) + "\nlimits: {max-connections: 1}");

        copy(expired, copies);
        assertRefused(cert + " has expired on ", "; renew the certificate");
        unused = Files.copy(good.cert(), cert, StandardCopyOption.REPLACE_EXISTING);
        assertRefused(key + " is not the key of the certificate in " + cert);
        Files.delete(key);
        assertRefused(key + " does not exist; correct the path or create the file");

        try (Connection first = connect(ours.trusting());
                Connection second = connect(ours.trusting())) {
            assertThat(Sql.value(first, "SELECT 1")).isEqualTo(Sql.value(second, "SELECT 1"));
        }
        copy(good, copies);
        ResultTable applied = reload();
        assertThat(applied.columns()).contains("effect");
        try (Connection only = connect(ours.trusting())) {
            assertThat(Sql.value(only, "SELECT 1")).isEqualTo("1");
            assertThatThrownBy(() -> connect(ours.trusting()))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getErrorCode()).isEqualTo(1040));
        }
    }

    @Test
    void aServerMustBeWhomItsCertificateNamesForClientsAndForTheMonitor() throws Exception {
        serverShows(good);
        proxy = TestProxy.options()
                .tls(new TlsConfig(TlsConfig.defaults().frontend(), servers(ours, true)))
                .start(cluster);
        assertServes(List.of());

        serverShows(elsewhere);
        // What the monitor has is open; only the login of another user opens a connection.
        assertThatThrownBy(() -> proxy.connectAs("second", "pw", "")).hasMessageContaining("TLS handshake failed");
        proxy.close();
        proxy = TestProxy.options()
                .tls(new TlsConfig(TlsConfig.defaults().frontend(), servers(ours, false)))
                .start(cluster);
        assertServes(List.of());
        proxy.close();

        long monitors = monitorLogins();
        proxy = TestProxy.options()
                .tls(new TlsConfig(TlsConfig.defaults().frontend(), servers(ours, true)))
                .start(cluster);
        assertThatThrownBy(() -> proxy.connect()).hasMessageContaining("has not reached any backend");
        assertThat(monitorLogins()).isEqualTo(monitors);
        serverShows(good);
        await().atMost(TestProxy.SOON).ignoreExceptions().until(() -> {
            assertServes(List.of());
            return true;
        });
    }

    /** Connections on which the monitor has shown its password. */
    private static long monitorLogins() {
        return Long.parseLong(cluster.primary()
                .queryValue("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'sluice_monitor'"));
    }

    @Test
    void aServerOfAnotherAuthorityGetsNoPasswordAndAReloadFollowsTheAuthority() throws Exception {
        serverShows(good);
        String required = "tls: {backend: {mode: required, verify-identity: true, ca: ";
        Path file = file("authority.yaml", required + ours.authority() + "}}");
        proxy = TestProxy.options()
                .tls(new TlsConfig(TlsConfig.defaults().frontend(), servers(ours, true)))
                .file(file)
                .start(cluster);
        try (Connection before = proxy.connect()) {
            assertThat(Sql.value(before, "SELECT 1")).isEqualTo("1");
            var unused = file("authority.yaml", required + other.authority() + "}}");
            assertThat(reload().rows().toString()).contains("[tls.backend.ca, ", "tls.backend.ca (content)");

            assertThatThrownBy(() -> proxy.connectAs("second", "pw", "")).hasMessageContaining("TLS handshake failed");
            assertThat(Sql.value(before, "SELECT 2")).isEqualTo("2");

            unused = file("authority.yaml", required + ours.authority() + "}}");
            assertThat(reload().rows().toString()).contains("[tls.backend.ca, ");
            proxy.connectAs("second", "pw", "").close();
        }
        var unused = file("authority.yaml", required + directory.resolve("absent.pem") + "}}");
        assertRefused("absent.pem does not exist");
    }

    @Test
    void aClientWithoutACertificateIsRefusedWhereOneIsRequired() throws Exception {
        serverShows(good);
        proxy = TestProxy.options()
                .tls(new TlsConfig(
                        clients(TlsMode.REQUIRED, ClientCertificates.REQUIRED),
                        TlsConfig.defaults().backend()))
                .start(cluster);
        assertServes(both(ours.trusting(), ours.showing("client")));
        try (CapturedLog log = new CapturedLog()) {
            assertHandshakeFails(ours.trusting());
            await().atMost(TestProxy.SOON)
                    .until(() -> log.lines().stream()
                            .anyMatch(line -> line.contains("login failed")
                                    && line.contains("certificate")
                                    && line.contains("client=127.0.0.1:")));
        }
        assertHandshakeFails(both(ours.trusting(), other.showing("client")));
        assertThatThrownBy(() -> proxy.connect()).hasMessageContaining("secure transport");
    }

    @Test
    void anOptionalCertificateIsVerifiedWhenItIsShown() throws Exception {
        serverShows(good);
        proxy = TestProxy.options()
                .tls(new TlsConfig(
                        clients(TlsMode.PREFERRED, ClientCertificates.OPTIONAL),
                        TlsConfig.defaults().backend()))
                .start(cluster);
        assertServes(List.of());
        assertServes(ours.trusting());
        assertServes(both(ours.trusting(), ours.showing("client")));
        // What another authority has signed is not even shown: the server names those that it trusts.
        assertServes(both(ours.trusting(), other.showing("client")));
        var unused = ours.issue("late", PAST, "client.example");
        assertHandshakeFails(both(ours.trusting(), ours.showing("late")));
    }

    @Test
    void anAccountThatDemandsACertificateDemandsItOfBothWays() throws Exception {
        serverShows(good);
        TlsConfig.PemIdentity own = ours.issue("sluice", MONTH, "sluice.example");
        TlsConfig.Backend shows =
                new TlsConfig.Backend(TlsMode.REQUIRED, Optional.of(ours.authority()), true, Optional.of(own));
        cluster.primary().execute("ALTER USER sluice_monitor REQUIRE X509");
        try {
            proxy = TestProxy.options()
                    .tls(new TlsConfig(clients(TlsMode.PREFERRED, ClientCertificates.OPTIONAL), shows))
                    .start(cluster);
            String[] with = both(ours.trusting(), ours.showing("client")).toArray(String[]::new);
            try (Connection connection = proxy.connectAs("demanding", "pw", "", with)) {
                assertThat(Sql.value(connection, "SELECT 1")).isEqualTo("1");
            }
            String[] without = ours.trusting().toArray(String[]::new);
            assertThatThrownBy(() -> proxy.connectAs("demanding", "pw", "", without))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getErrorCode()).isEqualTo(1045));
            proxy.close();

            proxy = TestProxy.options()
                    .tls(new TlsConfig(clients(TlsMode.PREFERRED, ClientCertificates.OPTIONAL), servers(ours, true)))
                    .start(cluster);
            assertThatThrownBy(() -> proxy.connectAs("demanding", "pw", "", with))
                    .isInstanceOf(SQLException.class);
        } finally {
            cluster.primary().execute("ALTER USER sluice_monitor REQUIRE NONE");
        }
    }
}
