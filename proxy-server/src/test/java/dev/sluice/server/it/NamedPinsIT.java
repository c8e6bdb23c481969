package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is left of several things with similar names keeps its connection: nobody else gets to see it. */
@Timeout(120)
class NamedPinsIT {
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        proxy = TestProxy.options().eventLoops(1).connections(2).start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "CREATE TEMPORARY TABLE x (id INT) | CREATE TEMPORARY TABLE X (id INT) | DROP TABLE X | SELECT COUNT(*) FROM x | DROP TABLE x",
                "CREATE TEMPORARY TABLE `a b` (id INT) | CREATE TEMPORARY TABLE ab (id INT) | DROP TABLE ab | SELECT COUNT(*) FROM `a b` | DROP TABLE `a b`",
                "CREATE TEMPORARY TABLE `a``b` (id INT) | CREATE TEMPORARY TABLE ab (id INT) | DROP TABLE ab | SELECT COUNT(*) FROM `a``b` | DROP TABLE `a``b`",
                "DO GET_LOCK('a b', 0) | DO GET_LOCK('ab', 0) | DO RELEASE_LOCK('ab') | SELECT IS_USED_LOCK('a b') <> CONNECTION_ID() | DO RELEASE_LOCK('a b')",
                "DO GET_LOCK('c', 0) | SET sql_select_limit = 0 | SELECT RELEASE_LOCK('c') | SELECT IS_USED_LOCK('c') <> CONNECTION_ID() LIMIT 1 | DO RELEASE_ALL_LOCKS()"
            })
    void theOneThatIsLeftStillPins(String first, String second, String gone, String probe, String last)
            throws SQLException {
        try (Connection connection = proxy.connect();
                Connection other = proxy.connect()) {
            Sql.run(connection, first, second, gone);
            assertThat(Sql.route(connection).pins()).isNotEmpty();
            // Somebody else would be given the connection now, if it were free.
            Sql.run(other, "DO 1");
            assertThat(Sql.value(connection, probe)).isEqualTo("0");
            Sql.run(connection, "SET sql_select_limit = DEFAULT", last);
            assertThat(Sql.route(connection).pins()).isEmpty();
        }
    }
}
