package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that takes a question of Sluice's own and never answers it: the client waits as long as for a primary. */
@Timeout(60)
class SilentQuestionIT {
    private static final Duration PRIMARY_TIMEOUT = Duration.ofSeconds(1);
    private static final int NOT_OWNER = 1095;

    private static FaultyRelay relay;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE silent",
                        "GRANT ALL ON silent.* TO 'app'@'%'",
                        "CREATE USER quiet_killer IDENTIFIED BY 'q'",
                        "GRANT SELECT ON silent.* TO quiet_killer");
        relay = FaultyRelay.to(Servers.mysql().primary());
        proxy = TestProxy.options()
                .eventLoops(1)
                .primaryAt(relay.address())
                .primaryTimeout(PRIMARY_TIMEOUT)
                .start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        relay.close();
        Servers.mysql().primary().execute("DROP DATABASE silent", "DROP USER quiet_killer");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static Connection killer() throws SQLException {
        return proxy.connectAs("quiet_killer", "q", "");
    }

    private static String id(Connection connection) throws SQLException {
        return String.valueOf(Sql.value(connection, "SELECT CONNECTION_ID()"));
    }

    private static void assertToldInTime(long began) {
        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .isBetween(PRIMARY_TIMEOUT, PRIMARY_TIMEOUT.multipliedBy(4));
    }

    @Test
    void aKillWhoseRightCannotBeReadEndsNothingAndSaysSo() throws SQLException {
        try (Connection victim = proxy.connect();
                Connection killer = killer()) {
            String id = id(victim);
            relay.silenceAnswers("SHOW GRANTS", 0);
            long began = System.nanoTime();
            assertThatThrownBy(() -> Sql.run(killer, "KILL " + id)).hasMessageContaining("nothing was ended");
            assertToldInTime(began);
            assertThat(Sql.value(victim, "SELECT 1")).isEqualTo("1");
            assertThat(Sql.error(killer, "KILL " + id)).isEqualTo(NOT_OWNER);
        }
    }

    @Test
    void aServerThatIsLostWithTheQuestionLeavesItToTheNext() throws SQLException {
        try (Connection victim = proxy.connect();
                Connection killer = killer()) {
            int before = relay.faults();
            relay.cutAt("SHOW GRANTS", 1);
            assertThat(Sql.error(killer, "KILL " + id(victim))).isEqualTo(NOT_OWNER);
            assertThat(relay.faults()).isEqualTo(before + 1);
        }
    }

    @Test
    void aLoginWhoseSchemaIsNotAnsweredForIsRefused() throws SQLException {
        relay.silenceAnswers("silent", 0);
        long began = System.nanoTime();
        assertThatThrownBy(() -> proxy.connectAs("app", "app-secret", "silent").close())
                .hasMessageContaining("pool.primary-timeout");
        assertToldInTime(began);
        try (Connection connection = proxy.connectAs("app", "app-secret", "silent")) {
            assertThat(Sql.value(connection, "SELECT DATABASE()")).isEqualTo("silent");
        }
    }
}
