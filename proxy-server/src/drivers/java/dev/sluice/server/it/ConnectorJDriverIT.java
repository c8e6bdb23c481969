package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.mysql.cj.jdbc.Driver;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connector/J with each option that changes what it sends. */
@Timeout(120)
class ConnectorJDriverIT {
    @RegisterExtension
    static final DriverReport REPORT = new DriverReport(
                    "MySQL Connector/J",
                    "com.mysql:mysql-connector-j",
                    "one conversation with each of 26 sets of options: server-side prepared statements, cursors, batches,"
                            + " compression, TLS, session state, character sets, time zones")
            .of(Driver.class);

    private static final String PASSWORD = "trusted";

    private static TestProxy proxy;
    private static Path stateDir;

    @BeforeAll
    static void start() throws Exception {
        JdbcConversation.prepare(Servers.mysql().primary());
        stateDir = Files.createTempDirectory(Servers.mysql().directory(), "verified-");
        proxy = TestProxy.options().stateDir(stateDir).start(Servers.mysql());
        proxy.awaitReplicas(2);
        trustStore(stateDir.resolve("tls/ca.pem"));
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
                "useServerPrepStmts=true cachePrepStmts=true",
                "useServerPrepStmts=true useCursorFetch=true defaultFetchSize=7",
                "rewriteBatchedStatements=true",
                "rewriteBatchedStatements=true useServerPrepStmts=true",
                "allowMultiQueries=true rewriteBatchedStatements=true",
                "useCompression=true",
                "sslMode=PREFERRED",
                "sslMode=REQUIRED useServerPrepStmts=true",
                "sslMode=VERIFY_CA",
                "sslMode=VERIFY_IDENTITY",
                "useLocalSessionState=true useLocalTransactionState=true",
                "cacheServerConfiguration=true elideSetAutoCommits=true alwaysSendSetIsolation=false",
                "connectionCollation=utf8mb4_bin",
                "connectionCollation=latin1_swedish_ci",
                "characterEncoding=ISO-8859-1",
                "useAffectedRows=true",
                "allowLoadLocalInfile=true useInformationSchema=true",
                "connectionTimeZone=+05:30 forceConnectionTimeZoneToSession=true preserveInstants=true",
                "useUsageAdvisor=false maintainTimeStats=false cacheResultSetMetadata=true cacheCallableStmts=true",
                "sessionVariables=sql_mode='ANSI_QUOTES',time_zone='-03:00' useReadAheadInput=false",
                "zeroDateTimeBehavior=CONVERT_TO_NULL tinyInt1isBit=false yearIsDateType=false",
                "databaseTerm=SCHEMA nullDatabaseMeansCurrent=true",
                "continueBatchOnError=false",
                "trackSessionState=true",
            })
    void itCannotTell(String options) throws Exception {
        boolean multi = options.contains("allowMultiQueries");
        new JdbcConversation(port -> connect(port, options), multi).assertSame(proxy);
    }

    /** What a client needs who trusts nobody but the authority that Sluice has made. */
    private static void trustStore(Path authority) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream pem = Files.newInputStream(authority)) {
            store.setCertificateEntry(
                    "sluice", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        try (OutputStream file = Files.newOutputStream(stateDir.resolve("trusted.p12"))) {
            store.store(file, PASSWORD.toCharArray());
        }
    }

    private static Connection connect(int port, String options) throws SQLException {
        List<String> all = new ArrayList<>();
        if (options.contains("sslMode=VERIFY")) {
            if (port != proxy.port()) {
                // The server's own certificate is another authority's, and names no host.
                return connect(port, "sslMode=REQUIRED");
            }
            all.add("trustCertificateKeyStoreUrl="
                    + stateDir.resolve("trusted.p12").toUri());
            all.add("trustCertificateKeyStoreType=PKCS12");
            all.add("trustCertificateKeyStorePassword=" + PASSWORD);
            all.add("fallbackToSystemTrustStore=false");
        }
        for (String option : options.split(" ", -1)) {
            if (!option.isEmpty()) {
                all.add(option);
            }
        }
        Connection connection = TestProxy.open(
                port, Accounts.APP_USER, Accounts.APP_PASSWORD, Accounts.DATABASE, all.toArray(new String[0]));
        assertThat(connection.isValid(1)).isTrue();
        return connection;
    }
}
