package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server says about a session, where a thief uses the session's only connection in between. */
@Timeout(60)
class SessionAnswersIT {
    /** One event loop and one connection to each server. */
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        StateSchemas.create();
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE TABLE state.many (id INT AUTO_INCREMENT PRIMARY KEY)",
                        "INSERT INTO state.many (SELECT NULL FROM information_schema.collations a,"
                                + " (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) b)",
                        "INSERT INTO state.many (SELECT NULL FROM state.many a)");
        proxy = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
        proxy.awaitCaughtUp();
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SHOW VARIABLES LIKE 'last_insert_id'",
                "SHOW SESSION VARIABLES WHERE Variable_name = 'identity'",
                "SELECT 0, VARIABLE_VALUE FROM performance_schema.session_variables WHERE VARIABLE_NAME = 'identity'",
                "SELECT 0, VARIABLE_VALUE FROM `performance_schema`.`session_variables`"
                        + " WHERE VARIABLE_NAME = 'last_insert_id'"
            })
    void variablesShowTheInsertIdOfTheSessionItself(String question) throws SQLException {
        try (Connection connection = connect();
                Connection thief = connect()) {
            Sql.run(connection, "INSERT INTO a (who) VALUES (1)");
            String id = Servers.mysql().primary().queryValue("SELECT MAX(id) FROM state.a");
            for (int round = 0; round < 2; round++) {
                Sql.run(thief, "UPDATE t SET v = LAST_INSERT_ID(4000) WHERE id = 1");
                assertThat(Sql.rows(connection, question))
                        .singleElement()
                        .asString()
                        .endsWith("," + id);
            }
            assertThat(Sql.value(thief, "SELECT LAST_INSERT_ID()")).isEqualTo("4000");
        }
    }

    /** They are empty for SHOW VARIABLES itself, on a direct connection too. */
    @Test
    void variablesShowNoConditionsOfOthers() throws SQLException {
        try (Connection connection = connect();
                Connection thief = connect();
                Connection direct = proxy.direct()) {
            Sql.run(connection, "SELECT CAST('mine' AS SIGNED)");
            Sql.run(direct, "SELECT CAST('mine' AS SIGNED)");
            Sql.run(thief, "INSERT IGNORE INTO t VALUES (1, 1), (2, 2)");
            for (Connection each : new Connection[] {direct, connection}) {
                assertThat(Sql.rows(each, "SHOW VARIABLES LIKE 'error\\_count'"))
                        .containsExactly("error_count,0");
                assertThat(Sql.rows(each, "SHOW VARIABLES LIKE 'warning\\_count'"))
                        .containsExactly("warning_count,0");
            }
        }
    }

    /** SHOW runs on the primary, and the reads before it ran on a replica. */
    @Test
    void theStatusOfTheSessionIsThatOfTheConnectionOfItsLastStatement() throws SQLException {
        try (Connection connection = connect()) {
            for (String question :
                    List.of("SHOW STATUS LIKE 'Last_query_cost'", "SHOW SESSION STATUS LIKE 'Last_q%_cost'")) {
                Sql.run(connection, "DO 1", "SELECT v FROM t ORDER BY v /* sluice: consistency=none */");
                assertThat(Sql.route(connection).isReplica()).isTrue();
                assertThat(Sql.rows(connection, question))
                        .singleElement()
                        .asString()
                        .isNotEqualTo("Last_query_cost,0.000000");
                assertThat(Sql.route(connection).isReplica()).isTrue();
                Sql.run(connection, "SHOW GLOBAL STATUS LIKE 'Uptime'");
                assertThat(Sql.route(connection).isReplica()).isFalse();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SET profiling = 1", "SET SESSION optimizer_trace = 'enabled=on'"})
    void whatIsRecordedOfASessionIsShownToNobodyElse(String on) throws SQLException {
        boolean profiles = on.contains("profiling");
        String shown = profiles ? "SHOW PROFILES" : "SELECT QUERY FROM information_schema.OPTIMIZER_TRACE";
        try (Connection connection = connect()) {
            Sql.run(connection, on, "SELECT 'mine', v FROM t WHERE v > 1");
            assertThat(Sql.rows(connection, shown))
                    .anySatisfy(row -> assertThat(row).contains("'mine'"));
            // To show profiles is deprecated, of which there is a warning.
            assertThat(Sql.route(connection).pins()).contains("profiling");
        }
        try (Connection other = connect()) {
            assertThat(Sql.rows(other, shown)).isEmpty();
        }
    }

    @Test
    void whatIsNotRecordedTiesNobody() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "SET profiling = 0", "SET optimizer_trace = 'enabled=off'");
            assertThat(Sql.route(connection).pins()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT CONNECTION_ID()", "SELECT @@pseudo_thread_id AS id", "SELECT connection_id() x"})
    void aPreparedQuestionForTheConnectionIdIsAnsweredLikeThatInText(String question) throws SQLException {
        try (Connection connection = connect("useServerPrepStmts=true");
                PreparedStatement prepared = connection.prepareStatement(question);
                Statement text = connection.createStatement()) {
            for (int round = 0; round < 2; round++) {
                try (ResultSet expected = text.executeQuery(question)) {
                    assertThat(expected.next()).isTrue();
                    try (ResultSet found = prepared.executeQuery()) {
                        assertThat(found.next()).isTrue();
                        assertThat(found.getLong(1))
                                .isEqualTo(expected.getLong(1))
                                .isGreaterThanOrEqualTo(1 << 30);
                        assertThat(found.getMetaData().getColumnLabel(1))
                                .isEqualTo(expected.getMetaData().getColumnLabel(1));
                        assertThat(found.next()).isFalse();
                    }
                }
            }
        }
    }

    /** The ids in it are a server's, and Sluice's are of another kind: no KILL can meet somebody else. */
    @ParameterizedTest
    @ValueSource(strings = {"SHOW PROCESSLIST", "SHOW FULL PROCESSLIST"})
    void aListOfProcessesIsTheServersAndNamesNobodyForKill(String list) throws SQLException {
        try (Connection connection = connect();
                Connection direct = proxy.direct();
                Statement proxied = connection.createStatement();
                Statement directly = direct.createStatement();
                ResultSet rows = proxied.executeQuery(list);
                ResultSet expected = directly.executeQuery(list)) {
            assertThat(rows.getMetaData().getColumnCount())
                    .isEqualTo(expected.getMetaData().getColumnCount());
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                assertThat(rows.getMetaData().getColumnLabel(i))
                        .isEqualTo(expected.getMetaData().getColumnLabel(i));
                assertThat(rows.getMetaData().getColumnType(i))
                        .isEqualTo(expected.getMetaData().getColumnType(i));
            }
            long own = 0;
            while (rows.next()) {
                own = list.equals(rows.getString("Info")) ? rows.getLong("Id") : own;
            }
            assertThat(own).isPositive();
            assertThat(Sql.error(connection, "KILL " + own)).isEqualTo(1094);
            assertThat(Sql.value(connection, "SELECT 1")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 65, 1024, 1025})
    void conditionsOutliveTheirConnection(int count) throws IOException {
        String warning =
                "SELECT CAST('x' AS SIGNED) FROM state.many LIMIT " + count + " /* sluice: consistency=none */";
        try (RawClient client = proxy.raw();
                RawClient direct = RawClient.connect(Servers.mysql().primary().port());
                RawClient thief = proxy.raw()) {
            for (RawClient each : List.of(direct, client)) {
                List<byte[]> unused = each.query(warning);
            }
            for (int i = 0; i < 3; i++) {
                List<byte[]> unused = thief.query("SELECT CAST('thief' AS SIGNED) /* sluice: consistency=none */");
            }
            List<byte[]> expected = direct.query("SHOW WARNINGS");
            assertThat(expected).hasSize(5 + Math.min(count, 1024));
            assertThat(text(client.query("SHOW WARNINGS"))).isEqualTo(text(expected));
            assertThat(client.value("SELECT @@warning_count")).isEqualTo(Integer.toString(count));
        }
    }

    /** Nothing can give a server what the last statement has left elsewhere. */
    @Test
    void whatOnlyTheConnectionKnowsIsKeptOnceItWasAskedForUntilOthersHaveWaited() throws Exception {
        List<String> askers = List.of(
                "SET @n = ROW_COUNT()",
                "INSERT INTO t VALUES (ROW_COUNT() + 100, 1)",
                "GET DIAGNOSTICS @n = ROW_COUNT");
        try (TestProxy fresh = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql())) {
            for (int i = 0; i < askers.size(); i++) {
                try (Connection thief = StateSchemas.connect(fresh);
                        // Else the driver asks whether it may write in front of what does.
                        Connection connection = StateSchemas.connect(fresh, "useLocalSessionState=true")) {
                    Sql.run(connection, "UPDATE t SET v = v + 1 WHERE id IN (1, 2)");
                    assertThat(Sql.route(connection).pins()).isEqualTo(i == 0 ? "" : "last_statement");
                    long asked = System.nanoTime();
                    Sql.run(thief, "UPDATE t SET v = v WHERE id = 3");
                    if (i > 0) {
                        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isGreaterThan(Duration.ofMillis(240));
                    }
                    assertThat(Sql.error(connection, askers.get(i)))
                            .as(askers.get(i))
                            .isEqualTo(1105);
                }
            }
            try (Connection connection = StateSchemas.connect(fresh)) {
                Sql.run(connection, "UPDATE t SET v = v + 1 WHERE id IN (1, 2)", "SET @n = ROW_COUNT()");
                assertThat(Sql.value(connection, "SELECT @n")).isEqualTo("2");
            }
            fresh.awaitQuiet();
        }
    }

    private static String text(List<byte[]> packets) {
        StringBuilder text = new StringBuilder();
        packets.forEach(packet -> text.append(new String(packet, StandardCharsets.ISO_8859_1)));
        return text.toString().replaceAll("[^ -~]", ".").replaceAll("(.{30,80}?)\\1+", "$1...");
    }
}
