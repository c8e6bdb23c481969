package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A primary that fails at the worst moment. An error has no status flags, so Sluice asks for them by COM_SET_OPTION while the
 * client already has its answer: here the connection is lost just then. And a server may answer a statement before it has
 * the whole of it.
 */
@Timeout(60)
class FaultyPrimaryIT {
    /** COM_SET_OPTION, which sets what is set already: multi-statements are off. */
    private static final byte[] STATUS_QUESTION = {3, 0, 0, 0, 0x1B, 1, 0};
    /** Error 1153 as a server sends it after the first packet of a statement. */
    private static final byte[] TOO_LARGE =
            "\u0010\0\0\1\u00ff\u0081\4#08S01too big".getBytes(StandardCharsets.ISO_8859_1);

    private static FaultyRelay relay;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE lost",
                        "GRANT ALL ON lost.* TO 'app'@'%'",
                        "GRANT ALL ON lost.* TO 'native'@'%'",
                        "CREATE TABLE lost.t (id INT PRIMARY KEY, v INT)",
                        "INSERT INTO lost.t VALUES (1, 10)");
        relay = FaultyRelay.to(Servers.mysql().primary());
        proxy = TestProxy.options().primaryAt(relay.address()).start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        relay.close();
        Servers.mysql().primary().execute("DROP DATABASE lost");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static Connection connect() throws SQLException {
        return proxy.connectAs("app", "app-secret", "lost");
    }

    /** The statement fails with this error, and its connection is lost afterwards. */
    private static void assertFailsAndLosesItsConnection(Connection connection, String sql, int error) {
        int before = relay.faults();
        relay.cutOnce(sql, STATUS_QUESTION);
        assertThat(Sql.error(connection, sql)).isEqualTo(error);
        await().atMost(TestProxy.SOON).until(() -> relay.faults() == before + 1);
    }

    private static void assertServes(Connection connection) throws SQLException {
        assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1")).isEqualTo("10");
        assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1 FOR UPDATE"))
                .isEqualTo("10");
        assertThat(Sql.route(connection).pins()).isEmpty();
    }

    @Test
    void aSessionWithoutStateGoesOnAndItsClientHasTheOriginalError() throws SQLException {
        try (Connection connection = connect()) {
            for (int i = 0; i < 3; i++) {
                assertFailsAndLosesItsConnection(connection, "SET SESSION sql_mode = 'SETTLING" + i + "'", 1231);
                assertServes(connection);
            }
        }
    }

    @Test
    void aTransactionThatWasLostIsToldByTheNextStatementOnly() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "BEGIN", "UPDATE t SET v = 11 WHERE id = 1");
            assertFailsAndLosesItsConnection(connection, "INSERT INTO t VALUES (1, 12)", 1062);
            assertThatThrownBy(() -> Sql.run(connection, "SELECT 1"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"));
            assertServes(connection);
        }
    }

    @Test
    void sessionStateThatWasLostIsToldByTheNextStatementOnly() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "SET @v = 1 + 0");
            assertFailsAndLosesItsConnection(connection, "SET SESSION sql_mode = 'STATE'", 1231);
            assertThatThrownBy(() -> Sql.run(connection, "SELECT @v")).hasMessageContaining("user_variable");
            assertServes(connection);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {17, 40})
    void anAnswerInTheMiddleOfALargeStatementReachesTheClientAndTheSessionLives(int mebibytes) throws Exception {
        try (RawClient client = proxy.raw()) {
            client.query("USE lost");
            for (int i = 0; i < 3; i++) {
                // Brings the insert id there: otherwise the first answer would be that of the SET in front.
                assertThat(client.value("SELECT LAST_INSERT_ID()")).isEqualTo("0");
                int before = relay.faults();
                byte[] sql = new byte[mebibytes << 20];
                Arrays.fill(sql, (byte) 'x');
                byte[] head = ("INSERT INTO large" + i + " VALUES ('").getBytes(StandardCharsets.US_ASCII);
                System.arraycopy(head, 0, sql, 0, head.length);
                relay.answerOnce("INTO large" + i, TOO_LARGE);
                client.send(CommandType.COM_QUERY, sql);
                client.expectSequence(1);
                assertThat(client.err(client.read()).code()).isEqualTo(1153);
                assertThat(relay.faults()).isEqualTo(before + 1);
                assertThat(client.value("SELECT v FROM t WHERE id = 1")).isEqualTo("10");
                assertThat(client.value("SELECT v FROM t WHERE id = 1 FOR UPDATE"))
                        .isEqualTo("10");
            }
        }
    }

    /** What a server says to any command when it shuts down or the connection is killed. */
    private static final byte[] SHUTDOWN =
            "\u0010\0\0\1\u00ff\u001d\4#08S01too bad".getBytes(StandardCharsets.ISO_8859_1);

    @Test
    void anErrorInPlaceOfTheStatusIsNoEndOfTheTransaction() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "BEGIN", "UPDATE t SET v = 11 WHERE id = 1");
            int before = relay.faults();
            String sql = "INSERT INTO t VALUES (1, 13)";
            relay.answerAndCutOnce(sql, STATUS_QUESTION, SHUTDOWN);
            assertThat(Sql.error(connection, sql)).isEqualTo(1062);
            await().atMost(TestProxy.SOON).until(() -> relay.faults() == before + 1);
            // Without an error here, this and what follows run in autocommit, and COMMIT seems to succeed.
            assertThatThrownBy(() -> Sql.run(connection, "UPDATE t SET v = 10 WHERE id = 1"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"));
            assertServes(connection);
        }
    }
}
