package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Supplier;
import org.hibernate.Session;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.orm.jpa.JpaTransactionManager;

/** An application of Spring with Hibernate: transactions that read run on replicas, others on the primary. */
@Timeout(180)
class SpringDriverIT {
    @RegisterExtension
    static final DriverReport REPORT = new DriverReport(
                    "Spring with Hibernate",
                    "org.springframework:spring-orm + org.hibernate.orm:hibernate-core",
                    "an application with @Transactional and @Transactional(readOnly = true), over HikariCP with Connector/J,"
                            + " also with server-side prepared statements, with autocommit off, and with MariaDB's driver")
            .of(JpaTransactionManager.class, Session.class);

    private static final String SERVER = "server ";

    private static TestProxy proxy;
    private static String primary = "";

    @BeforeAll
    static void start() throws Exception {
        JdbcConversation.dropAll(Servers.mysql().primary());
        primary = Servers.mysql().primary().queryValue("SELECT @@server_id");
        proxy = TestProxy.start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:mysql, true, sslMode=DISABLED&allowPublicKeyRetrieval=true",
        "jdbc:mysql, true, sslMode=REQUIRED&useServerPrepStmts=true&cachePrepStmts=true&rewriteBatchedStatements=true",
        "jdbc:mysql, false, sslMode=DISABLED&allowPublicKeyRetrieval=true&useLocalSessionState=true",
        "jdbc:mariadb, true, allowPublicKeyRetrieval=true",
    })
    void itCannotTell(String driver, boolean autocommit, String options) throws Exception {
        Transcript direct = hold(config(driver, Servers.mysql().primary().port(), autocommit, options), false);
        Transcript proxied = hold(config(driver, proxy.port(), autocommit, options), true);
        proxied.assertSameAs(direct);
    }

    private static HikariConfig config(String driver, int port, boolean autocommit, String options) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(driver + "://127.0.0.1:" + port + "/" + Accounts.DATABASE + "?socketTimeout="
                + TestProxy.TIMEOUT_MILLIS + "&" + options);
        config.setUsername(Accounts.APP_USER);
        config.setPassword(Accounts.APP_PASSWORD);
        config.setAutoCommit(autocommit);
        config.setMaximumPoolSize(3);
        config.setConnectionTimeout(TestProxy.TIMEOUT_MILLIS);
        return config;
    }

    private static Transcript hold(HikariConfig pool, boolean proxied) throws Exception {
        try (AnnotationConfigApplicationContext application = BankApplication.start(pool)) {
            proxy.awaitCaughtUp();
            SpringDriverIT talk = new SpringDriverIT();
            talk.proxied = proxied;
            talk.autocommit = pool.isAutoCommit();
            talk.hold(application.getBean(BankService.class));
            return talk.transcript;
        }
    }

    private final Transcript transcript = new Transcript();
    private boolean proxied;
    private boolean autocommit;

    private void hold(BankService bank) {
        write("opened", () -> bank.open("ada", BankAccount.Purpose.CURRENT));
        write("another", () -> bank.open("grace", BankAccount.Purpose.SAVINGS));
        BankAccount stale = bank.find("ada");
        write("entries in batches", () -> bank.pay("ada", 45));
        read("summary", bank::summary);
        read("queries", bank::queries);
        step("outside of transactions", autocommit ? "replica" : "primary", bank::outside);
        write("a failure", () -> bank.payAndFail("ada"));
        write("a key that is there already", () -> bank.open("ada", BankAccount.Purpose.CURRENT));
        write("a version that is not there any more", () -> bank.payWithStale(stale));
        write("a lock", () -> bank.lockAndPay("grace"));
        write("in bulk", bank::inBulk);
        write("isolation", bank::serializable);
        write("one transaction in another", () -> bank.openBothAndFail(bank::openInAnother));
        write("a write where there should be none", bank::writeThoughItOnlyReads);
        read("summary at the end", bank::summary);
    }

    private void write(String name, Supplier<List<String>> method) {
        step(name, "primary", method);
    }

    private void read(String name, Supplier<List<String>> method) {
        step(name, "replica", method);
    }

    /** What a method says, or how it fails; all of it ran on servers of that role. */
    private void step(String name, String role, Supplier<List<String>> method) {
        transcript.begin(name);
        List<String> lines = lines(method);
        if (proxied && role.equals("replica")) {
            // A read of this form may not be known yet, and no replica to have what was written just before.
            await().atMost(TestProxy.SOON).until(() -> roles(lines(method)).equals(List.of(role)));
            lines = lines(method);
        }
        assertThat(roles(lines)).as(name + " " + lines).isSubsetOf(proxied ? role : "primary");
        lines.stream().filter(line -> !line.startsWith(SERVER)).forEach(transcript::add);
    }

    private static List<String> roles(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith(SERVER))
                .map(line -> line.equals(SERVER + primary) ? "primary" : "replica")
                .distinct()
                .toList();
    }

    private static List<String> lines(Supplier<List<String>> method) {
        try {
            return method.get();
        } catch (RuntimeException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            String number = cause instanceof SQLException sql ? sql.getErrorCode() + " " + sql.getSQLState() : "";
            String message = String.valueOf(cause.getMessage()).replaceFirst("\\(conn=\\d+\\)", "(conn=?)");
            return List.of(e.getClass().getName(), cause.getClass().getName() + " " + number + " " + message);
        }
    }
}
