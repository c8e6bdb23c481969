package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.it.StateSchemas.Turn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the server says about the statement before: warnings, errors and counts. */
@Timeout(60)
class LastStatementIT {
    /** One event loop and two connections to each server. */
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        StateSchemas.create();
        proxy = StateSchemas.startProxy();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        StateSchemas.drop();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static Connection connect(String... options) throws SQLException {
        return StateSchemas.connect(proxy, options);
    }

    private static void inTurns(int count, List<Turn> turns) throws SQLException {
        StateSchemas.inTurns(proxy, count, turns);
    }

    @Test
    void anErrorIsShownThoughOthersNeedConnections() throws SQLException {
        inTurns(
                12,
                List.of(
                        (connection, i) -> assertThat(Sql.error(connection, "SELECT nothing" + i + " FROM t"))
                                .isEqualTo(1054),
                        (connection, i) -> {
                            if (i == 11) {
                                assertThat(Sql.rows(connection, "SHOW ERRORS")).hasSize(1);
                            }
                        }));
    }

    /** The connections of this proxy have warnings of others all the time. */
    @Test
    void nobodySeesTheWarningsOfAnother() throws SQLException {
        inTurns(
                12,
                List.of(
                        (connection, i) -> Sql.run(connection, "SELECT 1"),
                        (connection, i) -> {
                            if (i % 2 == 0) {
                                Sql.run(connection, "SELECT CAST('x' AS SIGNED), SLEEP(0)");
                            }
                        },
                        (connection, i) -> {
                            if (i % 2 != 0) {
                                assertThat(Sql.rows(connection, "SHOW WARNINGS"))
                                        .isEmpty();
                            }
                        }));
    }

    @Test
    void warningsAreThoseOfTheLastStatement() throws SQLException {
        inTurns(
                2,
                List.of(
                        (connection, i) -> Sql.run(connection, "SET SESSION sql_mode = ''"),
                        (connection, i) -> {
                            Sql.run(connection, "INSERT INTO w VALUES ('toolong" + i + "')");
                            assertThat(Sql.rows(connection, "SHOW WARNINGS")).hasSize(1);
                            assertThat(Sql.rows(connection, "SHOW WARNINGS").get(0))
                                    .startsWith("Warning,1265");
                            assertThat(Sql.value(connection, "SHOW COUNT(*) WARNINGS"))
                                    .isEqualTo("1");
                        },
                        (connection, i) -> {
                            Sql.run(connection, "SELECT CAST('x" + i + "' AS SIGNED)");
                            assertThat(Sql.rows(connection, "SHOW WARNINGS"))
                                    .containsExactly("Warning,1292,Truncated incorrect INTEGER value: 'x" + i + "'");
                        },
                        (connection, i) -> {
                            Sql.run(connection, "SELECT 1");
                            assertThat(Sql.rows(connection, "SHOW WARNINGS")).isEmpty();
                            assertThat(Sql.route(connection).pins()).isEmpty();
                        }));
    }

    /** The warnings of a result in front of it have gone with its statement, whoever is asked for them. */
    @Test
    void theErrorOfTheLastOfSeveralStatementsStandsAlone() throws SQLException {
        List<Connection> connections = new ArrayList<>();
        try {
            for (int i = 0; i < 12; i++) {
                connections.add(connect("allowMultiQueries=true"));
            }
            String several = "SELECT CAST('x' AS SIGNED), CAST('y' AS SIGNED); SELECT @@session.nothing";
            for (Connection connection : connections) {
                assertThat(Sql.error(connection, several)).isEqualTo(1193);
            }
            for (Connection connection : connections) {
                assertThat(Sql.rows(connection, "SELECT @@warning_count, @@error_count"))
                        .containsExactly("1,1");
            }
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    @Test
    void errorsCanBeAskedForAfterwards() throws SQLException {
        try (Connection connection = connect()) {
            assertThat(Sql.error(connection, "SELECT * FROM nothing")).isEqualTo(1146);
            assertThat(Sql.rows(connection, "SHOW ERRORS"))
                    .singleElement()
                    .asString()
                    .startsWith("Error,1146");
        }
    }

    @Test
    void foundRowsAndRowCountSpeakOfTheLastStatement() throws SQLException {
        inTurns(2, List.of((connection, i) -> {
            Sql.run(connection, "SELECT SQL_CALC_FOUND_ROWS id FROM t LIMIT 1");
            assertThat(Sql.value(connection, "SELECT FOUND_ROWS()")).isEqualTo("3");
            Sql.run(connection, "UPDATE t SET v = v + 1 WHERE id IN (1, 3)");
            assertThat(Sql.value(connection, "SELECT ROW_COUNT()")).isEqualTo("2");
            Sql.run(connection, "UPDATE t SET v = v - 1 WHERE id IN (1, 3)");
        }));
    }

    /** Sluice asks the server for its status after such an error, which must not count as a statement. */
    @Test
    void theRowCountOfAnErrorIsThatOfTheServer() throws SQLException {
        try (Connection connection = connect("allowMultiQueries=true")) {
            assertThat(Sql.error(connection, "EXECUTE nothing")).isEqualTo(1243);
            assertThat(Sql.value(connection, "SELECT ROW_COUNT()")).isEqualTo("-1");
            assertThat(Sql.error(connection, "DO 1; SELECT * FROM nothing")).isEqualTo(1146);
            assertThat(Sql.value(connection, "SELECT ROW_COUNT()")).isEqualTo("-1");
            Sql.run(connection, "BEGIN");
            assertThat(Sql.error(connection, "SELECT * FROM nothing")).isEqualTo(1146);
            assertThat(Sql.value(connection, "SELECT ROW_COUNT()")).isEqualTo("-1");
        }
    }

    /** The collation that SET NAMES chose is asked for, which must not count as a statement. */
    @Test
    void theRowCountOfSetNamesIsThatOfTheServer() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "SET NAMES utf8mb4");
            assertThat(Sql.value(connection, "SELECT ROW_COUNT()")).isEqualTo("0");
            Sql.run(connection, "SET NAMES utf8mb3");
            assertThat(Sql.rows(connection, "SHOW WARNINGS")).hasSize(1);
        }
    }

    @Test
    void afterAResetNothingHasHappened() throws Exception {
        try (RawClient client = proxy.raw()) {
            List<byte[]> failed = client.query("SELECT * FROM nothing");
            assertThat(client.err(failed.get(0)).code()).isEqualTo(1146);
            assertThat(RawClient.first(client.ask(CommandType.COM_RESET_CONNECTION, new byte[0])))
                    .isEqualTo(RawClient.OK);
            assertThat(client.value("SELECT ROW_COUNT()")).isEqualTo("0");
            assertThat(client.value("SHOW COUNT(*) ERRORS")).isEqualTo("0");
        }
    }

    @Test
    void anOptionLeavesTheRowCountOfAQuery() throws Exception {
        try (RawClient client = proxy.raw();
                RawClient direct = RawClient.connect(proxy.cluster().primary().port())) {
            for (RawClient each : List.of(direct, client)) {
                List<byte[]> unused = each.query("DO 1");
                byte[] option = each.ask(CommandType.COM_SET_OPTION, new byte[] {0, 0});
                assertThat(RawClient.first(option)).isEqualTo(RawClient.EOF);
                assertThat(each.value("SELECT ROW_COUNT()")).isEqualTo("-1");
            }
        }
    }

    /** The option is brought to the connection in front of the next command, which leaves the error as it is, too. */
    @Test
    void anOptionAndASchemaLeaveTheErrorOfAStatement() throws Exception {
        try (RawClient client = proxy.raw();
                RawClient direct = RawClient.connect(proxy.cluster().primary().port())) {
            for (RawClient each : List.of(direct, client)) {
                List<byte[]> unused = each.query("RELEASE SAVEPOINT nothing");
                byte[] option = each.ask(CommandType.COM_SET_OPTION, new byte[] {1, 0});
                assertThat(RawClient.first(option)).isEqualTo(RawClient.EOF);
                byte[] schema = each.ask(CommandType.COM_INIT_DB, "state".getBytes(StandardCharsets.US_ASCII));
                assertThat(RawClient.first(schema)).isEqualTo(RawClient.OK);
                assertThat(each.value("SHOW COUNT(*) ERRORS")).isEqualTo("1");
            }
        }
    }

    /** A server changes the number only with the INSERT: what was asked in front of it would be wrong, and an error is better. */
    @Test
    void foundRowsBehindAFailedUpdateAndAnInsertAreNotThoseInFrontOfThem() throws Exception {
        try (RawClient client = proxy.raw();
                RawClient direct = RawClient.connect(proxy.cluster().primary().port())) {
            assertThat(foundRowsBehindAFailedUpdateAndAnInsert(direct)).isEqualTo("0");
            assertThat(foundRowsBehindAFailedUpdateAndAnInsert(client)).isIn("0", "ERR");
        }
    }

    private static String foundRowsBehindAFailedUpdateAndAnInsert(RawClient client) throws IOException {
        List<byte[]> unused = client.query("START TRANSACTION");
        unused = client.query("SELECT id FROM state.t ORDER BY id LIMIT 3, 0");
        List<byte[]> refused = client.query("UPDATE state.t SET v = DATABASE() + 1 WHERE id < 4");
        assertThat(RawClient.first(refused.get(0))).isEqualTo(RawClient.ERR);
        unused = client.query("COMMIT");
        unused = client.query("INSERT INTO state.a (who) VALUES (1)");
        List<byte[]> answer = client.query("SELECT FOUND_ROWS()");
        return RawClient.first(answer.get(0)) == RawClient.ERR
                ? "ERR"
                : new String(answer.get(2), 1, answer.get(2)[0], StandardCharsets.US_ASCII);
    }

    @Test
    void foundRowsOutliveAReset() throws Exception {
        try (RawClient client = proxy.raw();
                RawClient direct = RawClient.connect(proxy.cluster().primary().port())) {
            for (RawClient each : List.of(client, direct)) {
                List<byte[]> unused = each.query("SELECT 1 UNION SELECT 2 UNION SELECT 3");
                unused = List.of(each.ask(CommandType.COM_RESET_CONNECTION, new byte[0]));
                assertThat(each.value("SELECT FOUND_ROWS()")).isEqualTo("3");
            }
        }
    }

    /** It is answered with OK, and leaves an error. */
    @Test
    void aConditionThatDoesNotExistIsAnErrorThatStays() throws Exception {
        TestProxy.Options oneConnection =
                TestProxy.options().eventLoops(1).connections(1).acquireTimeout(Duration.ofMillis(300));
        try (TestProxy narrow = oneConnection.start(proxy.cluster());
                RawClient client = narrow.raw();
                RawClient other = narrow.raw()) {
            narrow.awaitCaughtUp();
            for (String before : List.of("DO 1", "SELECT 1")) {
                List<byte[]> unused = client.query(before);
                List<byte[]> answer = client.query("GET DIAGNOSTICS CONDITION 1 @text = MESSAGE_TEXT");
                assertThat(RawClient.first(answer.get(0))).isEqualTo(RawClient.OK);
                // What @text is nobody knows, so nobody else gets the connection.
                assertThat(other.err(other.query("DO 1").get(0)).message()).contains("stayed in use");
                assertThat(client.query("SHOW ERRORS")).hasSize(5 + 1);
                assertThat(client.value("SELECT ROW_COUNT()")).isEqualTo("-1");
            }
        }
    }

    @Test
    void getDiagnosticsBehindAReadKeepsNobodyFromWriting() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "SELECT v FROM t WHERE id = 1");
            assertThat(Sql.route(connection).role()).isEqualTo("replica");
            Sql.run(connection, "GET DIAGNOSTICS @conditions = NUMBER, @affected = ROW_COUNT");
            assertThat(Sql.route(connection).role()).isEqualTo("primary");
            Sql.run(connection, "UPDATE t SET v = v WHERE id = 1");
            assertThat(Sql.rows(connection, "SELECT @conditions, @affected")).containsExactly("0,-1");
            Sql.run(connection, "SELECT v FROM t WHERE id = 1");
            Sql.run(connection, "SET @again = @@warning_count");
            assertThat(Sql.value(connection, "SELECT @again")).isEqualTo("0");
        }
    }

    /** Its error is added to what was there, which must not be somebody else's. */
    @Test
    void aResignalShowsNothingOfOthers() throws Exception {
        try (TestProxy narrow = TestProxy.options().eventLoops(1).connections(1).start(proxy.cluster());
                RawClient client = narrow.raw();
                RawClient other = narrow.raw()) {
            for (String before : List.of("DO 1", "SELECT CAST('mine' AS SIGNED)")) {
                List<byte[]> unused = client.query(before);
                unused = other.query("DEALLOCATE PREPARE secret");
                unused = other.query("DEALLOCATE PREPARE secret");
                unused = client.query("RESIGNAL");
                List<byte[]> warnings = client.query("SHOW WARNINGS");
                // Number of columns, columns, end.
                assertThat(warnings).hasSize(before.startsWith("SELECT") ? 5 + 2 : 5 + 1);
                assertThat(warnings)
                        .noneMatch(packet -> new String(packet, StandardCharsets.ISO_8859_1).contains("secret"));
            }
        }
    }

    /** COM_INIT_DB adds to what is there, and settings that a server warns of have been made in front of it. */
    @Test
    void whatSettingsOfSluicesOwnHaveLeftIsNotShown() throws Exception {
        try (TestProxy narrow = TestProxy.options().eventLoops(1).connections(1).start(proxy.cluster());
                // utf8mb3_general_ci
                RawClient client = RawClient.connectExactly(narrow.port(), RawClient.CAPABILITIES, 33);
                RawClient other = narrow.raw()) {
            for (int i = 1; i <= 3; i++) {
                List<byte[]> unused = other.query("DO 1");
                byte[] refused = client.ask(CommandType.COM_INIT_DB, "nowhere".getBytes(StandardCharsets.US_ASCII));
                assertThat(RawClient.first(refused)).isEqualTo(RawClient.ERR);
                // Its own of before are still there.
                assertThat(client.value("SHOW COUNT(*) WARNINGS")).isEqualTo(String.valueOf(i));
            }
        }
    }

    /** The one of COM_INIT_DB stands behind what the last statement has left, though it was left on another connection. */
    @Test
    void theErrorOfACommandIsOneMore() throws Exception {
        try (TestProxy narrow = TestProxy.options().eventLoops(1).connections(1).start(proxy.cluster());
                RawClient client = narrow.raw();
                RawClient direct = RawClient.connect(proxy.cluster().primary().port());
                RawClient other = narrow.raw()) {
            List<List<byte[]>> shown = new ArrayList<>();
            for (RawClient each : List.of(client, direct)) {
                List<byte[]> unused = each.query("DELETE FROM nothing");
                unused = other.query("DO CAST('y' AS SIGNED)");
                byte[] refused = each.ask(CommandType.COM_INIT_DB, "nowhere".getBytes(StandardCharsets.US_ASCII));
                assertThat(RawClient.first(refused)).isEqualTo(RawClient.ERR);
                unused = other.query("DO CAST('y' AS SIGNED)");
                shown.add(each.query("SHOW WARNINGS"));
            }
            assertThat(shown.get(0)).hasSize(shown.get(1).size()).hasSize(1 + 3 + 2 + 1);
            assertThat(shown.get(0)).containsExactlyElementsOf(shown.get(1));
        }
    }

    /** SHOW VARIABLES runs with the client's trackers, and whatever follows with Sluice's again. */
    @Test
    void aStatementThatIsOnlyPreparedLeavesTheRowCount() throws Exception {
        try (RawClient client = proxy.raw();
                RawClient direct = RawClient.connect(proxy.cluster().primary().port())) {
            for (RawClient each : List.of(direct, client)) {
                // Ties the session to its connection.
                List<byte[]> unused = each.query("SELECT 1 INTO @one");
                unused = each.query("SHOW VARIABLES LIKE 'sql_mode'");
                int id = each.prepare("SELECT ?");
                assertThat(each.value("SELECT ROW_COUNT()")).isEqualTo("-1");
                each.send(CommandType.COM_STMT_CLOSE, RawClient.int4(id));
            }
        }
    }

    @Test
    void errorsOfCommandsAreShownLikeThoseOfStatements() throws Exception {
        try (TestProxy narrow = TestProxy.options().eventLoops(1).connections(1).start(proxy.cluster());
                RawClient client = narrow.raw();
                RawClient direct = RawClient.connect(proxy.cluster().primary().port());
                RawClient other = narrow.raw()) {
            for (String question :
                    List.of("SHOW WARNINGS", "SELECT ROW_COUNT(), @@error_count", "SELECT FOUND_ROWS()")) {
                for (CommandType type : List.of(CommandType.COM_STMT_FETCH, CommandType.COM_DAEMON)) {
                    List<List<byte[]>> answers = new ArrayList<>();
                    for (RawClient each : List.of(client, direct)) {
                        List<byte[]> unused = each.query("SELECT CAST('x' AS SIGNED) UNION ALL SELECT 2");
                        unused = List.of(each.ask(type, Arrays.copyOf(RawClient.int4(999), 8)));
                        unused = other.query("SELECT CAST('y' AS SIGNED)");
                        answers.add(each.query(question));
                    }
                    assertThat(answers.get(0)).containsExactlyElementsOf(answers.get(1));
                }
            }
        }
    }

    @Test
    void whatWritesAndAsksIsNoQuestionToAReplica() throws SQLException {
        try (Connection connection = connect("allowMultiQueries=true")) {
            Sql.run(connection, "SELECT v FROM t WHERE id = 1");
            assertThat(Sql.route(connection).role()).isEqualTo("replica");
            Sql.run(connection, "UPDATE t SET v = v WHERE id = 1; SELECT ROW_COUNT()");
            assertThat(Sql.route(connection).role()).isEqualTo("primary");
        }
    }

    /** What a packet asks about itself has nothing to do with where the statement before it ran. */
    @Test
    void aPacketThatAsksAboutItselfNeedsNoConnectionOfBefore() throws SQLException {
        try (Connection connection = connect("allowMultiQueries=true")) {
            Sql.run(connection, "SELECT 1");
            inTurns(6, List.of((other, i) -> Sql.run(other, "SELECT v FROM t WHERE id = " + i)));
            Sql.run(connection, "SELECT v FROM t; SHOW WARNINGS; SELECT ROW_COUNT()");
        }
    }
}
