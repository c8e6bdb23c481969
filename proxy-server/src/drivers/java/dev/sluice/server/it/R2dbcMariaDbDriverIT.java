package dev.sluice.server.it;

import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.mariadb.r2dbc.MariadbConnectionConfiguration;
import org.mariadb.r2dbc.MariadbConnectionFactory;
import org.mariadb.r2dbc.SslMode;

/** R2DBC with the driver of MariaDB. */
@Timeout(120)
class R2dbcMariaDbDriverIT {
    @RegisterExtension
    static final DriverReport REPORT = new DriverReport(
                    "r2dbc-mariadb",
                    "org.mariadb:r2dbc-mariadb",
                    "one conversation as text, prepared, in pipelines, with settings; TLS")
            .of(MariadbConnectionFactory.class);

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        JdbcConversation.prepare(Servers.mysql().primary());
        proxy = TestProxy.start(Servers.mysql());
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

    private static void assertSame(Consumer<MariadbConnectionConfiguration.Builder> options) throws Exception {
        R2dbcConversation.assertSame(proxy, port -> {
            MariadbConnectionConfiguration.Builder builder = MariadbConnectionConfiguration.builder()
                    .host("127.0.0.1")
                    .port(port)
                    .username(Accounts.APP_USER)
                    .password(Accounts.APP_PASSWORD)
                    .database(Accounts.DATABASE)
                    .sslMode(SslMode.TRUST);
            options.accept(builder);
            return new MariadbConnectionFactory(builder.build());
        });
    }

    @Test
    void asText() throws Exception {
        assertSame(builder -> {});
    }

    @Test
    void prepared() throws Exception {
        assertSame(builder -> builder.useServerPrepStmts(true));
    }

    @Test
    void inPipelines() throws Exception {
        assertSame(builder -> builder.allowPipelining(true).allowMultiQueries(true));
    }

    @Test
    void withSettings() throws Exception {
        assertSame(builder -> builder.tinyInt1isBit(false).autocommit(true).timezone("+02:00"));
    }
}
