package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connector/J with the options that are used most: it cannot tell Sluice from the server. */
@Timeout(120)
class ConnectorJIT {
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
                "useServerPrepStmts=true cachePrepStmts=true rewriteBatchedStatements=true",
                "useServerPrepStmts=true useCursorFetch=true defaultFetchSize=7 sslMode=REQUIRED",
                "allowMultiQueries=true useCompression=true useLocalSessionState=true useLocalTransactionState=true",
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
