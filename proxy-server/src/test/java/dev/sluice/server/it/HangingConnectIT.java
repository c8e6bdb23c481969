package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.config.HostPort;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A primary that takes connections and says nothing on them: a statement waits for it as long as it may, and no longer. */
@Timeout(60)
class HangingConnectIT {
    private static final Duration PRIMARY_TIMEOUT = Duration.ofSeconds(1);

    private FaultyNetwork network;
    private TestProxy proxy;

    @BeforeEach
    void start() throws Exception {
        network = new FaultyNetwork(Servers.mysql().primary().port());
        proxy = TestProxy.options()
                .eventLoops(1)
                .servers(1)
                .primaryTimeout(PRIMARY_TIMEOUT)
                .primaryAt(new HostPort("127.0.0.1", network.port()))
                .start(Servers.mysql());
    }

    @AfterEach
    void stop() {
        proxy.close();
        network.close();
    }

    @Test
    void aStatementWaitsForAConnectionNoLongerThanForAPrimary() throws SQLException {
        try (Connection first = proxy.connect();
                Connection second = proxy.connect();
                Connection third = proxy.connect()) {
            Sql.run(first, "BEGIN", "SELECT 1");
            Sql.run(second, "BEGIN", "SELECT 1");
            network.blackHole();
            long began = System.nanoTime();
            assertThatThrownBy(() -> Sql.run(third, "SELECT 1 FOR UPDATE"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08S01"))
                    .hasMessageContaining("No primary for this statement")
                    .hasMessageContaining("pool.primary-timeout");
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .isBetween(PRIMARY_TIMEOUT, PRIMARY_TIMEOUT.multipliedBy(3));
            network.cut();
            network.heal();
            await().atMost(TestProxy.SOON).until(() -> proxy.server().topology().primary() != null);
            assertThat(Sql.value(third, "SELECT 1 FOR UPDATE")).isEqualTo("1");
        }
    }
}
