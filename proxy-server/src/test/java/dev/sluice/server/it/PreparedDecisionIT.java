package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mysql.cj.jdbc.ServerPreparedStatement;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementClassifier;
import dev.sluice.router.sql.StatementLexer;
import dev.sluice.server.ProxyServer;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is decided about a statement when it is prepared does not hold for its whole life if more is known later. */
@Timeout(60)
class PreparedDecisionIT {
    /** More than may wait for the parser. */
    private static final int FLOOD = 1_100;

    private static final String BEYOND_LATIN = "\uD83D\uDE42";

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE decided",
                        "GRANT ALL ON decided.* TO 'app'@'%'",
                        "SET GLOBAL log_bin_trust_function_creators = 1",
                        "CREATE TABLE decided.t (id INT PRIMARY KEY, v INT)",
                        "INSERT INTO decided.t VALUES (1, 10), (2, 20)",
                        "CREATE TABLE decided.log (id INT AUTO_INCREMENT PRIMARY KEY)",
                        "CREATE FUNCTION decided.note() RETURNS INT MODIFIES SQL DATA"
                                + " BEGIN INSERT INTO decided.log VALUES (); RETURN 1; END",
                        "SET GLOBAL log_bin_trust_function_creators = 0",
                        "CREATE VIEW decided.hidden_write AS SELECT id, decided.note() AS n FROM decided.t");
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE decided");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static Connection connect() throws SQLException {
        return proxy.connectAs("app", "app-secret", "decided", "useServerPrepStmts=true");
    }

    private static PreparedStatement prepare(Connection connection, String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        assertThat(statement).isInstanceOf(ServerPreparedStatement.class);
        return statement;
    }

    private static Route execute(Connection connection, PreparedStatement statement) throws SQLException {
        statement.setInt(1, 1);
        try (ResultSet row = statement.executeQuery()) {
            assertThat(row.next()).isTrue();
        }
        return Sql.route(connection);
    }

    @Test
    void aStatementThatWasPreparedWhileTheParserWasBusyRunsOnReplicasLater() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (Connection connection = connect()) {
            // Otherwise the connection's own statements would find the parser busy.
            assertThat(Sql.routeOf(connection, "SELECT v FROM t WHERE id = 1").isReplica())
                    .isTrue();
            occupyParser(release);
            try (PreparedStatement statement = prepare(connection, "SELECT v, v + 1 FROM t WHERE id = ?")) {
                assertThat(execute(connection, statement))
                        .extracting(Route::role, Route::reason)
                        .containsExactly("primary", "parser_busy");
                release.countDown();
                await().atMost(TestProxy.SOON)
                        .until(() -> execute(connection, statement).isReplica());
            }
        } finally {
            release.countDown();
        }
    }

    /** Nothing is read until the latch is open: one statement is at the parser and all the places behind it are taken. */
    private static void occupyParser(CountDownLatch release) throws Exception {
        Field field = ProxyServer.class.getDeclaredField("classifier");
        field.setAccessible(true);
        StatementClassifier classifier = (StatementClassifier) field.get(proxy.server());
        byte[] text = "SELECT 1 FROM decided.t".getBytes(StandardCharsets.US_ASCII);
        StatementLexer lexer = new StatementLexer();
        lexer.lex(Unpooled.wrappedBuffer(text), 0, text.length, LexicalMode.DEFAULT);
        Classification candidate = classifier.candidate(lexer);
        for (int i = 0; i < FLOOD; i++) {
            classifier.confirm(text, StandardCharsets.US_ASCII, LexicalMode.DEFAULT, candidate, decided -> {
                if (Thread.currentThread().getName().startsWith("sluice-parser")) {
                    awaitQuietly(release);
                }
            });
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aPreparedStatementThatAReplicaHasRefusedAsAWriteIsNotTriedThereAgain() throws SQLException {
        try (Connection connection = connect();
                PreparedStatement statement = prepare(connection, "SELECT n FROM hidden_write WHERE id = ?")) {
            AtomicInteger executed = new AtomicInteger();
            // On a machine that does much else the parser may have no time at first.
            await().atMost(TestProxy.SOON).until(() -> {
                executed.incrementAndGet();
                return execute(connection, statement).reason().equals("replica_refused");
            });
            assertThat(execute(connection, statement).reason()).isEqualTo("learned_write");
            assertThat(Sql.value(connection, "SELECT COUNT(*) FROM log"))
                    .isEqualTo(Integer.toString(executed.get() + 1));
        }
    }

    /** The server prepares a statement again when its parameters have other types, in the character set of that moment. */
    @Test
    void theCharacterSetThatOneSessionHasChangedToIsNotThatOfAnother() throws Exception {
        String sql = "SELECT CONCAT(?)";
        try (TestProxy narrow = TestProxy.options()
                        .servers(1)
                        .eventLoops(1)
                        .connections(1)
                        .start(Servers.mysql());
                Connection changed = narrow.connectAs("app", "app-secret", "decided", "useServerPrepStmts=true");
                PreparedStatement there = prepare(changed, sql);
                Connection same = narrow.connectAs("app", "app-secret", "decided", "useServerPrepStmts=true");
                PreparedStatement here = prepare(same, sql)) {
            assertThat(answer(there, "a")).isEqualTo("a");
            assertThat(answer(here, BEYOND_LATIN)).isEqualTo(BEYOND_LATIN);
            Sql.run(changed, "SET NAMES latin1");
            assertThat(answer(there, 1)).isEqualTo("1");
            assertThat(answer(there, "b")).isEqualTo("b");
            assertThat(answer(here, BEYOND_LATIN)).isEqualTo(BEYOND_LATIN);
        }
    }

    /** What a server decides by these when it prepares a statement holds for its whole life. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "div_precision_increment | 12 | 6 | SELECT 1 / 3, ?",
                "div_precision_increment | 12 | 6 | SELECT 1 / ?",
                "default_week_format | 3 | 1 | SELECT WEEK('2021-01-03'), ?",
                "windowing_use_high_precision | OFF | ON | SELECT SUM(x) OVER (ORDER BY x DESC ROWS 1 PRECEDING)"
                        + " FROM (SELECT 1e16 AS x UNION ALL SELECT 1 UNION ALL SELECT ?) t ORDER BY 1",
                "default_collation_for_utf8mb4 | utf8mb4_general_ci | utf8mb4_0900_ai_ci"
                        + " | SELECT COLLATION(CONVERT(_utf8mb4'a' USING utf8mb4)), COLLATION(_utf8mb4'a'), ?",
            })
    void theSettingsThatOneSessionHasPreparedWithAreNotThoseOfAnother(
            String variable, String one, String two, String sql) throws Exception {
        try (TestProxy narrow = TestProxy.options()
                        .servers(1)
                        .eventLoops(1)
                        .connections(1)
                        .start(Servers.mysql());
                Connection first = narrow.connectAs("app", "app-secret", "decided", "useServerPrepStmts=true");
                Connection second = narrow.connectAs("app", "app-secret", "decided", "useServerPrepStmts=true");
                Connection direct = narrow.direct("useServerPrepStmts=true")) {
            Sql.run(first, "SET SESSION " + variable + " = " + one);
            Sql.run(second, "SET SESSION " + variable + " = " + two);
            Sql.run(direct, "SET SESSION " + variable + " = " + one);
            try (PreparedStatement expected = prepare(direct, sql);
                    PreparedStatement here = prepare(first, sql);
                    PreparedStatement there = prepare(second, sql)) {
                String answer = rows(expected);
                assertThat(rows(here)).isEqualTo(answer);
                assertThat(rows(there)).isNotEqualTo(answer);
                assertThat(rows(here)).isEqualTo(answer);
                // It has been prepared before, and stays what it is.
                Sql.run(second, "SET SESSION " + variable + " = " + one);
                assertThat(rows(there)).isNotEqualTo(answer);
            }
        }
    }

    private static String rows(PreparedStatement statement) throws SQLException {
        statement.setInt(1, 7);
        StringBuilder all = new StringBuilder();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    all.append(rows.getString(i)).append(' ');
                }
            }
        }
        return all.toString();
    }

    private static String answer(PreparedStatement statement, Object parameter) throws SQLException {
        statement.setObject(1, parameter);
        try (ResultSet row = statement.executeQuery()) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }
}
