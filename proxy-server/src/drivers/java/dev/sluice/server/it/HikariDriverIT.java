package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.mysql.cj.jdbc.Driver;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
    static final DriverReport REPORT = new DriverReport(
                    "HikariCP",
                    "com.zaxxer:HikariCP + com.mysql:mysql-connector-j",
                    "what it asks of connections with each of 4 sets of settings; reads and transactions of many threads")
            .of(HikariDataSource.class, Driver.class);

    private static final int CONNECTIONS = 4;
    private static final int THREADS = 8;
    private static final int ROUNDS = 25;

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
    void manyThreadsWriteInTransactionsAndReadOutsideOfThem() throws Exception {
        String primary = Servers.mysql().primary().queryValue("SELECT @@server_id");
        assertThat(shareWork(Servers.mysql().primary().port())).containsOnly(primary);
        assertThat(shareWork(proxy.port())).hasSizeGreaterThan(1);
    }

    /** Where reads ran; all that was written was counted. */
    private static Set<String> shareWork(int port) throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "DROP TABLE IF EXISTS app.drv_w",
                        "CREATE TABLE app.drv_w (id INT PRIMARY KEY, n INT NOT NULL)",
                        "INSERT INTO app.drv_w VALUES (1, 0)");
        proxy.awaitCaughtUp();
        HikariConfig config = config(port);
        config.setMaximumPoolSize(CONNECTIONS);
        Set<String> servers = ConcurrentHashMap.newKeySet();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            List<Future<@Nullable Void>> all = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                all.add(threads.submit(() -> work(pool, servers)));
            }
            for (Future<@Nullable Void> one : all) {
                one.get();
            }
            try (Connection connection = pool.getConnection()) {
                // A plain read may be older: another connection of the pool is another session.
                assertThat(Sql.value(connection, "SELECT n FROM drv_w WHERE id = 1 FOR UPDATE"))
                        .isEqualTo(Integer.toString(THREADS * ROUNDS));
            }
        } finally {
            threads.shutdownNow();
        }
        return servers;
    }

    private static @Nullable Void work(HikariDataSource pool, Set<String> servers) throws SQLException {
        for (int i = 0; i < ROUNDS; i++) {
            try (Connection connection = pool.getConnection()) {
                servers.add(String.valueOf(Sql.value(connection, "SELECT @@server_id FROM drv_r WHERE id = 1")));
            }
            try (Connection connection = pool.getConnection()) {
                connection.setAutoCommit(false);
                int before = Integer.parseInt(
                        String.valueOf(Sql.value(connection, "SELECT n FROM drv_w WHERE id = 1 FOR UPDATE")));
                assertThat(Sql.update(connection, "UPDATE drv_w SET n = " + (before + 1) + " WHERE id = 1"))
                        .isEqualTo(1);
                connection.commit();
            }
        }
        return null;
    }

    @Test
    void readsOfManyConnectionsAreSpread() throws SQLException {
        // What another test has just written keeps the reads of a session on a replica that is known to have it.
        proxy.awaitCaughtUp();
        HikariConfig config = config(proxy.port());
        config.setMaximumPoolSize(CONNECTIONS);
        Set<String> backends = new HashSet<>();
        List<Connection> lent = new ArrayList<>();
        try (HikariDataSource pool = new HikariDataSource(config)) {
            for (int i = 0; i < CONNECTIONS; i++) {
                lent.add(pool.getConnection());
            }
            for (int i = 0; i < 10 * CONNECTIONS; i++) {
                Route route = Sql.routeOf(lent.get(i % CONNECTIONS), "SELECT v FROM drv_r WHERE id = 1");
                assertThat(route.role()).as(route.toString()).isEqualTo("replica");
                backends.add(route.backend());
            }
            for (Connection connection : lent) {
                connection.close();
            }
        }
        assertThat(backends).hasSize(2);
    }
}
