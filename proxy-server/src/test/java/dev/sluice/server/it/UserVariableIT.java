package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** User variables go along from connection to connection, with value, type and collation. */
@Timeout(120)
class UserVariableIT {
    /** One event loop and two connections to each server. */
    private static TestProxy proxy;

    /** The same with one connection to each server, so that every session leaves it to the next. */
    private static TestProxy one;

    @BeforeAll
    static void start() throws Exception {
        StateSchemas.create();
        proxy = StateSchemas.startProxy();
        one = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        one.close();
        proxy.close();
        StateSchemas.drop();
    }

    @AfterEach
    void quiet() throws IOException {
        one.awaitQuiet();
        proxy.awaitQuiet();
    }

    static List<String> statements() {
        return UserVariableWalk.STATEMENTS;
    }

    @ParameterizedTest
    @MethodSource("statements")
    void aVariableIsTheSameOnEveryConnection(String statements) throws SQLException {
        try (Connection direct = TestProxy.open(Servers.mysql().primary().port(), "app", "app-secret", "state");
                Connection session = StateSchemas.connect(one);
                Connection other = StateSchemas.connect(one)) {
            UserVariableWalk.walk(statements, direct, session, other);
        }
    }

    @Test
    void oneSessionNeverSeesTheVariablesOfAnother() throws SQLException {
        try (Connection session = StateSchemas.connect(one);
                Connection other = StateSchemas.connect(one)) {
            Sql.run(session, "SET @a = 1, @b = 'secret'", "SELECT @a", "SELECT @a FROM t FOR UPDATE");
            assertThat(Sql.rows(other, "SELECT @a, @b")).containsExactly("null,null");
            assertThat(Sql.rows(other, "SELECT @a, @b FROM t WHERE id = 1 FOR UPDATE"))
                    .containsExactly("null,null");
        }
    }

    @Test
    void writesUseTheVariablesOfTheirSession() throws SQLException {
        try (Connection session = StateSchemas.connect(one);
                Connection other = StateSchemas.connect(one)) {
            Sql.run(session, "SET @id = 901, @v = 5");
            Sql.run(other, "SET @id = 902, @v = 6");
            Sql.run(session, "INSERT INTO t VALUES (@id, @v)");
            Sql.run(other, "INSERT INTO t VALUES (@id, @v)");
            assertThat(Sql.rows(session, "SELECT id, v FROM t WHERE id IN (901, 902) ORDER BY id FOR UPDATE"))
                    .containsExactly("901,5", "902,6");
            Sql.run(session, "DELETE FROM t WHERE id IN (901, 902)");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET @a = 1 + 1",
                "SET @a = @@sort_buffer_size",
                "SET @a = _utf8mb4'x'",
                "SELECT 2 INTO @a",
                "SELECT @a := 2",
                "GET DIAGNOSTICS @a = NUMBER"
            })
    void whatIsNotKnownPins(String sql) throws SQLException {
        try (Connection session = StateSchemas.connect(proxy)) {
            Sql.run(session, "SET @a = 1");
            assertThat(Sql.routeOf(session, sql).pins()).contains("user_variable");
            String value = Sql.value(session, "SELECT @a");
            assertThat(Sql.route(session).reason()).isEqualTo("pinned");
            assertThat(value).isNotEqualTo("1");
        }
    }

    /** A pin would keep it on the primary for ever; what others write around the proxy does until the primary has been asked. */
    private static void awaitReplica(Connection session, String sql, String row) {
        await().atMost(TestProxy.SOON).until(() -> {
            assertThat(Sql.rows(session, sql)).containsExactly(row);
            return Sql.route(session).role().equals("replica");
        });
    }

    @Test
    void aKnownValueEndsThePinOfAnUnknownOne() throws SQLException {
        try (Connection session = StateSchemas.connect(proxy)) {
            assertThat(Sql.routeOf(session, "SET @a = 1 + 1").pins()).isEqualTo("user_variable");
            assertThat(Sql.routeOf(session, "SET @a = 3").pins()).isEmpty();
            awaitReplica(session, "SELECT @a", "3");
        }
    }

    @Test
    void thePinOfSeveralEndsWithTheLastUnknownOne() throws SQLException {
        try (Connection session = StateSchemas.connect(proxy)) {
            assertThat(Sql.routeOf(session, "SET @a = 1 + 1, @b = 2 + 2, @c = 5")
                            .pins())
                    .isEqualTo("user_variable");
            assertThat(Sql.routeOf(session, "SET @A = 3").pins()).isEqualTo("user_variable");
            assertThat(Sql.routeOf(session, "SET @c = 6").pins()).isEqualTo("user_variable");
            assertThat(Sql.routeOf(session, "SET @`b` = 4").pins()).isEmpty();
            awaitReplica(session, "SELECT @a, @b, @c", "3,4,6");
        }
    }

    @Test
    void inATransactionTheyStayWhatTheyAreWhenItIsRolledBack() throws SQLException {
        try (Connection session = StateSchemas.connect(one)) {
            Sql.run(session, "SET @a = 1", "BEGIN", "SET @a = 2", "ROLLBACK");
            assertThat(Sql.value(session, "SELECT @a")).isEqualTo("2");
            Sql.run(session, "START TRANSACTION READ ONLY", "SELECT 1", "SET @a = 3", "COMMIT");
            assertThat(Sql.value(session, "SELECT @a FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo("3");
        }
    }

    @Test
    void aPreparedStatementReadsTheValueOfTheMoment() throws SQLException {
        try (Connection session = StateSchemas.connect(one, "useServerPrepStmts=true");
                Connection other = StateSchemas.connect(one);
                var read = session.prepareStatement("SELECT @a");
                var locked = session.prepareStatement("SELECT @a FROM t WHERE id = 1 FOR UPDATE")) {
            for (int i = 0; i < 4; i++) {
                Sql.run(session, "SET @a = " + i);
                Sql.run(other, "SET @a = 'x'", "SELECT 1", "SELECT 1 FROM t FOR UPDATE");
                for (var statement : List.of(read, locked)) {
                    try (ResultSet row = statement.executeQuery()) {
                        assertThat(row.next()).isTrue();
                        assertThat(row.getInt(1)).isEqualTo(i);
                    }
                }
            }
        }
    }

    @Test
    void preparingAStatementAnewLeavesAnUnknownValueAsItIs() throws SQLException {
        try (Connection session = StateSchemas.connect(one, "useServerPrepStmts=true")) {
            Sql.run(session, "SET @a = 1");
            try (var read = session.prepareStatement("SELECT @a")) {
                assertThat(value(read)).isEqualTo("1");
                Sql.run(session, "SET @a = @a + 1");
                assertThat(value(read)).isEqualTo("2");
                assertThat(Sql.value(session, "SELECT @a")).isEqualTo("2");
            }
        }
    }

    private static String value(java.sql.PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }

    @Test
    void aViewInASubqueryMayAssignAnyVariable() throws SQLException {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE FUNCTION state.assigns() RETURNS INT NO SQL BEGIN SET @b = 5; RETURN 1; END",
                        "CREATE VIEW state.assigning AS SELECT state.assigns() AS x");
        one.awaitCaughtUp();
        try (Connection session = StateSchemas.connect(one)) {
            Sql.run(session, "SET @b = 1", "SET @a = (SELECT x FROM assigning)", "SET @a = 2");
            assertThat(Sql.value(session, "SELECT @b")).isEqualTo("5");
            assertThat(Sql.value(session, "SELECT @a")).isEqualTo("2");
        }
    }

    @Test
    void resetAndChangeUserForgetThem() throws Exception {
        try (RawClient client = proxy.raw()) {
            client.query("SET @a = 1");
            byte[] unused = client.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
            assertThat(client.value("SELECT @a")).isEqualTo("NULL");
        }
        try (Connection session = StateSchemas.connect(proxy)) {
            Sql.run(session, "SET @a = 1");
            session.unwrap(com.mysql.cj.jdbc.JdbcConnection.class).changeUser("native", "native-secret");
            assertThat(Sql.value(session, "SELECT @a")).isNull();
        }
    }

    @Test
    void theySurviveTheLossOfTheirConnection() throws SQLException {
        try (Connection session = StateSchemas.connect(proxy)) {
            Sql.run(session, "SET @a = 'kept'", "SELECT @a", "SELECT @a FROM t FOR UPDATE");
            for (var server : Servers.mysql().servers()) {
                try (Connection root = server.connect()) {
                    for (String id :
                            Sql.rows(root, "SELECT id FROM information_schema.processlist WHERE user = 'app'")) {
                        Sql.run(root, "KILL " + id);
                    }
                }
            }
            assertThat(Sql.value(session, "SELECT @a")).isEqualTo("kept");
            assertThat(Sql.value(session, "SELECT @a FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo("kept");
        }
    }
}
