package dev.sluice.server.it;

import dev.sluice.server.localcluster.Accounts;
import io.asyncer.r2dbc.mysql.MySqlConnectionConfiguration;
import io.asyncer.r2dbc.mysql.MySqlConnectionFactory;
import io.asyncer.r2dbc.mysql.constant.CompressionAlgorithm;
import io.asyncer.r2dbc.mysql.constant.SslMode;
import java.io.IOException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** R2DBC with the driver of asyncer. */
@Timeout(120)
class R2dbcMySqlDriverIT {
    @RegisterExtension
    static final DriverReport REPORT = new DriverReport(
                    "r2dbc-mysql",
                    "io.asyncer:r2dbc-mysql",
                    "one conversation as text, prepared, compressed, with settings; TLS")
            .of(MySqlConnectionFactory.class);

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

    private static void assertSame(Consumer<MySqlConnectionConfiguration.Builder> options) throws Exception {
        R2dbcConversation.assertSame(proxy, port -> {
            MySqlConnectionConfiguration.Builder builder = MySqlConnectionConfiguration.builder()
                    .host("127.0.0.1")
                    .port(port)
                    .user(Accounts.APP_USER)
                    .password(Accounts.APP_PASSWORD)
                    .database(Accounts.DATABASE)
                    .sslMode(SslMode.REQUIRED);
            options.accept(builder);
            return MySqlConnectionFactory.from(builder.build());
        });
    }

    @Test
    void asText() throws Exception {
        assertSame(builder -> {});
    }

    @Test
    void prepared() throws Exception {
        assertSame(builder -> builder.useServerPrepareStatement());
    }

    @Test
    void preparedEvenWithoutParameters() throws Exception {
        assertSame(builder -> builder.useServerPrepareStatement(sql -> sql.startsWith("SELECT v")));
    }

    @Test
    void withCompressionAndSettings() throws Exception {
        assertSame(builder -> builder.compressionAlgorithms(CompressionAlgorithm.ZLIB)
                .sessionVariables("sql_mode='ANSI_QUOTES'", "time_zone='-03:00'")
                .tinyInt1isBit(false));
    }
}
