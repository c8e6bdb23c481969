package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mariadb.jdbc.Driver;

/** MariaDB Connector/J, the JDBC driver of another house, with each option that changes what it sends. */
@Timeout(120)
class MariaDbConnectorJDriverIT {
    @RegisterExtension
    static final DriverReport REPORT = new DriverReport(
                    "MariaDB Connector/J",
                    "org.mariadb.jdbc:mariadb-java-client",
                    "one conversation with each of 21 sets of options: prepared and bulk statements, batches, pipelines,"
                            + " compression, TLS, autocommit off, time zones")
            .of(Driver.class);

    private static TestProxy proxy;
    private static Path stateDir;

    @BeforeAll
    static void start() throws Exception {
        JdbcConversation.prepare(Servers.mysql().primary());
        stateDir = Files.createTempDirectory(Servers.mysql().directory(), "verified-");
        proxy = TestProxy.options().stateDir(stateDir).start(Servers.mysql());
        proxy.awaitReplicas(2);
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "useServerPrepStmts=true",
                "useServerPrepStmts=true useBulkStmts=true cachePrepStmts=true",
                "useServerPrepStmts=true defaultFetchSize=7",
                "rewriteBatchedStatements=true",
                "allowMultiQueries=true",
                "useCompression=true",
                "sslMode=trust",
                "sslMode=trust useServerPrepStmts=true",
                "sslMode=verify-ca",
                "sslMode=verify-full",
                "useAffectedRows=true",
                "allowLocalInfile=true useReadAheadInput=true",
                "connectionTimeZone=+05:30 forceConnectionTimeZoneToSession=true preserveInstants=true",
                "useMysqlMetadata=true tinyInt1isBit=false yearIsDateType=false",
                "disablePipeline=true transactionReplay=false",
                "autocommit=false",
                "connectionCollation=utf8mb4_bin",
                "sessionVariables=sql_mode='ANSI_QUOTES',wait_timeout=900",
                "transactionIsolation=READ-COMMITTED useResetConnection=true",
                "returnMultiValuesGeneratedIds=true dumpQueriesOnException=true",
            })
    void itCannotTell(String options) throws Exception {
        boolean multi = options.contains("allowMultiQueries");
        new JdbcConversation(port -> connect(port, options), multi).assertSame(proxy);
    }

    private static Connection connect(int port, String given) throws SQLException {
        String options = given;
        if (given.startsWith("sslMode=verify")) {
            // The server's own certificate is another authority's, and names no host.
            options =
                    port == proxy.port() ? given + " serverSslCert=" + stateDir.resolve("tls/ca.pem") : "sslMode=trust";
        }
        String url = "jdbc:mariadb://127.0.0.1:" + port + "/" + Accounts.DATABASE
                + "?allowPublicKeyRetrieval=true&connectTimeout=" + TestProxy.TIMEOUT_MILLIS
                + "&socketTimeout=" + TestProxy.TIMEOUT_MILLIS;
        if (!options.isEmpty()) {
            url += "&" + options.replace(' ', '&');
        }
        Connection connection = DriverManager.getConnection(url, Accounts.APP_USER, Accounts.APP_PASSWORD);
        assertThat(connection.isValid(1)).isTrue();
        return connection;
    }
}
