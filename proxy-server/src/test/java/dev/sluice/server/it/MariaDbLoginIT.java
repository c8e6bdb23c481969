package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sluice.server.config.TlsMode;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The accounts of MariaDB, as {@link LoginMatrixIT} has those of MySQL. Its plugin ed25519 is in a package of its own: {@code
 * -Dsluice.mariadb.plugins} names the directory if it is not where the package puts it.
 */
@Timeout(120)
class MariaDbLoginIT {
    private static final Path PLUGINS = Path.of(System.getProperty("sluice.mariadb.plugins", "/usr/lib/mysql/plugin"));
    private static final boolean WITH_ED25519 = Files.exists(PLUGINS.resolve("auth_ed25519.so"));

    private static final int OF_ONE_ENCRYPTION = 24;

    private static LocalCluster cluster;
    private static LoginCertificates certificates;
    private static TestProxy encrypting;
    private static TestProxy plain;

    @BeforeAll
    static void start() throws Exception {
        MariaDbServer.requireInstalled(MariaDbLoginIT.class);
        certificates = LoginCertificates.in(Files.createTempDirectory("sluice-certificates-"));
        LocalCluster.Builder builder = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .replicas(0)
                .serverArgument("--ssl=ON")
                .serverArgument("--ssl-ca=" + certificates.authority())
                .serverArgument("--ssl-cert=" + certificates.identity().cert())
                .serverArgument("--ssl-key=" + certificates.identity().key());
        if (WITH_ED25519) {
            builder.serverArgument("--plugin-dir=" + PLUGINS).serverArgument("--plugin-load-add=auth_ed25519");
        }
        cluster = builder.start();
        accounts("native", "mysql_native_password", "PASSWORD('pw')");
        cluster.primary().execute("CREATE USER native_invalid IDENTIFIED VIA mysql_native_password USING 'invalid'");
        if (WITH_ED25519) {
            accounts("ed25519", "ed25519", "PASSWORD('pw')");
        }
        encrypting = TestProxy.options()
                .tls(certificates.ofProxy(TlsMode.REQUIRED))
                .proofAge(Duration.ZERO)
                .start(cluster);
        plain = TestProxy.options().tls(certificates.ofProxy(TlsMode.OFF)).start(cluster);
    }

    private static void accounts(String prefix, String plugin, String password) {
        List<String> sql = new ArrayList<>();
        for (String[] each : new String[][] {
            {"ok", ""},
            {"locked", "ACCOUNT LOCK"},
            {"expired", "PASSWORD EXPIRE"},
            {"ssl", "REQUIRE SSL"},
            {"x509", "REQUIRE X509"}
        }) {
            String via = " IDENTIFIED VIA " + plugin + " USING " + password + " ";
            sql.add("CREATE USER " + prefix + "_" + each[0] + via + each[1]);
        }
        sql.add("CREATE USER " + prefix + "_empty IDENTIFIED VIA " + plugin + " USING PASSWORD('')");
        cluster.primary().execute(sql.toArray(String[]::new));
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            encrypting.close();
            plain.close();
            cluster.close();
        }
    }

    @AfterEach
    void quiet() throws IOException {
        encrypting.awaitQuiet();
        plain.awaitQuiet();
    }

    private static List<LoginCell> cells(String prefix, String... options) {
        List<LoginCell> cells = new ArrayList<>();
        for (LoginTls tls : List.of(LoginTls.OFF, LoginTls.REQUIRED)) {
            for (String kind : List.of("ok", "empty", "locked", "expired", "ssl", "x509", "invalid", "nobody")) {
                for (String password : List.of("pw", "", "wrong")) {
                    cells.add(new LoginCell(prefix + "_" + kind, password, "", tls, options));
                }
            }
        }
        for (LoginTls tls : LoginTls.values()) {
            cells.add(new LoginCell(prefix + "_ok", "pw", "app", tls, options));
        }
        return cells;
    }

    /** With ed25519 a server asks those that it does not know for one of its plugins, which Connector/J may not have. */
    private static boolean isOfPluginOfNobody(LoginCell cell, LoginOutcome direct) {
        return WITH_ED25519 && cell.user().endsWith("_nobody") && direct.code() == 0;
    }

    private static void assertSame(List<LoginCell> cells, TestProxy proxy, boolean backendTls) {
        List<String> differing = new ArrayList<>();
        for (LoginCell cell : cells) {
            LoginOutcome direct = cell.at(cluster.primary().port(), certificates);
            LoginOutcome proxied = cell.at(proxy.port(), certificates);
            LoginDifference.Both both = new LoginDifference.Both(direct, proxied);
            boolean known = isOfPluginOfNobody(cell, direct)
                    || (!backendTls && LoginDifference.TLS_OF_SLUICE.explains(cell, both))
                    || LoginDifference.SANDBOX.explains(cell, both);
            if (!direct.equals(proxied) && !known) {
                differing.add(cell + "\n    direct:  " + direct + "\n    proxied: " + proxied);
            }
        }
        assertThat(differing).as("of " + cells.size() + " cells").isEmpty();
    }

    @Test
    void nativeAccountsAreAsOnTheServer() {
        assertSame(cells("native"), encrypting, true);
        assertSame(cells("native", LoginCell.MARIADB), encrypting, true);
        // What the server sees of the driver is the same.
        assertSame(cells("native").subList(0, OF_ONE_ENCRYPTION), plain, false);
    }

    @Test
    void ed25519AccountsAreAsOnTheServer() {
        if (!WITH_ED25519) {
            System.getLogger("MariaDbLoginIT")
                    .log(System.Logger.Level.WARNING, "NOT RUN: no auth_ed25519.so in " + PLUGINS);
            abort("no auth_ed25519.so in " + PLUGINS);
        }
        assertSame(cells("ed25519", LoginCell.MARIADB), encrypting, true);
        assertSame(cells("ed25519", LoginCell.MARIADB), plain, false);
        cluster.primary().execute("CREATE USER ed25519_changed IDENTIFIED VIA ed25519 USING PASSWORD('pw')");
        LoginCell before = new LoginCell("ed25519_changed", "pw", "", LoginTls.REQUIRED, LoginCell.MARIADB);
        assertThat(before.at(plain.port(), certificates).letIn()).isTrue();
        cluster.primary().execute("SET PASSWORD FOR ed25519_changed = PASSWORD('two')");
        LoginCell after = new LoginCell("ed25519_changed", "two", "", LoginTls.REQUIRED, LoginCell.MARIADB);
        assertThat(after.at(plain.port(), certificates).letIn()).isTrue();
        await().atMost(Duration.ofSeconds(2))
                .until(() -> before.at(plain.port(), certificates).code() == 1045);
    }
}
