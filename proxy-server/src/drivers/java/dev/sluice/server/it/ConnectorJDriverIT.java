package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.mysql.cj.jdbc.Driver;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
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
                    "one conversation with each of 24 sets of options: server-side prepared statements, cursors, batches,"
                            + " compression, TLS, session state, character sets, time zones")
            .of(Driver.class);

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

    private static Connection connect(int port, String options) throws SQLException {
        List<String> all = new ArrayList<>();
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
