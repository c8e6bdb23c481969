package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.Operation.View;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.localcluster.LocalServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What would take the last or most backends away: refused by every way there is, and done with FORCE. */
@Timeout(120)
class ForceIT {
    private static final Caller DBA = new Caller("dba", null);

    private final List<LocalServer> servers = Servers.mysql().servers();
    private Path file;
    private TestProxy proxy;

    @BeforeEach
    void start() throws Exception {
        file = Servers.mysql().directory().resolve("force.yaml");
        write(servers);
        proxy = TestProxy.options().file(file).start(Servers.mysql());
    }

    @AfterEach
    void stop() {
        proxy.close();
    }

    private void write(List<LocalServer> backends) throws Exception {
        StringBuilder text =
                new StringBuilder("listen: 127.0.0.1:0\nmonitor: {user: sluice_monitor, password: x}\nbackends:\n");
        backends.forEach(
                server -> text.append("  - address: ").append(server.address()).append('\n'));
        Files.writeString(file, text);
    }

    private ResultTable run(Operation operation) throws Exception {
        return proxy.server().administration().run(operation, DBA, step -> {});
    }

    private int backends() {
        return proxy.server().topology().backends().size();
    }

    @Test
    void aReloadWithoutTheReplicasNeedsForce() throws Exception {
        write(servers.subList(0, 1));
        assertThat(AdminIT.refusal(proxy, new Operation.Reload(false)))
                .contains("the file was not applied, nothing has changed", "RELOAD FORCE");
        assertThat(backends()).isEqualTo(3);
        ResultTable unused = run(new Operation.Reload(true));
        assertThat(backends()).isEqualTo(1);
        try (Connection connection = proxy.connect()) {
            assertThat(Sql.value(connection, "SELECT @@server_id")).isEqualTo("1");
        }
    }

    @Test
    void aReloadThatLeavesHalfAndNoReplicaNeedsForceLikeARemoval() throws Exception {
        ResultTable unused = run(new Operation.RemoveBackend(servers.get(2).address(), false));
        assertThat(AdminIT.refusal(
                        proxy, new Operation.RemoveBackend(servers.get(1).address(), false)))
                .contains("no usable replica would be left", "FORCE");
        write(servers.subList(0, 1));
        assertThat(AdminIT.refusal(proxy, new Operation.Reload(false)))
                .contains("no usable replica would be left", "RELOAD FORCE");
        ResultTable forced = run(new Operation.Reload(true));
        assertThat(forced.rows()).isNotEmpty();
        assertThat(backends()).isEqualTo(1);
    }

    @Test
    void aRollbackToFewerBackendsNeedsForce() throws Exception {
        ResultTable unused = run(new Operation.RemoveBackend(servers.get(2).address(), false));
        unused = run(new Operation.RemoveBackend(servers.get(1).address(), true));
        long alone = proxy.server().administration().configVersion();
        unused = run(new Operation.RollbackConfig(1, false));
        proxy.awaitReplicas(2);
        assertThat(AdminIT.refusal(proxy, new Operation.RollbackConfig(alone, false)))
                .contains("2 of 3 backends would go at once", "add FORCE");
        assertThat(backends()).isEqualTo(3);
        unused = run(new Operation.RollbackConfig(alone, true));
        assertThat(backends()).isEqualTo(1);
    }

    @Test
    void aChangedFileNeverForcesAndLeavesAnEvent() throws Exception {
        write(servers.subList(0, 1));
        await().atMost(TestProxy.SOON)
                .until(() -> run(new Operation.Show(View.EVENTS)).rows().stream()
                        .anyMatch(row -> row.contains("file watch")
                                && row.toString().contains("file not applied: ")
                                && row.toString().contains("RELOAD FORCE")));
        assertThat(backends()).isEqualTo(3);
    }

    @Test
    void thePrimaryIsNotDrainedAndTheMessageNamesTheWay() {
        assertThat(AdminIT.refusal(
                        proxy, new Operation.DrainBackend(servers.get(0).address(), Duration.ZERO)))
                .contains("is the primary", "SWITCHOVER TO another server first");
    }

    @Test
    void theLastReplicaMayBeDrainedButIsNotRemovedWithoutForce() throws Exception {
        String last = servers.get(2).address();
        ResultTable unused = run(new Operation.RemoveBackend(servers.get(1).address(), false));
        unused = run(new Operation.DrainBackend(last, Duration.ofSeconds(20)));
        assertThat(AdminIT.refusal(proxy, new Operation.RemoveBackend(last, false)))
                .contains("no replica would be left, not even a drained one", "add FORCE");
        unused = run(new Operation.RemoveBackend(last, true));
        assertThat(backends()).isEqualTo(1);
    }

    @Test
    void theVeryLastBackendStaysWhateverIsSaid() throws Exception {
        ResultTable unused = run(new Operation.RemoveBackend(servers.get(2).address(), false));
        unused = run(new Operation.RemoveBackend(servers.get(1).address(), true));
        assertThat(AdminIT.refusal(
                        proxy, new Operation.RemoveBackend(servers.get(0).address(), true)))
                .contains("also not with FORCE");
    }
}
