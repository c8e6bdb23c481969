package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** HikariCP over Connector/J: what it asks of connections when it makes, lends, checks and takes them back. */
@Timeout(120)
class HikariDriverIT {
    @RegisterExtension
    static final DriverReport REPORT =
            new DriverReport("HikariCP", DriverReport.versionOf(HikariDataSource.class) + " (MySQL Connector/J)");

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        JdbcConversation.prepare(Servers.mysql().primary());
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        JdbcConversation.dropAll(Servers.mysql().primary());
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static HikariConfig config(int port) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:mysql://127.0.0.1:" + port + "/" + Accounts.DATABASE
                + "?sslMode=DISABLED&allowPublicKeyRetrieval=true&socketTimeout=" + TestProxy.TIMEOUT_MILLIS);
        config.setUsername(Accounts.APP_USER);
        config.setPassword(Accounts.APP_PASSWORD);
        config.setMaximumPoolSize(1);
        config.setConnectionTimeout(TestProxy.TIMEOUT_MILLIS);
        return config;
    }

    /** What is changed of a configuration. */
    @FunctionalInterface
    private interface Settings {
        void apply(HikariConfig config);
    }

    private static void assertSame(Settings settings) throws Exception {
        Transcript direct = hold(Servers.mysql().primary().port(), settings, false);
        Transcript proxied = hold(proxy.port(), settings, true);
        proxied.assertSameAs(direct);
    }

    private static Transcript hold(int port, Settings settings, boolean proxied) throws Exception {
        Servers.mysql().primary().execute("DROP TABLE IF EXISTS app.drv_w");
        HikariConfig config = config(port);
        settings.apply(config);
        Transcript transcript = new Transcript();
        try (HikariDataSource pool = new HikariDataSource(config)) {
            for (int round = 1; round <= 2; round++) {
                borrow(pool, transcript, proxied, "as lent " + round, HikariDriverIT::look);
                borrow(pool, transcript, proxied, "left dirty " + round, HikariDriverIT::spoil);
                borrow(pool, transcript, proxied, "after that " + round, HikariDriverIT::look);
            }
            borrow(pool, transcript, proxied, "closed by the server", (talk, c) -> talk.run("KILL CONNECTION_ID()"));
            pool.getHikariPoolMXBean().softEvictConnections();
            borrow(pool, transcript, proxied, "a new one", HikariDriverIT::look);
        }
        return transcript;
    }

    /** What is done with a connection of the pool. */
    @FunctionalInterface
    private interface Use {
        void of(JdbcTalk talk, Connection connection) throws SQLException;
    }

    private static void borrow(HikariDataSource pool, Transcript transcript, boolean proxied, String step, Use use)
            throws Exception {
        try (JdbcTalk talk = new JdbcTalk(pool.getConnection(), transcript, proxied)) {
            talk.step(step, c -> use.of(talk, c));
        } catch (SQLException e) {
            // What cannot be rolled back any more.
            transcript.add(e.getClass().getSimpleName() + " " + e.getSQLState());
        }
    }

    private static void look(JdbcTalk talk, Connection c) throws SQLException {
        talk.add(c.isValid(5) + " " + c.getAutoCommit() + " " + c.isReadOnly() + " " + c.getCatalog());
        talk.add(c.getTransactionIsolation() + " " + c.getNetworkTimeout() + " " + c.getSchema());
        talk.run(
                "SELECT @@session.transaction_isolation, @@session.net_write_timeout, DATABASE(), @@autocommit",
                "SELECT v FROM app.drv_r ORDER BY id",
                "SELECT @left_behind");
        if (!c.getAutoCommit()) {
            c.commit();
        }
    }

    /** All that HikariCP sets back, and an open transaction that it has to roll back. */
    private static void spoil(JdbcTalk talk, Connection c) throws SQLException {
        talk.run("CREATE TABLE IF NOT EXISTS app.drv_w (v VARCHAR(20))", "SET @left_behind = 'yes'");
        c.setNetworkTimeout(Runnable::run, 12_345);
        c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        c.setCatalog(Accounts.SECOND_DATABASE);
        c.setReadOnly(false);
        c.setAutoCommit(false);
        talk.run("INSERT INTO app.drv_w VALUES ('lost')", "SELECT COUNT(*) FROM app.drv_w");
        talk.ranOn("primary");
    }

    @Test
    void itsDefaults() throws Exception {
        assertSame(config -> {});
    }

    @Test
    void withEverySetting() throws Exception {
        assertSame(config -> {
            config.setConnectionInitSql("SET SESSION net_write_timeout = 77");
            config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
            config.setCatalog(Accounts.SECOND_DATABASE);
            config.setIsolateInternalQueries(true);
            config.setConnectionTestQuery("SELECT 1");
            config.setLeakDetectionThreshold(TimeUnit.SECONDS.toMillis(60));
            config.setKeepaliveTime(TimeUnit.SECONDS.toMillis(30));
        });
    }

    @Test
    void withTransactions() throws Exception {
        assertSame(config -> config.setAutoCommit(false));
    }

    @Test
    void withConnectionsThatOnlyRead() throws Exception {
        assertSame(config -> {
            config.setReadOnly(true);
            config.addDataSourceProperty("useServerPrepStmts", "true");
            config.addDataSourceProperty("useLocalSessionState", "true");
        });
    }

    @Test
    void readsOfManyConnectionsAreSpread() throws SQLException {
        HikariConfig config = config(proxy.port());
        config.setMaximumPoolSize(4);
        Set<String> backends = new HashSet<>();
        try (HikariDataSource pool = new HikariDataSource(config)) {
            for (int i = 0; i < 40; i++) {
                try (Connection connection = pool.getConnection()) {
                    Route route = Sql.routeOf(connection, "SELECT v FROM drv_r WHERE id = 1");
                    assertThat(route.role()).as(route.toString()).isEqualTo("replica");
                    backends.add(route.backend());
                }
            }
        }
        assertThat(backends).hasSize(2);
    }
}
