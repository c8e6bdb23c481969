package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** LAST_INSERT_ID() where the connection that has it dies: it is exact, or an error, and never a number of something else. */
@Timeout(60)
class LostInsertIdIT {
    private static final String LAST = "SELECT LAST_INSERT_ID()";
    private static final int LOST = 1105;

    private static FaultyRelay relay;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        StateSchemas.create();
        relay = FaultyRelay.to(Servers.mysql().primary());
        proxy = TestProxy.options()
                .servers(1)
                .eventLoops(1)
                .connections(1)
                .primaryAt(relay.address())
                .start(Servers.mysql());
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        relay.close();
        StateSchemas.drop();
    }

    @AfterEach
    void quiet() throws IOException {
        relay.heal();
        relay.letGo();
        proxy.awaitQuiet();
    }

    /** The session has an id of its own, and another one in its last OK packet. */
    private static Connection withExplicitId(int explicit) throws SQLException {
        Connection connection = StateSchemas.connect(proxy);
        Sql.run(connection, "TRUNCATE TABLE a");
        Sql.run(connection, "INSERT INTO a (who) VALUES (1)");
        assertThat(Sql.value(connection, LAST)).isNotEqualTo(Integer.toString(explicit));
        Sql.run(connection, "INSERT INTO a (id, who) VALUES (" + explicit + ", 1)");
        return connection;
    }

    @Test
    void theLossIsToldOnce() throws SQLException {
        // A login may need the connection for itself, and asks first.
        try (Connection other = StateSchemas.connect(proxy);
                Connection connection = withExplicitId(700_001)) {
            relay.cutAnswers(LAST + " LIMIT 1", 0);
            // Before this may run, the server is asked for the id of the one who had the connection.
            int unused = Sql.error(other, "UPDATE t SET v = LAST_INSERT_ID(5) WHERE id = 1");
            assertThat(relay.isArmed()).isFalse();
            assertThat(Sql.error(connection, LAST)).isEqualTo(LOST);
            Sql.run(connection, "INSERT INTO a (who) VALUES (1)");
            assertThat(Sql.value(connection, LAST)).isEqualTo(newest());
        }
    }

    @Test
    void aClientThatGoesAwayDoesNotTakeTheIdOfAnotherWithIt() throws Exception {
        try (Connection other = StateSchemas.connect(proxy);
                Connection connection = withExplicitId(700_005)) {
            String id = newest(2);
            int sessions = proxy.server().sessions().connections();
            relay.holdAnswers(LAST + " LIMIT 1");
            CompletableFuture<Integer> error = CompletableFuture.supplyAsync(
                    () -> Sql.error(other, "UPDATE t SET v = LAST_INSERT_ID(5) WHERE id = 1"));
            await().atMost(TestProxy.SOON).until(relay::holds);
            other.abort(Runnable::run);
            assertThat(error.join()).as("no answer").isEqualTo(-1);
            await().atMost(TestProxy.SOON).until(() -> proxy.server().sessions().connections() < sessions);
            relay.letGo();
            assertThat(Sql.value(connection, LAST)).isEqualTo(id);
        }
    }

    @Test
    void anInsertBehindTheLossIsKnownAgain() throws SQLException {
        try (Connection connection = withExplicitId(700_002)) {
            die(connection);
            Sql.run(connection, "INSERT INTO a (who) VALUES (1)");
            assertThat(Sql.value(connection, LAST)).isEqualTo(newest());
        }
    }

    @Test
    void anotherExplicitIdMakesTheLossNoBetter() throws SQLException {
        try (Connection connection = withExplicitId(700_003)) {
            die(connection);
            Sql.run(connection, "INSERT INTO a (id, who) VALUES (699999, 1)");
            assertThat(Sql.error(connection, LAST)).isEqualTo(LOST);
        }
    }

    @Test
    void whatIsKnownOutlivesTheConnection() throws SQLException {
        try (Connection other = StateSchemas.connect(proxy);
                Connection connection = withExplicitId(700_004)) {
            String id = Sql.value(connection, LAST);
            Sql.run(other, "UPDATE t SET v = LAST_INSERT_ID(5) WHERE id = 1");
            die(other);
            assertThat(Sql.value(connection, LAST)).isEqualTo(id);
        }
    }

    /** The session's only connection is ended while it is idle. */
    private static void die(Connection connection) throws SQLException {
        String id = Sql.value(connection, "SELECT CONNECTION_ID() + 0");
        Servers.mysql().primary().execute("KILL " + id);
        // A read finds out that it is dead, and is asked again on another.
        Sql.run(connection, "SELECT v FROM t WHERE id = 1");
    }

    private static String newest() {
        return newest(1);
    }

    private static String newest(int place) {
        return Servers.mysql()
                .primary()
                .queryValue("SELECT id FROM state.a ORDER BY id DESC LIMIT 1 OFFSET " + (place - 1));
    }
}
