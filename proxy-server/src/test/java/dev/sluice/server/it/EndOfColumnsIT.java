package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The EOF packets behind the columns of a prepared statement, which Sluice makes for clients of the older form. */
class EndOfColumnsIT {
    private static final int OLD = RawClient.CAPABILITIES & ~Capabilities.CLIENT_DEPRECATE_EOF;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE TABLE app2.columns_end (id INT PRIMARY KEY, t INT NOT NULL)",
                        "CREATE PROCEDURE app2.columns_end() START TRANSACTION",
                        "GRANT ALL ON app2.* TO 'native'@'%'");
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP TABLE app2.columns_end", "DROP PROCEDURE app2.columns_end");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET autocommit = 0",
                "SET autocommit = 0 | INSERT INTO app2.columns_end VALUES (1, NULL)",
                "BEGIN | SELECT nothing FROM app2.columns_end",
                "START TRANSACTION READ ONLY",
                "START TRANSACTION READ ONLY | SELECT nothing",
                "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
                "CALL app2.columns_end()"
            })
    void theySayWhichTransactionIsOpen(String before) throws IOException {
        assertSame(before, "@prepare 1 SELECT id FROM app2.columns_end WHERE id = ?");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT SQL_NO_CACHE id FROM app2.columns_end",
                "SELECT SQL_NO_CACHE id FROM app2.columns_end WHERE id = ?",
                "INSERT INTO app2.columns_end VALUES (?, ?)"
            })
    void theySayHowManyWarningsThereAre(String sql) throws IOException {
        assertSame("SELECT 1", "@prepare 1 " + sql);
    }

    private static void assertSame(String before, String step) throws IOException {
        int direct = Servers.mysql().primary().port();
        try (WireSession there = new WireSession(direct, OLD, RawClient.UTF8MB4_0900_AI_CI);
                WireSession here = new WireSession(proxy.port(), OLD, RawClient.UTF8MB4_0900_AI_CI)) {
            for (String sql : List.of(before.split(" \\| "))) {
                assertThat(here.run(sql).describe()).isEqualTo(there.run(sql).describe());
            }
            assertThat(here.run(step).describe()).isEqualTo(there.run(step).describe());
        }
    }
}
