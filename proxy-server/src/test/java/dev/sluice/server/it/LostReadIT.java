package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reads that only the primary can answer, while the connections to it die. */
@Timeout(60)
class LostReadIT {
    private static final String READ = "SELECT 'lost', 41 + 1";

    private FaultyRelay relay;
    private TestProxy proxy;

    @BeforeEach
    void start() throws Exception {
        relay = FaultyRelay.to(Servers.mysql().primary());
        proxy = TestProxy.options()
                .servers(1)
                .eventLoops(1)
                .primaryAt(relay.address())
                .start(Servers.mysql());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.awaitQuiet();
        proxy.close();
        relay.close();
    }

    /** Leaves so many connections in the pool. */
    private void fillPool(int connections) throws SQLException {
        List<Connection> all = new ArrayList<>();
        try {
            for (int i = 0; i < connections; i++) {
                Connection connection = proxy.connect();
                all.add(connection);
                Sql.run(connection, "BEGIN", "SELECT 1");
            }
        } finally {
            for (Connection each : all) {
                each.close();
            }
        }
    }

    @Test
    void aReadOutlivesAnyNumberOfDeadConnectionsInThePool() throws SQLException {
        fillPool(8);
        try (Connection connection = proxy.connect()) {
            relay.cutAt(READ, 6);
            assertThat(Sql.value(connection, READ)).isEqualTo("lost");
            assertThat(relay.faults()).isEqualTo(6);
        }
    }

    @Test
    void aReadOfWhichNewConnectionsDieIsGivenUp() throws SQLException {
        fillPool(4);
        try (Connection connection = proxy.connect()) {
            relay.cutAt(READ, Integer.MAX_VALUE);
            assertThatThrownBy(() -> Sql.value(connection, READ))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08S01"))
                    .hasMessageContaining("no other backend could answer");
            assertThat(relay.faults()).as("of the pool, and new ones").isBetween(3, 8);
            assertThat(Sql.value(connection, "SELECT 1")).isEqualTo("1");
        }
    }
}
