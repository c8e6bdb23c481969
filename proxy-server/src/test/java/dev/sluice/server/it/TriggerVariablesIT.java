package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** User variables that a trigger assigns, of which no server says anything, stay with the session that fired it. */
@Timeout(120)
class TriggerVariablesIT {
    private static final String TRIGGER = "CREATE TRIGGER state.assigns BEFORE INSERT ON state.w FOR EACH ROW ";

    private static TestProxy one;

    @BeforeAll
    static void start() throws Exception {
        StateSchemas.create();
        Servers.mysql()
                .primary()
                .execute(
                        "SET GLOBAL log_bin_trust_function_creators = 1",
                        "CREATE FUNCTION state.assigning(s VARCHAR(3)) RETURNS VARCHAR(3) DETERMINISTIC"
                                + " BEGIN SELECT s INTO @by_trigger; RETURN s; END");
        one = startProxy();
    }

    /** With one connection to the primary, which everybody uses in turn. */
    private static TestProxy startProxy() throws Exception {
        TestProxy proxy = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
        proxy.awaitCaughtUp();
        return proxy;
    }

    @AfterAll
    static void stop() {
        one.close();
        Servers.mysql().primary().execute("SET GLOBAL log_bin_trust_function_creators = 0");
        StateSchemas.drop();
    }

    @AfterEach
    void quiet() throws IOException {
        one.awaitQuiet();
    }

    private static void run(RawClient client, String sql) throws IOException {
        byte[] answer = client.query(sql).get(0);
        assertThat(RawClient.first(answer) == RawClient.ERR ? client.err(answer).message() : "")
                .as(sql)
                .isEmpty();
    }

    private static String pins(RawClient client) throws IOException {
        return Route.ofTextRow(TextRow.rows(client.query("SHOW SLUICE ROUTE")).get(0))
                .pins();
    }

    private static String pinsOfAWrite() throws IOException {
        try (RawClient writer = one.raw()) {
            run(writer, "DELETE FROM state.w");
            return pins(writer);
        }
    }

    /** What was changed through Sluice counts as a trigger that assigns until it has been looked at. */
    private static void awaitNoTies() {
        await().atMost(TestProxy.SOON)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> pinsOfAWrite().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BEGIN DECLARE n INT; SELECT NEW.s INTO @by_trigger; END",
                "SET NEW.s = (@by_trigger := NEW.s)",
                "SET NEW.s = state.assigning(NEW.s)"
            })
    void nobodyElseSeesThemAndTheSessionFindsThem(String body) throws IOException {
        try (RawClient definer = one.raw();
                RawClient session = one.raw();
                RawClient other = one.raw()) {
            run(definer, TRIGGER + body);
            run(session, "INSERT INTO state.w VALUES ('own')");
            assertThat(pins(session)).isEqualTo("user_variable");
            assertThat(session.value("SELECT @by_trigger")).isEqualTo("own");
            byte[] reset = session.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
            assertThat(RawClient.first(reset)).isZero();
            assertThat(TextRow.rows(other.query("SELECT @by_trigger IS NULL, IS_FREE_LOCK('nobody')")).stream()
                            .map(TextRow::columns))
                    .containsExactly(List.of("1", "1"));
            run(other, "DROP TRIGGER state.assigns");
        }
        awaitNoTies();
    }

    @Test
    void whatATriggerLeavesIsSeenBesideAHint() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE TABLE state.tr (id INT PRIMARY KEY, v INT)",
                        "INSERT INTO state.tr VALUES (1, 1)",
                        "CREATE TRIGGER state.leaves BEFORE UPDATE ON state.tr FOR EACH ROW"
                                + " SET SESSION div_precision_increment = 7, @left = NEW.v");
        try (Connection session = StateSchemas.connect(one)) {
            Sql.run(session, "UPDATE /*+ SET_VAR(foreign_key_checks=OFF) */ tr SET v = 6 WHERE id = 1");
            assertThat(Sql.rows(session, "SELECT @left, @@div_precision_increment, @@foreign_key_checks"))
                    .containsExactly("6,7,1");
            Sql.run(session, "SELECT /*+ SET_VAR(sort_buffer_size=300000) */ 1");
            assertThat(Sql.rows(session, "SELECT @left, @@div_precision_increment"))
                    .containsExactly("6,7");
        }
        try (RawClient client = one.raw()) {
            run(client, "DROP TRIGGER state.leaves");
        }
        awaitNoTies();
    }

    @Test
    void aTriggerThatAssignsNoneTiesNobody() throws IOException {
        try (RawClient definer = one.raw()) {
            run(definer, TRIGGER + "SET NEW.s = UPPER(NEW.s)");
            awaitNoTies();
            run(definer, "DROP TRIGGER state.assigns");
        }
        awaitNoTies();
    }

    @Test
    void aTriggerThatWasThereBeforeTheStartIsKnown() throws Exception {
        Servers.mysql().primary().execute(TRIGGER + "SET NEW.s = (@by_trigger := NEW.s)");
        try (TestProxy later = startProxy();
                RawClient session = later.raw()) {
            run(session, "INSERT INTO state.w VALUES ('own')");
            assertThat(pins(session)).isEqualTo("user_variable");
            run(session, "CREATE TABLE state.nothing (id INT)");
            run(session, "DROP TABLE state.nothing, state.w");
            run(session, "CREATE TABLE state.w (s VARCHAR(3))");
        }
    }
}
