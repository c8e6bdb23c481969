package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.it.StateSchemas.Turn;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** LAST_INSERT_ID() is exact although connections go from session to session. */
@Timeout(90)
class LastInsertIdIT {
    private static final int SESSIONS = 8;

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
    void lastInsertIdIsThisSessionsOwnAlthoughOthersInsertOnTheSameConnections() throws SQLException {
        long[] ids = new long[SESSIONS];
        List<Turn> turns = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            turns.add((connection, i) -> {
                try (Statement statement = connection.createStatement()) {
                    statement.executeUpdate("INSERT INTO a (who) VALUES (" + i + ")", Statement.RETURN_GENERATED_KEYS);
                    try (ResultSet keys = statement.getGeneratedKeys()) {
                        assertThat(keys.next()).isTrue();
                        ids[i] = keys.getLong(1);
                    }
                }
            });
            turns.add((connection, i) ->
                    assertThat(Sql.value(connection, "SELECT LAST_INSERT_ID()")).isEqualTo(Long.toString(ids[i])));
            turns.add((connection, i) ->
                    Sql.run(connection, "SELECT v FROM t WHERE id = 1", "UPDATE t SET v = v WHERE id = 1"));
            turns.add((connection, i) ->
                    assertThat(Sql.value(connection, "SELECT LAST_INSERT_ID()")).isEqualTo(Long.toString(ids[i])));
            turns.add((connection, i) -> Sql.run(connection, "INSERT INTO a (who, u) VALUES (LAST_INSERT_ID(), NULL)"));
            turns.add((connection, i) -> assertThat(
                            Sql.value(connection, "SELECT who FROM a WHERE id = LAST_INSERT_ID()"))
                    .as("%s; session %d", Sql.rows(proxy.direct(), "SELECT id, who FROM state.a"), i)
                    .isEqualTo(Long.toString(ids[i])));
        }
        inTurns(SESSIONS, turns);
    }

    @Test
    void explicitIdsAndOnDuplicateKeyGiveWhatTheServerGives() throws SQLException {
        String[] script = {
            "INSERT INTO a (who) VALUES (1)",
            "INSERT INTO a (id, who) VALUES (100000, 1)",
            "INSERT INTO a (who, u) VALUES (1, 5) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)",
            "INSERT INTO a (who, u) VALUES (1, 5) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), who = who + 1",
            "UPDATE a SET who = LAST_INSERT_ID(77) WHERE id = 1",
            "INSERT INTO a (who) VALUES (3), (4), (5)",
            "SELECT LAST_INSERT_ID(4711)",
            "INSERT IGNORE INTO a (who, u) VALUES (1, 5)",
            "DELETE FROM a WHERE who = 4"
        };
        List<String> expected = insertIds(false, script);
        List<String> actual = insertIds(true, script);
        assertThat(actual).isEqualTo(expected);
    }

    /** What ends a read-only transaction on a replica runs on the primary, and the connection of the replica is reset. */
    @ParameterizedTest
    @ValueSource(strings = {"SELEC 1", "SELECT LAST_INSERT_ID(4711)", "SELECT 1"})
    void theValueOutlivesATransactionOnAReplicaThatAStatementForThePrimaryEnds(String inside) throws SQLException {
        List<String> expected = aroundAnEndedTransaction(false, inside);
        assertThat(aroundAnEndedTransaction(true, inside)).isEqualTo(expected);
    }

    private static List<String> aroundAnEndedTransaction(boolean proxied, String inside) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Connection connection = proxied ? connect() : proxy.direct();
                Statement statement = connection.createStatement()) {
            Sql.run(connection, "USE state", "SELECT LAST_INSERT_ID(77)");
            Sql.run(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
            try {
                boolean unused = statement.execute(inside);
            } catch (SQLException e) {
                values.add(e.getMessage());
            }
            values.add(Sql.value(connection, "SELECT LAST_INSERT_ID()"));
            Sql.run(connection, "CHECK TABLE a");
            values.add(Sql.rows(connection, "SHOW SESSION VARIABLES WHERE Variable_name LIKE '%insert_id%'")
                    .toString());
            values.add(Sql.value(connection, "SELECT LAST_INSERT_ID()"));
        }
        return values;
    }

    private static List<String> insertIds(boolean proxied, String... script) throws SQLException {
        Servers.mysql().primary().execute("TRUNCATE TABLE state.a");
        List<String> ids = new ArrayList<>();
        try (Connection connection = proxied ? connect() : proxy.direct();
                Connection disturber = connect()) {
            Sql.run(connection, "USE state");
            for (String sql : script) {
                Sql.run(connection, sql);
                Sql.run(
                        disturber,
                        "INSERT INTO state2.t VALUES (1, 1) ON DUPLICATE KEY UPDATE v = LAST_INSERT_ID(v + 1)");
                ids.add(sql + " -> " + Sql.value(connection, "SELECT LAST_INSERT_ID()"));
            }
        }
        return ids;
    }

    private static final String LAST = "SELECT LAST_INSERT_ID()";

    /** Whatever the others do, they do it where the session's id is. */
    @Test
    void anIdOutlivesALoginAndUpdatesOfOthersOnTheOnlyConnection() throws Exception {
        try (TestProxy narrow = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql())) {
            try (Connection connection = StateSchemas.connect(narrow)) {
                Sql.run(connection, "INSERT INTO a (who) VALUES (1)");
                String id = Servers.mysql().primary().queryValue("SELECT MAX(id) FROM state.a");
                try (Connection other = StateSchemas.connect(narrow)) {
                    assertThat(Sql.value(connection, LAST)).isEqualTo(id);
                    Sql.run(other, "UPDATE t SET v = v WHERE id = 1");
                    assertThat(Sql.value(other, LAST)).isEqualTo("0");
                    assertThat(Sql.value(connection, LAST)).isEqualTo(id);
                    Sql.run(other, "UPDATE t SET v = LAST_INSERT_ID(4000) WHERE id = 1");
                    assertThat(Sql.value(connection, LAST)).isEqualTo(id);
                    assertThat(Sql.value(other, LAST)).isEqualTo("4000");
                }
                try (Connection stranger = narrow.connectAs("native", "native-secret", "state")) {
                    assertThat(Sql.value(stranger, LAST)).isEqualTo("0");
                }
                assertThat(Sql.value(connection, LAST)).isEqualTo(id);
            }
            narrow.awaitQuiet();
        }
    }

    /** The id lives on the primary, and the rows were found on a replica. */
    @ParameterizedTest
    @ValueSource(strings = {"useServerPrepStmts=false", "useServerPrepStmts=true"})
    void anIdAndTheRowsFoundAreToldTogether(String option) throws SQLException {
        try (Connection connection = StateSchemas.connect(proxy, option);
                PreparedStatement question =
                        connection.prepareStatement("SELECT LAST_INSERT_ID(), FOUND_ROWS(), ROW_COUNT(), @@identity")) {
            Sql.run(connection, "INSERT INTO a (who) VALUES (1)");
            String id = Sql.value(connection, LAST);
            proxy.awaitCaughtUp();
            String three =
                    "SELECT 1 FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) t /* sluice: consistency=none */";
            for (int round = 0; round < 3; round++) {
                assertThat(Sql.rows(connection, three)).hasSize(3);
                assertThat(Sql.route(connection).isReplica()).isTrue();
                try (ResultSet row = question.executeQuery()) {
                    assertThat(row.next()).isTrue();
                    assertThat(row.getString(1)).isEqualTo(id);
                    assertThat(row.getInt(2)).isEqualTo(3);
                    assertThat(row.getInt(3)).isEqualTo(-1);
                    assertThat(row.getString(4)).isEqualTo(id);
                    assertThat(row.next()).isFalse();
                }
            }
        }
    }

    @Test
    void noLimitOfItsOwnCostsASessionItsId() throws Exception {
        try (TestProxy narrow = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql())) {
            try (Connection connection = StateSchemas.connect(narrow);
                    Connection other = StateSchemas.connect(narrow)) {
                Sql.run(connection, "SET sql_select_limit = 0", "INSERT INTO a (id, who) VALUES (800001, 1)");
                Sql.run(other, "UPDATE t SET v = LAST_INSERT_ID(5) WHERE id = 1");
                Sql.run(connection, "SET sql_select_limit = DEFAULT");
                assertThat(Sql.value(connection, LAST)).isEqualTo("0");
            }
            narrow.awaitQuiet();
        }
    }

    @Test
    void idsAreExactWhileSessionsContendForTheOnlyConnection() throws Exception {
        try (TestProxy narrow = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql())) {
            ExecutorService threads = Executors.newFixedThreadPool(SESSIONS);
            try {
                List<Future<?>> sessions = new ArrayList<>();
                for (int i = 0; i < SESSIONS; i++) {
                    int session = i;
                    sessions.add(threads.submit(() -> {
                        contend(narrow, session);
                        return null;
                    }));
                }
                for (Future<?> session : sessions) {
                    session.get(60, TimeUnit.SECONDS);
                }
            } finally {
                threads.shutdownNow();
            }
            narrow.awaitQuiet();
        }
    }

    /** Random statements and logins of one session; {@code expected} is what its LAST_INSERT_ID() must be. */
    private static void contend(TestProxy narrow, int session) throws SQLException {
        long seed = Long.getLong("sluice.seed", 4_711L) + session;
        SplittableRandom random = new SplittableRandom(seed);
        for (int login = 0; login < 4; login++) {
            try (Connection connection = StateSchemas.connect(narrow)) {
                long expected = 0;
                for (int step = 0; step < 60; step++) {
                    int choice = random.nextInt(7);
                    switch (choice) {
                        case 0 -> expected = inserted(connection, "INSERT INTO a (who) VALUES (1)");
                        case 1 -> expected = inserted(connection, "INSERT INTO a (who) VALUES (1), (2), (3)");
                        case 2 -> {
                            expected = random.nextInt(1, 1_000_000);
                            Sql.run(connection, "UPDATE t SET v = LAST_INSERT_ID(" + expected + ") WHERE id = 2");
                        }
                        case 3 -> Sql.run(connection, "UPDATE t SET v = v + 1 WHERE id = 1");
                        case 4 ->
                            Sql.run(connection, "REPLACE INTO a (id, who) VALUES (" + (900_000 + session) + ", 2)");
                        case 5 -> Sql.run(connection, "SELECT v FROM t WHERE id = 1");
                        default -> Sql.run(connection, "BEGIN", "UPDATE t SET v = 1 WHERE id = 3", "COMMIT");
                    }
                    assertThat(Sql.value(connection, LAST))
                            .as("seed %d, login %d, step %d, choice %d", seed, login, step, choice)
                            .isEqualTo(Long.toString(expected));
                }
            }
        }
    }

    private static long inserted(Connection connection, String insert) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(insert, Statement.RETURN_GENERATED_KEYS);
            try (ResultSet keys = statement.getGeneratedKeys()) {
                assertThat(keys.next()).isTrue();
                return keys.getLong(1);
            }
        }
    }

    /** The OK of an INSERT with an explicit id carries that id, and LAST_INSERT_ID() does not change. */
    @Test
    void anExplicitIdIsNotTheLastOneOnAnotherConnection() throws SQLException {
        String[] script = {
            "INSERT INTO a (id, who) VALUES (500000, 1)",
            "START TRANSACTION READ ONLY",
            LAST,
            "INSERT INTO a (who) VALUES (1)",
            LAST,
            "COMMIT",
            LAST,
            "INSERT INTO a (id, who) VALUES (500001, 1)",
            "SELECT v FROM t WHERE id = 1",
            "SELECT LAST_INSERT_ID(), FOUND_ROWS()",
            "SELECT LAST_INSERT_ID(88)",
            "START TRANSACTION READ ONLY",
            LAST,
            "COMMIT"
        };
        assertThat(answers(true, script)).isEqualTo(answers(false, script));
    }

    @Test
    void aLoginThatFindsItsStateOnTheConnectionLeavesTheValueThere() throws IOException {
        try (RawClient client = proxy.raw()) {
            // Nothing but the server knows it: no OK packet has carried it.
            assertThat(client.value("SELECT LAST_INSERT_ID(458)")).isEqualTo("458");
            for (int i = 0; i < 3; i++) {
                proxy.raw().close();
            }
            assertThat(client.value("SELECT LAST_INSERT_ID()")).isEqualTo("458");
        }
    }

    private static List<String> answers(boolean proxied, String... script) throws SQLException {
        Servers.mysql().primary().execute("TRUNCATE TABLE state.a");
        proxy.awaitCaughtUp();
        List<String> answers = new ArrayList<>();
        try (Connection connection = proxied ? connect() : proxy.direct();
                Statement statement = connection.createStatement()) {
            Sql.run(connection, "USE state", "INSERT INTO a (who) VALUES (1)");
            for (String sql : script) {
                String answer;
                try {
                    answer = statement.execute(sql) ? row(statement) : "" + statement.getUpdateCount();
                } catch (SQLException e) {
                    answer = "" + e.getErrorCode();
                }
                answers.add(sql + " -> " + answer);
            }
        }
        return answers;
    }

    private static String row(Statement statement) throws SQLException {
        try (ResultSet row = statement.getResultSet()) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }
}
