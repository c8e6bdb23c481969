package dev.sluice.server.it;

import dev.sluice.server.localcluster.Accounts;
import io.vertx.core.Vertx;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.mysqlclient.MySQLClient;
import io.vertx.mysqlclient.MySQLConnectOptions;
import io.vertx.mysqlclient.SslMode;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The MySQL client of Vert.x, also with statements that do not wait for the answers to those before. */
@Timeout(120)
class VertxDriverIT {
    @RegisterExtension
    static final DriverReport REPORT = new DriverReport(
                    "Vert.x MySQL client",
                    "io.vertx:vertx-mysql-client",
                    "one conversation with its defaults, with cached prepared statements, over TLS, with 64 statements in"
                            + " a pipeline: cursors, streams, batches, transactions, errors; pipelines of 8 connections")
            .of(MySQLClient.class);

    private static final int PIPELINED = 64;

    private static Vertx vertx;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        JdbcConversation.prepare(Servers.mysql().primary());
        proxy = TestProxy.start(Servers.mysql());
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stop() throws Exception {
        vertx.close().await(TestProxy.TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        proxy.close();
        JdbcConversation.dropAll(Servers.mysql().primary());
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static MySQLConnectOptions options(int port) {
        return new MySQLConnectOptions()
                .setHost("127.0.0.1")
                .setPort(port)
                .setUser(Accounts.APP_USER)
                .setPassword(Accounts.APP_PASSWORD)
                .setDatabase(Accounts.DATABASE);
    }

    private static void assertSame(Consumer<MySQLConnectOptions> changes) throws Exception {
        VertxConversation.assertSame(proxy, vertx, port -> {
            MySQLConnectOptions options = options(port);
            changes.accept(options);
            return options;
        });
    }

    @Test
    void withItsDefaults() throws Exception {
        assertSame(options -> {});
    }

    @Test
    void withCachedPreparedStatements() throws Exception {
        assertSame(options -> options.setCachePreparedStatements(true).setPreparedStatementCacheMaxSize(8));
    }

    @Test
    void overTlsWithFoundRowsAndAnotherCollation() throws Exception {
        assertSame(options -> options.setSslMode(SslMode.REQUIRED)
                .setSslOptions(new ClientSSLOptions().setTrustAll(true))
                .setUseAffectedRows(true)
                .setCollation("utf8mb4_bin"));
    }

    @Test
    void inPipelines() throws Exception {
        assertSame(options -> options.setPipeliningLimit(PIPELINED));
    }

    @Test
    void inPipelinesOfCachedPreparedStatements() throws Exception {
        assertSame(options -> options.setPipeliningLimit(PIPELINED).setCachePreparedStatements(true));
    }

    @Test
    void manyPipelinesSideBySide() throws Exception {
        VertxPipelines.assertSame(
                proxy,
                vertx,
                port -> options(port).setPipeliningLimit(PIPELINED).setCachePreparedStatements(true));
    }
}
