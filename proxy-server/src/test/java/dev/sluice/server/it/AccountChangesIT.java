package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.config.TlsMode;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is known of a password never outlives the account. The proof of a login is trusted for five minutes here, so that what
 * is asserted comes from noticing the change: of one that is made through Sluice with the very next login, of one that is made
 * around it within a second, and some more on a busy machine.
 */
@Timeout(60)
class AccountChangesIT {
    private static final Duration NOTICED = Duration.ofSeconds(4);
    /** Longer than the monitor waits for an answer. */
    private static final Duration UNREADABLE = Duration.ofMillis(1500);

    private static final String CHANGED = "changed";
    /** What CREATE USER writes to. */
    private static final List<String> GRANT_TABLES = List.of(
            "user",
            "db",
            "tables_priv",
            "columns_priv",
            "procs_priv",
            "proxies_priv",
            "global_grants",
            "role_edges",
            "default_roles",
            "password_history");

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        LoginLab.server()
                .execute(
                        "CREATE USER changes_admin IDENTIFIED BY 'admin'",
                        "GRANT ALL ON *.* TO changes_admin WITH GRANT OPTION");
        proxy = TestProxy.options()
                .tls(LoginLab.certificates().ofProxy(TlsMode.PREFERRED))
                .proofAge(Duration.ofMinutes(5))
                .start(LoginLab.cluster());
    }

    @AfterAll
    static void stop() {
        proxy.close();
        LoginLab.server().execute("DROP USER changes_admin");
    }

    @BeforeEach
    void noAccount() {
        LoginLab.server().execute("DROP USER IF EXISTS changed, renamed, late");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
        LoginLab.server().execute("DROP USER IF EXISTS changed, renamed, late");
    }

    private static LoginOutcome login(int port, String user, String password) {
        return new LoginCell(user, password, "", LoginTls.REQUIRED).at(port, LoginLab.certificates());
    }

    private static LoginOutcome direct(String user, String password) {
        return login(LoginLab.server().port(), user, password);
    }

    private static LoginOutcome proxied(String user, String password) {
        return login(proxy.port(), user, password);
    }

    private static void through(String... statements) throws SQLException {
        try (Connection admin = TestProxy.open(proxy.port(), "changes_admin", "admin", "")) {
            Sql.run(admin, statements);
        }
    }

    private static void around(String... statements) {
        LoginLab.server().execute(statements);
    }

    /** Makes the account, lets it be known to Sluice, and leaves a connection of it in a pool. */
    private static void known(String plugin) {
        around("CREATE USER changed IDENTIFIED WITH " + plugin + " BY 'one'");
        for (int i = 0; i < 3; i++) {
            LoginOutcome in = proxied(CHANGED, "one");
            assertThat(in.letIn()).as(String.valueOf(in)).isTrue();
        }
    }

    /** Returns when the other tests' proxy sees accounts again. */
    private static void grantSight() {
        around(
                "GRANT SELECT ON mysql.user TO " + Accounts.MONITOR_USER,
                "DROP USER IF EXISTS renamed",
                "CREATE USER renamed IDENTIFIED WITH mysql_native_password BY 'one'");
        await().atMost(TestProxy.SOON).until(() -> proxied("renamed", "one").letIn());
    }

    private static void assertAsDirect(String user, String password) {
        assertThat(proxied(user, password)).isEqualTo(direct(user, password));
    }

    /** The change and what follows from it for the passwords one and two. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "caching_sha2_password | ALTER USER changed IDENTIFIED WITH caching_sha2_password BY 'two'",
                "mysql_native_password | ALTER USER changed IDENTIFIED WITH mysql_native_password BY 'two'",
                "caching_sha2_password | SET PASSWORD FOR changed = 'two'",
                "mysql_native_password | ALTER USER changed IDENTIFIED WITH caching_sha2_password BY ''",
                "caching_sha2_password | DROP USER changed",
                "mysql_native_password | RENAME USER changed TO renamed",
                "caching_sha2_password | ALTER USER changed ACCOUNT LOCK",
                "caching_sha2_password | ALTER USER changed PASSWORD EXPIRE",
                "mysql_native_password | ALTER USER changed REQUIRE X509",
                "caching_sha2_password | UPDATE mysql.user SET authentication_string = '' WHERE User = 'changed';"
                        + " FLUSH PRIVILEGES",
            })
    void aChangeThroughSluiceCountsForTheNextLogin(String plugin, String change) throws SQLException {
        known(plugin);
        try (Connection open = TestProxy.open(proxy.port(), CHANGED, "one", "")) {
            through(change.split(";", -1));
            for (String password : List.of("one", "two", "")) {
                assertAsDirect(CHANGED, password);
            }
            assertAsDirect("renamed", "one");
            assertThat(Sql.error(open, "DO 1")).isIn(0, 1045, 1862, 3118);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "caching_sha2_password | ALTER USER changed IDENTIFIED WITH caching_sha2_password BY 'two'",
                "mysql_native_password | ALTER USER changed IDENTIFIED WITH mysql_native_password BY 'two'",
                "mysql_native_password | ALTER USER changed IDENTIFIED WITH sha256_password BY 'two'",
                "caching_sha2_password | DROP USER changed",
                "mysql_native_password | RENAME USER changed TO renamed",
                "caching_sha2_password | ALTER USER changed ACCOUNT LOCK",
                "mysql_native_password | ALTER USER changed REQUIRE X509",
            })
    void aChangeAroundSluiceIsNoticedSoonAndTheNewPasswordCountsAtOnce(String plugin, String change) {
        known(plugin);
        around(change);
        // Who comes with what is new waits for nothing.
        assertAsDirect(CHANGED, "two");
        assertAsDirect("renamed", "one");
        LoginOutcome now = direct(CHANGED, "one");
        await().atMost(NOTICED).until(() -> proxied(CHANGED, "one").equals(now));
        assertAsDirect(CHANGED, "one");
        assertAsDirect(CHANGED, "two");
    }

    /** What an account has demanded before is no reason to turn anybody away. */
    @Test
    void whoseAccountDemandsNoCertificateAnyMoreGetsInAtOnce() {
        around("CREATE USER changed IDENTIFIED BY 'one' REQUIRE X509");
        // From then on the demand is known.
        assertAsDirect(CHANGED, "one");
        around("DROP USER changed", "CREATE USER changed IDENTIFIED BY 'one'");
        LoginOutcome outcome = proxied(CHANGED, "one");
        assertThat(outcome.letIn()).as(String.valueOf(outcome)).isTrue();
    }

    /** All accounts at once are others than they were, as on a server that was restored from a backup. */
    @Test
    void theAccountsOfARestoredServerCount() {
        known("caching_sha2_password");
        around("CREATE TABLE app.backup AS SELECT * FROM mysql.user WHERE User = 'changed'");
        around("ALTER USER changed IDENTIFIED BY 'two'");
        await().atMost(NOTICED).until(() -> !proxied(CHANGED, "one").letIn());
        assertThat(proxied(CHANGED, "two").letIn()).isTrue();
        around("REPLACE INTO mysql.user SELECT * FROM app.backup", "FLUSH PRIVILEGES", "DROP TABLE app.backup");
        assertAsDirect(CHANGED, "one");
        await().atMost(NOTICED).until(() -> !proxied(CHANGED, "two").letIn());
        assertAsDirect(CHANGED, "two");
    }

    @Test
    void anAccountThatIsMadeAnewIsAnother() throws SQLException {
        known("mysql_native_password");
        through("DROP USER changed", "CREATE USER changed IDENTIFIED BY 'three'");
        assertAsDirect(CHANGED, "one");
        assertAsDirect(CHANGED, "three");
        assertThat(proxied(CHANGED, "three").letIn()).isTrue();
    }

    /**
     * What could not be read is not taken for what is: somebody new would be turned away. He is made while the table is locked
     * already, so that no reading comes in between, and has a name that nobody had before, which might be remembered.
     */
    @Test
    void anAccountIsFoundThoughItCouldNotBeReadAtOnce() throws Exception {
        try (Connection root = LoginLab.server().connect()) {
            Sql.run(
                    root,
                    GRANT_TABLES.stream().collect(Collectors.joining(" WRITE, mysql.", "LOCK TABLES mysql.", " WRITE")),
                    "CREATE USER late IDENTIFIED WITH mysql_native_password BY 'new'");
            CompletableFuture<LoginOutcome> in = CompletableFuture.supplyAsync(() -> proxied("late", "new"));
            assertThatThrownBy(() -> in.get(UNREADABLE.toMillis(), TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            Sql.run(root, "UNLOCK TABLES");
            LoginOutcome outcome = in.get(TestProxy.TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
            assertThat(outcome.letIn()).as(String.valueOf(outcome)).isTrue();
        }
    }

    /** Where Sluice may not read the accounts, it is the age of the proof that bounds what it believes. */
    @ParameterizedTest
    @ValueSource(strings = {"caching_sha2_password", "sha256_password"})
    void withoutSightOfTheAccountsTheAgeOfTheProofIsTheBound(String plugin) throws Exception {
        around("REVOKE SELECT ON mysql.user FROM " + Accounts.MONITOR_USER);
        try (TestProxy unsighted = TestProxy.options()
                .tls(LoginLab.certificates().ofProxy(TlsMode.PREFERRED))
                .proofAge(Duration.ofSeconds(1))
                .start(LoginLab.cluster())) {

            around("CREATE USER changed IDENTIFIED WITH " + plugin + " BY 'one'");
            assertThat(login(unsighted.port(), CHANGED, "one").letIn()).isTrue();
            around("ALTER USER changed IDENTIFIED WITH " + plugin + " BY 'two'");
            assertThat(login(unsighted.port(), CHANGED, "two").letIn()).isTrue();
            LoginOutcome now = direct(CHANGED, "one");
            assertThat(login(unsighted.port(), CHANGED, "one")).isEqualTo(now);
            around("DROP USER changed");
            LoginOutcome gone = direct(CHANGED, "two");
            await().atMost(NOTICED)
                    .until(() -> login(unsighted.port(), CHANGED, "two").equals(gone));
        } finally {
            grantSight();
        }
    }

    /** Beyond its age a proof is made again, with what is known: the client need not show its password once more. */
    @Test
    void aPasswordThatIsKnownIsProvedAgainWithoutTheKey() throws Exception {
        try (TestProxy asking = TestProxy.options()
                .tls(LoginLab.certificates().ofProxy(TlsMode.OFF))
                .proofAge(Duration.ZERO)
                .start(LoginLab.cluster())) {
            around("CREATE USER changed IDENTIFIED BY 'one'");
            LoginCell first = new LoginCell(CHANGED, "one", "", LoginTls.OFF);
            LoginCell withoutKey = new LoginCell(CHANGED, "one", "", LoginTls.OFF, "allowPublicKeyRetrieval=false");
            assertThat(withoutKey.at(asking.port(), LoginLab.certificates()).said())
                    .contains("Public Key");
            assertThat(first.at(asking.port(), LoginLab.certificates()).letIn()).isTrue();
            assertThat(withoutKey.at(asking.port(), LoginLab.certificates()).letIn())
                    .isTrue();
            around("ALTER USER changed IDENTIFIED BY 'two'");
            assertThat(withoutKey.at(asking.port(), LoginLab.certificates()).code())
                    .isEqualTo(1045);
        }
    }
}
