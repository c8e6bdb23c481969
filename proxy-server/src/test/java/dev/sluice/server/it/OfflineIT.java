package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.localcluster.LocalServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that an operator takes offline: left alone at once and altogether, until it is resumed. */
@Timeout(120)
@SuppressWarnings("NullAway.Init")
class OfflineIT {
    private static final Caller DBA = new Caller("dba", null);
    private static final String CONNECTIONS =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user IN ('app', 'sluice_monitor')";

    private final List<LocalServer> servers = Servers.mysql().servers();

    @TempDir
    private Path state;

    private TestProxy proxy;

    @BeforeEach
    void start() throws Exception {
        proxy = TestProxy.options().stateDir(state).start(Servers.mysql());
        proxy.awaitReplicas(2);
    }

    @AfterEach
    void stop() {
        proxy.close();
    }

    private String run(Operation operation) throws Exception {
        ResultTable answer = proxy.server().administration().run(operation, DBA, step -> {});
        return String.valueOf(answer.rows().get(0).get(0));
    }

    private String offline(int server) throws Exception {
        return run(new Operation.SetOffline(servers.get(server).address(), false));
    }

    private String refusal(int server) {
        return AdminIT.refusal(
                proxy, new Operation.SetOffline(servers.get(server).address(), false));
    }

    private BackendStatus status(int server) {
        return proxy.server().topology().backends().get(server);
    }

    private static String server(Connection connection) throws SQLException {
        return String.valueOf(Sql.value(connection, "SELECT @@server_id"));
    }

    private void assertLeftAlone(int server) {
        await().atMost(TestProxy.SOON)
                .during(Duration.ofSeconds(1))
                .until(() -> "0".equals(servers.get(server).queryValue(CONNECTIONS)));
    }

    @Test
    void aTransactionThereGetsOneErrorAndNoConnectionIsLeft() throws Exception {
        try (Connection inside = proxy.connect();
                Connection outside = proxy.connect()) {
            Sql.run(inside, "START TRANSACTION READ ONLY");
            int held = Integer.parseInt(server(inside)) - 1;
            assertThat(held).isPositive();

            assertThat(offline(held)).contains("is offline", "RESUME BACKEND");

            assertThat(status(held).operatorState()).isEqualTo(OperatorState.OFFLINE);
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> server(inside))
                    .withMessageContaining("taken offline by an operator")
                    .satisfies(e -> assertThat(e.getSQLState()).isEqualTo("40001"));
            assertThat(server(inside)).isNotEqualTo("" + (held + 1));
            for (int i = 0; i < 20; i++) {
                assertThat(server(outside)).isNotEqualTo("" + (held + 1));
            }
            assertLeftAlone(held);
            assertThat(status(held).health()).isEqualTo(Health.UNPROBED);
        }
    }

    @Test
    void itStaysOfflineOverARestartUntilItIsResumed() throws Exception {
        String unused = offline(1);
        proxy.close();
        proxy = TestProxy.options().stateDir(state).start(Servers.mysql());
        proxy.awaitReplicas(1);

        assertThat(status(1).operatorState()).isEqualTo(OperatorState.OFFLINE);
        assertThat(status(1).health()).isEqualTo(Health.UNPROBED);
        assertThat(status(1).facts()).isNull();
        assertThat(refusal(1)).contains("is offline already");
        assertThat(AdminIT.refusal(
                        proxy, new Operation.DrainBackend(servers.get(1).address(), null)))
                .contains("is offline: there is nothing to drain");

        unused = run(new Operation.ResumeBackend(servers.get(1).address()));
        proxy.awaitReplicas(2);
        try (Connection connection = proxy.connect()) {
            await().atMost(TestProxy.SOON).until(() -> server(connection).equals("2"));
        }
    }

    @Test
    void thePrimaryAndTheLastReplicaNeedForce() throws Exception {
        assertThat(refusal(0)).contains("is the primary", "SWITCHOVER TO another server first", "FORCE");
        String unused = offline(1);
        assertThat(refusal(2)).contains("no usable replica would be left", "add FORCE");
        unused = run(new Operation.SetOffline(servers.get(2).address(), true));
        try (Connection connection = proxy.connect()) {
            assertThat(server(connection)).isEqualTo("1");
        }
    }
}
