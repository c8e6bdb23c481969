package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mysql.cj.jdbc.JdbcConnection;
import dev.sluice.protocol.CommandType;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** KILL between clients: whom it meets, whom it never meets, and what both sides are told. */
@Timeout(120)
class ClientKillIT {
    /** Runs for ever, and ends with error 1317 when it is killed. */
    static final String LONG = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
            + " SELECT COUNT(*) FROM n a, n b, n c, n d WHERE a.i + b.i + c.i + d.i = -1";

    private static final int INTERRUPTED = 1317;
    private static final int NO_SUCH_THREAD = 1094;
    private static final int NOT_OWNER = 1095;
    private static final Duration SOON = Duration.ofSeconds(10);

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE TABLE app.killed (id INT PRIMARY KEY)",
                        "CREATE ROLE killers",
                        "GRANT CONNECTION_ADMIN ON *.* TO killers",
                        "CREATE USER k_plain IDENTIFIED BY 'k', k_admin IDENTIFIED BY 'k', k_super IDENTIFIED BY 'k',"
                                + " k_role IDENTIFIED BY 'k', k_set IDENTIFIED BY 'k'",
                        "GRANT CONNECTION_ADMIN ON *.* TO k_admin",
                        "GRANT SUPER ON *.* TO k_super",
                        "GRANT killers TO k_role, k_set",
                        "SET DEFAULT ROLE killers TO k_role",
                        "GRANT SELECT ON app.* TO k_plain, k_admin, k_super, k_role, k_set");
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql()
                .primary()
                .execute(
                        "DROP TABLE app.killed",
                        "DROP USER k_plain, k_admin, k_super, k_role, k_set",
                        "DROP ROLE killers");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static String id(Connection connection) throws SQLException {
        return String.valueOf(Sql.value(connection, "SELECT CONNECTION_ID()"));
    }

    private static CompletableFuture<Integer> inBackground(Connection connection, String sql) {
        return CompletableFuture.supplyAsync(() -> Sql.error(connection, sql));
    }

    private static boolean runsSomewhere(String marker) {
        return Servers.mysql().servers().stream()
                .anyMatch(server -> !"0"
                        .equals(server.queryValue(
                                "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '/* " + marker
                                        + "%'")));
    }

    private static void awaitRunning(String marker) {
        await().atMost(SOON).until(() -> runsSomewhere(marker));
    }

    private static void awaitOver(String marker) {
        await().atMost(SOON).until(() -> !runsSomewhere(marker));
    }

    @ParameterizedTest
    @CsvSource({"true, KILL QUERY %s", "false, kill /* x */ query '%s';", "true, KILL QUERY %s -- now"})
    void aStatementIsEndedWhereItRunsAndTheSessionGoesOn(boolean autocommit, String kill) throws Exception {
        try (Connection victim = proxy.connect();
                Connection killer = proxy.connect()) {
            victim.setAutoCommit(autocommit);
            Sql.run(victim, "REPLACE INTO killed VALUES (1)");
            proxy.awaitCaughtUp();
            String id = id(victim);
            CompletableFuture<Integer> error = inBackground(victim, "/* kq1 */ " + LONG);
            awaitRunning("kq1");
            assertThat(Sql.error(killer, kill.replace("%s", id))).isZero();
            assertThat(error.get()).isEqualTo(INTERRUPTED);
            assertThat(Sql.route(victim).role()).isEqualTo(autocommit ? "replica" : "primary");
            for (int i = 0; i < 5; i++) {
                assertThat(Sql.value(victim, "SELECT COUNT(*) FROM killed")).isEqualTo("1");
            }
            // A transaction survives, on its connection.
            Sql.run(victim, "DELETE FROM killed");
            if (!autocommit) {
                victim.commit();
            }
            assertThat(id(victim)).isEqualTo(id);
        }
        assertThat(Servers.mysql().primary().queryValue("SELECT COUNT(*) FROM app.killed"))
                .isEqualTo("0");
    }

    @Test
    void anIdleSessionIsNotTouchedByKillQuery() throws SQLException {
        try (Connection victim = proxy.connect();
                Connection killer = proxy.connect()) {
            Sql.run(victim, "BEGIN", "REPLACE INTO killed VALUES (2)");
            assertThat(Sql.error(killer, "KILL QUERY " + id(victim))).isZero();
            Sql.run(victim, "DELETE FROM killed WHERE id = 2", "COMMIT");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"KILL %s", "kill connection %s"})
    void aKilledSessionEndsAndWhatItRanEndsOnItsServer(String kill) throws Exception {
        try (Connection killer = proxy.connect()) {
            Connection victim = proxy.connect();
            Sql.run(victim, "BEGIN", "REPLACE INTO killed VALUES (3)");
            String id = id(victim);
            CompletableFuture<Integer> error = inBackground(victim, "/* kc1 */ " + LONG);
            awaitRunning("kc1");
            assertThat(Sql.error(killer, kill.replace("%s", id))).isZero();
            assertThat(error.get()).as("the connection broke, without a word").isEqualTo(-1);
            awaitOver("kc1");
            assertThat(Sql.error(killer, kill.replace("%s", id))).isEqualTo(NO_SUCH_THREAD);
            assertThat(Sql.update(killer, "REPLACE INTO killed VALUES (3)")).isEqualTo(1);
            Sql.run(killer, "DELETE FROM killed");
            victim.close();
        }
    }

    @Test
    void anIdleClientSeesItsConnectionClose() throws Exception {
        try (RawClient victim = proxy.raw();
                Connection killer =
                        proxy.connectAs(Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD, Accounts.DATABASE)) {
            assertThat(Sql.error(killer, "KILL " + rawId(victim))).isZero();
            assertThat(victim.isClosedByServer()).isTrue();
        }
    }

    private static long rawId(RawClient client) throws IOException {
        client.send(CommandType.COM_QUERY, "SELECT CONNECTION_ID()".getBytes(StandardCharsets.US_ASCII));
        byte[] columns = client.read();
        byte[] definition = client.read();
        byte[] row = client.read();
        byte[] end = client.read();
        assertThat(List.of(RawClient.first(columns), RawClient.first(definition), RawClient.first(end)))
                .containsExactly(1, 3, RawClient.EOF);
        return Long.parseLong(new String(row, 1, row.length - 1, StandardCharsets.US_ASCII));
    }

    @Test
    void theCommandKillsAsTheStatementDoes() throws Exception {
        try (RawClient victim = proxy.raw();
                RawClient killer = proxy.raw()) {
            assertThat(killer.err(processKill(killer, 0xFFFF_FFF0L)).code()).isEqualTo(NO_SUCH_THREAD);
            assertThat(RawClient.first(processKill(killer, rawId(victim)))).isEqualTo(RawClient.OK);
            assertThat(victim.isClosedByServer()).isTrue();
            assertThat(killer.err(killer.ask(CommandType.COM_PROCESS_KILL, new byte[1]))
                            .code())
                    .isEqualTo(1835);
            assertThat(killer.err(processKill(killer, rawId(killer))).code()).isEqualTo(INTERRUPTED);
            assertThat(killer.isClosedByServer()).isTrue();
        }
    }

    private static byte[] processKill(RawClient client, long id) throws IOException {
        byte[] argument = ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) id)
                .array();
        return client.ask(CommandType.COM_PROCESS_KILL, argument);
    }

    @Test
    void anIdThatAServerShowsIsNobodysHere() throws SQLException {
        try (Connection connection = proxy.connect();
                Connection other = proxy.connect()) {
            List<String> shown = Sql.rows(connection, "SELECT id FROM information_schema.processlist");
            assertThat(shown).isNotEmpty();
            for (String id : shown) {
                assertThat(Sql.error(connection, "KILL " + id)).isEqualTo(NO_SUCH_THREAD);
            }
            assertThat(Sql.value(other, "SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void whoKillsItselfIsToldSo() throws Exception {
        try (Connection connection = proxy.connect()) {
            assertThat(Sql.error(connection, "KILL QUERY " + id(connection))).isEqualTo(INTERRUPTED);
            assertThat(Sql.error(connection, "KILL QUERY CONNECTION_ID()")).isEqualTo(INTERRUPTED);
            assertThat(Sql.error(connection, "KILL QUERY 4294967290")).isEqualTo(NO_SUCH_THREAD);
            assertThat(Sql.error(connection, "KILL " + id(connection))).isEqualTo(INTERRUPTED);
            assertThat(Sql.error(connection, "SELECT 1")).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @CsvSource({"k_plain, false", "k_admin, true", "k_super, true", "k_role, true", "k_set, false"})
    void othersAreMetOnlyWithTheRightThatAServerWouldAskFor(String user, boolean allowed) throws Exception {
        try (Connection victim = proxy.connect();
                Connection killer = proxy.connectAs(user, "k", Accounts.DATABASE)) {
            String id = id(victim);
            CompletableFuture<Integer> error = inBackground(victim, "/* kr1 */ " + LONG);
            awaitRunning("kr1");
            assertThat(Sql.error(killer, "KILL QUERY " + id)).isEqualTo(allowed ? 0 : NOT_OWNER);
            if (!allowed) {
                assertThat(error).isNotDone();
                try (Connection owner = proxy.connect()) {
                    Sql.run(owner, "KILL QUERY " + id);
                }
            }
            assertThat(error.get()).isEqualTo(INTERRUPTED);
            assertThat(Sql.error(killer, "KILL " + id)).isEqualTo(allowed ? 0 : NOT_OWNER);
            assertThat(Sql.error(victim, "SELECT 1")).isEqualTo(allowed ? -1 : 0);
        }
    }

    @Test
    void aRoleThatTheSessionHasSetCounts() throws SQLException {
        try (Connection victim = proxy.connect();
                Connection killer = proxy.connectAs("k_set", "k", Accounts.DATABASE)) {
            assertThat(Sql.error(killer, "KILL QUERY " + id(victim))).isEqualTo(NOT_OWNER);
            Sql.run(killer, "SET ROLE killers");
            assertThat(Sql.error(killer, "KILL QUERY " + id(victim))).isZero();
        }
    }

    @Test
    void aRoleGoesWithTheSessionThatHasSetIt() throws Exception {
        try (TestProxy narrow = TestProxy.options().connections(8).eventLoops(1).start(Servers.mysql())) {
            for (int i = 0; i < 2; i++) {
                try (Connection session = narrow.connectAs("k_set", "k", Accounts.DATABASE)) {
                    assertThat(Sql.value(session, "SELECT CURRENT_ROLE() FOR UPDATE"))
                            .isEqualTo("NONE");
                    Sql.run(session, "SET ROLE killers");
                    assertThat(Sql.value(session, "SELECT CURRENT_ROLE() FOR UPDATE"))
                            .contains("killers");
                }
                narrow.awaitQuiet();
            }
        }
    }

    @Test
    void aStatementThatWaitsForAConnectionIsEndedAndTheNextWaitsAnew() throws Exception {
        try (TestProxy narrow = TestProxy.options().connections(1).eventLoops(1).start(Servers.mysql())) {
            try (Connection holder = narrow.connect();
                    Connection victim = narrow.connect();
                    Connection killer = narrow.connect()) {
                String id = id(victim);
                Sql.run(holder, "BEGIN", "REPLACE INTO killed VALUES (4)");
                CompletableFuture<Integer> waiting = inBackground(victim, "REPLACE INTO killed VALUES (5)");
                await().atMost(SOON).until(() -> {
                    int unused = Sql.error(killer, "KILL QUERY " + id);
                    return waiting.isDone();
                });
                assertThat(waiting.get()).isEqualTo(INTERRUPTED);
                CompletableFuture<Integer> again = inBackground(victim, "REPLACE INTO killed VALUES (6)");
                Sql.run(holder, "ROLLBACK");
                assertThat(again.get()).isZero();
                assertThat(Sql.rows(victim, "SELECT id FROM killed")).containsExactly("6");
                Sql.run(victim, "DELETE FROM killed");
            }
            narrow.awaitQuiet();
        }
    }

    @Test
    void nothingButTheStatementIsEverHit() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<CompletableFuture<Integer>> others = new ArrayList<>();
        try (Connection killer = proxy.connect();
                Connection victim = proxy.connect()) {
            for (int i = 0; i < 3; i++) {
                others.add(CompletableFuture.supplyAsync(() -> readUntil(proxy, over)));
            }
            String id = id(victim);
            for (int round = 0; round < 25; round++) {
                victim.setAutoCommit(round % 2 == 0);
                CompletableFuture<Integer> error = inBackground(victim, "/* kn1 */ " + LONG);
                awaitRunning("kn1");
                CompletableFuture<Integer> killed = inBackground(killer, "KILL QUERY " + id);
                assertThat(error.get()).isEqualTo(INTERRUPTED);
                for (int i = 0; i < 5; i++) {
                    assertThat(Sql.error(victim, "SELECT SLEEP(0.005), COUNT(*) FROM killed"))
                            .isZero();
                }
                assertThat(killed.get()).isZero();
            }
            over.set(true);
            for (CompletableFuture<Integer> other : others) {
                assertThat(other.get()).isZero();
            }
        }
    }

    @Test
    void aKillThatComesLateHitsNobodyElse() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<CompletableFuture<Integer>> others = new ArrayList<>();
        try (TestProxy narrow = TestProxy.options().connections(3).eventLoops(1).start(Servers.mysql())) {
            try (Connection killer = narrow.connect();
                    Connection victim = narrow.connect()) {
                for (int i = 0; i < 4; i++) {
                    others.add(CompletableFuture.supplyAsync(() -> readUntil(narrow, over)));
                }
                String id = id(victim);
                for (int round = 0; round < 150; round++) {
                    // The two end at about the same time.
                    CompletableFuture<Integer> killed = inBackground(killer, "KILL QUERY " + id);
                    assertThat(Sql.error(victim, "SELECT COUNT(*) FROM killed")).isIn(0, INTERRUPTED);
                    assertThat(killed.get()).isZero();
                    assertThat(Sql.error(victim, "SELECT COUNT(*) FROM killed")).isZero();
                }
                over.set(true);
                for (CompletableFuture<Integer> other : others) {
                    assertThat(other.get()).isZero();
                }
            }
            narrow.awaitQuiet();
        }
    }

    /** Reads on connections of the same user and pool; the first error, or 0. */
    private static int readUntil(TestProxy proxy, AtomicBoolean over) {
        int error = 0;
        try (Connection connection = proxy.connect()) {
            while (error == 0 && !over.get()) {
                error = Sql.error(connection, "SELECT COUNT(*) FROM killed a, killed b");
            }
            return error;
        } catch (SQLException e) {
            return e.getErrorCode();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT CONNECTION_ID()",
                "select /* c */ connection_id( ) as `my id`;",
                "SELECT CONNECTION_ID() x",
                "SELECT @@pseudo_thread_id",
                "SELECT @@session.pseudo_thread_id AS y"
            })
    void theConnectionIdLooksLikeTheServersAndStaysTheSame(String sql) throws Exception {
        try (Connection direct = proxy.direct();
                Connection through = proxy.connect()) {
            assertThat(description(through, sql)).isEqualTo(description(direct, sql));
            String id = id(through);
            assertThat(Sql.value(through, sql)).isEqualTo(id);
            Sql.run(through, "BEGIN", "DELETE FROM killed");
            assertThat(Sql.value(through, sql)).isEqualTo(id);
            Sql.run(through, "COMMIT");
            assertThat(Long.toString(through.unwrap(JdbcConnection.class).getId()))
                    .as("as greeted")
                    .isEqualTo(id);
        }
    }

    private static String description(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            ResultSetMetaData data = rows.getMetaData();
            return String.join(
                    "|",
                    data.getColumnLabel(1),
                    data.getColumnName(1),
                    data.getColumnTypeName(1),
                    Integer.toString(data.getColumnDisplaySize(1)),
                    Boolean.toString(data.isSigned(1)),
                    Integer.toString(data.isNullable(1)),
                    data.getTableName(1));
        }
    }
}
