package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.server.config.TlsMode;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every kind of account, encryption and password, once directly and once through Sluice: both logins end the same, in number,
 * SQLSTATE and message, or a {@link LoginDifference} says why not. One proxy encrypts towards the server and asks it at each
 * login, the other does neither. {@code -Dsluice.logins.all=true} has both do everything.
 */
@Timeout(120)
class LoginMatrixIT {
    private static final String LONG = "p".repeat(150);
    private static final String NO_KEY = "allowPublicKeyRetrieval=false";

    private static final List<String> KINDS =
            List.of("ok", "empty", "locked", "expired", "ssl", "x509", "subject", "mapped", "host", "nobody");
    private static final List<String> KINDS_BEHIND_PLAIN = List.of("ok", "locked", "ssl", "nobody");
    /** Without it the proxy that does not encrypt has only the cells for which that could matter. */
    private static final boolean ALL = Boolean.getBoolean("sluice.logins.all");

    private static TestProxy encrypting;
    private static TestProxy plain;

    @BeforeAll
    static void start() throws Exception {
        List<String> sql = new ArrayList<>(List.of("CREATE DATABASE matrix_secret", "CREATE USER matrix_dev"));
        for (String plugin : LoginLab.PLUGINS) {
            for (String kind : List.of("key1", "key2", "ok", "host")) {
                String host = kind.equals("host") ? "10.1.2.3" : "%";
                sql.add(user(plugin, kind + "'@'" + host) + " BY 'pw'");
            }
            sql.add(user(plugin, "empty") + " BY ''");
            sql.add(user(plugin, "long") + " BY '" + LONG + "'");
            sql.add(user(plugin, "utf8") + " BY 'pä€ss'");
            sql.add(user(plugin, "locked") + " BY 'pw' ACCOUNT LOCK");
            sql.add(user(plugin, "expired") + " BY 'pw' PASSWORD EXPIRE");
            sql.add(user(plugin, "ssl") + " BY 'pw' REQUIRE SSL");
            sql.add(user(plugin, "x509") + " BY 'pw' REQUIRE X509");
            sql.add(user(plugin, "subject") + " BY 'pw' REQUIRE SUBJECT '/CN=nobody'");
            sql.add(user(plugin, "mapped") + " BY 'pw'");
            // Nobody here may GRANT PROXY.
            sql.add("INSERT INTO mysql.proxies_priv VALUES ('%', '" + plugin
                    + "_mapped', '%', 'matrix_dev', 0, '', NOW())");
        }
        sql.add("FLUSH PRIVILEGES");
        LoginLab.server().execute(sql.toArray(String[]::new));
        encrypting = TestProxy.options()
                .tls(LoginLab.certificates().ofProxy(TlsMode.REQUIRED))
                .proofAge(Duration.ZERO)
                .start(LoginLab.cluster());
        plain = TestProxy.options()
                .tls(LoginLab.certificates().ofProxy(TlsMode.OFF))
                .start(LoginLab.cluster());
    }

    private static String user(String plugin, String name) {
        return "CREATE USER '" + plugin + "_" + name + "' IDENTIFIED WITH " + plugin;
    }

    @AfterAll
    static void stop() {
        encrypting.close();
        plain.close();
    }

    @AfterEach
    void quiet() throws IOException {
        encrypting.awaitQuiet();
        plain.awaitQuiet();
    }

    private static void assertSame(List<LoginCell> cells, TestProxy proxy, Set<LoginDifference> expected) {
        Set<LoginDifference> seen = EnumSet.noneOf(LoginDifference.class);
        List<String> differing = new ArrayList<>();
        for (LoginCell cell : cells) {
            LoginDifference.Both both = new LoginDifference.Both(
                    cell.at(LoginLab.server().port(), LoginLab.certificates()),
                    cell.at(proxy.port(), LoginLab.certificates()));
            if (both.direct().equals(both.proxied())) {
                continue;
            }
            boolean known = false;
            for (LoginDifference difference : LoginDifference.values()) {
                if (difference.explains(cell, both)) {
                    known = true;
                    seen.add(difference);
                }
            }
            if (!known) {
                differing.add(cell + "\n    direct:  " + both.direct() + "\n    proxied: " + both.proxied());
            }
        }
        assertThat(differing).as("of " + cells.size() + " cells").isEmpty();
        assertThat(seen).as("a difference that is gone must leave the page").isEqualTo(expected);
    }

    /** In this order: the first login is one that neither has seen, and without the key it is the first of all. */
    private static List<LoginCell> keys(String user) {
        List<LoginCell> cells = new ArrayList<>();
        cells.add(new LoginCell(user, "pw", "", LoginTls.OFF, NO_KEY));
        cells.add(new LoginCell(user, "wrong", "", LoginTls.OFF));
        cells.add(new LoginCell(user, "pw", "", LoginTls.OFF));
        cells.add(new LoginCell(user, "pw", "", LoginTls.OFF, NO_KEY));
        cells.add(new LoginCell(user, "wrong", "", LoginTls.OFF, NO_KEY));
        return cells;
    }

    private static List<LoginCell> encryption(String plugin, String kind) {
        String user = plugin + "_" + kind;
        List<LoginCell> cells = keys(user);
        for (LoginTls tls : LoginTls.values()) {
            cells.add(new LoginCell(user, "pw", "", tls));
            cells.add(new LoginCell(user, "pw", "", tls, LoginCell.MARIADB));
        }
        cells.add(new LoginCell(user, "wrong", "", LoginTls.REQUIRED));
        cells.add(new LoginCell(user, "pw", "", LoginTls.REQUIRED, NO_KEY));
        cells.add(new LoginCell(user, "wrong", "", LoginTls.OFF, LoginCell.MARIADB));
        cells.add(new LoginCell(user, "", "", LoginTls.REQUIRED, LoginCell.MARIADB));
        for (String first : List.of(LoginLab.PLUGINS)) {
            cells.add(new LoginCell(user, "pw", "", LoginTls.OFF, "defaultAuthenticationPlugin=" + first));
        }
        String clear = "defaultAuthenticationPlugin=mysql_clear_password";
        cells.add(new LoginCell(user, "pw", "", LoginTls.OFF, clear));
        cells.add(new LoginCell(user, "pw", "", LoginTls.REQUIRED, clear));
        return cells;
    }

    private static Set<LoginDifference> keyDifference(String plugin, boolean bothDrivers) {
        Set<LoginDifference> differences = EnumSet.noneOf(LoginDifference.class);
        if (plugin.startsWith("sha256")) {
            differences.add(LoginDifference.KNOWN_WITHOUT_KEY);
            if (bothDrivers) {
                differences.add(LoginDifference.OTHER_PLUGIN);
            }
        }
        return differences;
    }

    @ParameterizedTest
    @ValueSource(strings = {"caching_sha2_password", "mysql_native_password", "sha256_password"})
    void encryptionAndKeysMatterAsTheyDoOnTheServer(String plugin) {
        assertSame(encryption(plugin, "key1"), encrypting, keyDifference(plugin, true));
        // What the client sees of TLS is the same for both proxies.
        assertSame(ALL ? encryption(plugin, "key2") : keys(plugin + "_key2"), plain, keyDifference(plugin, ALL));
    }

    private static List<LoginCell> states(String plugin, List<String> kinds) {
        List<LoginCell> cells = new ArrayList<>();
        for (LoginTls tls : List.of(LoginTls.OFF, LoginTls.REQUIRED)) {
            for (String kind : kinds) {
                for (String password : List.of("pw", "", "wrong")) {
                    cells.add(new LoginCell(plugin + "_" + kind, password, "", tls));
                }
            }
            cells.add(new LoginCell(plugin + "_long", LONG, "", tls));
            cells.add(new LoginCell(plugin + "_utf8", "pä€ss", "", tls));
            cells.add(new LoginCell(plugin + "_ok", "pw", "nothere", tls));
            cells.add(new LoginCell(plugin + "_ok", "pw", "matrix_secret", tls));
            cells.add(new LoginCell(plugin + "_expired", "pw", "", tls, "disconnectOnExpiredPasswords=false"));
        }
        cells.add(new LoginCell(plugin + "_x509", "pw", "", LoginTls.REQUIRED, withCertificate()));
        return cells;
    }

    private static String[] withCertificate() {
        return new String[] {
            "clientCertificateKeyStoreUrl=file:" + LoginLab.certificates().client(),
            "clientCertificateKeyStoreType=PKCS12",
            "clientCertificateKeyStorePassword=" + LoginCertificates.STORE_PASSWORD
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"caching_sha2_password", "mysql_native_password", "sha256_password"})
    void theStateOfTheAccountCountsAsOnTheServer(String plugin) {
        assertSame(
                states(plugin, KINDS),
                encrypting,
                EnumSet.of(
                        LoginDifference.SANDBOX, LoginDifference.CERTIFICATE, LoginDifference.ADDRESS_OF_THE_CLIENT));
        assertSame(
                states(plugin, ALL ? KINDS : KINDS_BEHIND_PLAIN),
                plain,
                EnumSet.of(LoginDifference.SANDBOX, LoginDifference.CERTIFICATE, LoginDifference.TLS_OF_SLUICE));
    }

    @Test
    void aClientThatCannotBeAskedForAnotherPluginIsToldSo() throws IOException {
        for (String user : List.of("mysql_native_password_ok", "caching_sha2_password_ok", "sha256_password_ok")) {
            for (String password : List.of("pw", "wrong")) {
                String direct = oldClient(LoginLab.server().port(), user, password);
                assertThat(oldClient(encrypting.port(), user, password))
                        .as(user)
                        .isEqualTo(direct);
            }
        }
    }

    private static String oldClient(int port, String user, String password) throws IOException {
        try (RawClient client = RawClient.open(port)) {
            byte[] answer =
                    client.tryLogin(RawClient.CAPABILITIES & ~Capabilities.CLIENT_PLUGIN_AUTH, user, password, "");
            return RawClient.first(answer) == RawClient.ERR
                    ? client.err(answer).toString()
                    : "packet " + RawClient.first(answer);
        }
    }

    @Test
    void tooManyFailuresBlockTheAccountAsOnTheServer() {
        for (String plugin : LoginLab.PLUGINS) {
            List<List<String>> both = new ArrayList<>();
            for (int port : new int[] {LoginLab.server().port(), encrypting.port(), plain.port()}) {
                String name = "failing" + both.size();
                LoginLab.server().execute(user(plugin, name) + " BY 'pw' FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 1");
                List<String> said = new ArrayList<>();
                for (String password : List.of("pw", "wrong", "pw", "wrong", "wrong", "wrong", "pw", "wrong", "pw")) {
                    LoginCell cell = new LoginCell(plugin + "_" + name, password, "", LoginTls.OFF);
                    said.add(cell.at(port, LoginLab.certificates()).toString().replace(name, "failing"));
                }
                both.add(said);
            }
            assertThat(both.get(0).get(6)).contains("code=3955");
            assertThat(both.get(1)).isEqualTo(both.get(0));
            // Here a proof is trusted for a while: it must not hide the block.
            assertThat(both.get(2).subList(5, 9)).isEqualTo(both.get(0).subList(5, 9));
        }
    }

    @Test
    void connectionsThatNobodyUsesAreNoneOfTheUsersShare() throws SQLException {
        for (String plugin : LoginLab.PLUGINS) {
            LoginLab.server().execute(user(plugin, "single") + " BY 'pw' WITH MAX_USER_CONNECTIONS 1");
            LoginCell single = new LoginCell(plugin + "_single", "pw", "", LoginTls.OFF);
            for (int i = 0; i < 6; i++) {
                assertThat(single.at(encrypting.port(), LoginLab.certificates()).letIn())
                        .as("login " + i)
                        .isTrue();
            }
            LoginOutcome direct;
            try (Connection first = TestProxy.open(encrypting.port(), plugin + "_single", "pw", "")) {
                Sql.run(first, "START TRANSACTION");
                assertThat(Sql.value(first, "SELECT 1 FOR UPDATE")).isEqualTo("1");
                direct = single.at(LoginLab.server().port(), LoginLab.certificates());
                assertThat(direct.code()).isEqualTo(1226);
                assertThat(single.at(encrypting.port(), LoginLab.certificates()))
                        .isEqualTo(direct);
            }
            assertThat(single.at(encrypting.port(), LoginLab.certificates()).letIn())
                    .isTrue();
        }
    }

    @Test
    void theServersLimitOfConnectionsInAnHourIsToldAsItTellsIt() {
        LoginLab.server().execute(user(LoginLab.PLUGINS[0], "hourly") + " BY 'pw' WITH MAX_CONNECTIONS_PER_HOUR 2");
        LoginCell hourly = new LoginCell(LoginLab.PLUGINS[0] + "_hourly", "pw", "", LoginTls.OFF);
        LoginOutcome last = hourly.at(encrypting.port(), LoginLab.certificates());
        for (int i = 0; i < 3 && last.letIn(); i++) {
            last = hourly.at(encrypting.port(), LoginLab.certificates());
        }
        assertThat(last.code()).isEqualTo(1226);
        assertThat(hourly.at(LoginLab.server().port(), LoginLab.certificates())).isEqualTo(last);
    }
}
