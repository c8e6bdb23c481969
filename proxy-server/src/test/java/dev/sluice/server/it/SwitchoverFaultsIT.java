package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Administration.Progress;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.Secret;
import dev.sluice.server.config.SwitchoverConfig;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Planned changes of the primary as operators ask for them, with faults on the way and replicas out of use. */
@Timeout(180)
class SwitchoverFaultsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int WRITERS = 4;

    private LocalCluster cluster;
    private TestProxy proxy;

    @BeforeEach
    void start() throws Exception {
        cluster = LocalCluster.builder().flavor(ServerFlavor.mysql()).start();
        cluster.primary()
                .execute(
                        "CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
                        "CREATE USER 'switcher'@'%' IDENTIFIED BY 'switch-secret'",
                        "GRANT ALL ON *.* TO 'switcher'@'%'");
        cluster.awaitReplicated(TestProxy.SOON);
        proxy = TestProxy.options()
                .primaryTimeout(Duration.ofSeconds(15))
                .switchover(new SwitchoverConfig(
                        Optional.of("switcher"),
                        Optional.of(Secret.of("switch-secret")),
                        Optional.empty(),
                        Optional.empty()))
                .start(cluster);
    }

    @AfterEach
    void stop() {
        proxy.close();
        cluster.close();
    }

    private LocalServer replica(int number) {
        return cluster.replicas().get(number);
    }

    /** Switches over; runs {@code atStep} when that step has been taken. */
    private ResultTable switchTo(LocalServer target, String step, Runnable atStep) throws Exception {
        return run(new Operation.Switchover(target.address(), PATIENCE, false), taken -> {
            if (taken.startsWith(step + ": ")) {
                atStep.run();
            }
        });
    }

    private ResultTable run(Operation operation, Progress progress) throws OperationException, InterruptedException {
        return proxy.server().administration().run(operation, new Caller("dba", null), progress);
    }

    private List<String> events() throws Exception {
        return run(new Operation.Show(Operation.View.EVENTS), step -> {}).rows().stream()
                .map(row -> row.get(3) + ": " + row.get(4))
                .toList();
    }

    /** Autocommit writes without end. Thread-safe: atomics. */
    private final class Writers {
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final AtomicInteger written = new AtomicInteger();
        private final List<CompletableFuture<String>> ends = new ArrayList<>();

        Writers() {
            for (int i = 0; i < WRITERS; i++) {
                ends.add(CompletableFuture.supplyAsync(this::write));
            }
            awaitMore();
        }

        private String write() {
            try (Connection connection = proxy.connect()) {
                while (!stopped.get()) {
                    Sql.run(connection, "INSERT INTO t (v) VALUES (1)");
                    written.incrementAndGet();
                }
                return "";
            } catch (SQLException e) {
                return e.getSQLState() + " " + e.getMessage();
            }
        }

        void awaitMore() {
            int before = written.get();
            await().atMost(TestProxy.SOON).until(() -> written.get() > before + 5 * WRITERS);
        }

        /** Ends them; none may have failed. */
        int end() throws Exception {
            stopped.set(true);
            for (CompletableFuture<String> end : ends) {
                assertThat(end.get(40, TimeUnit.SECONDS)).isEmpty();
            }
            return written.get();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"killed", "suspended"})
    void aTargetThatIsLostBeforeItIsPromotedLeavesEverythingAsItWas(String how) throws Exception {
        LocalServer target = replica(0);
        Writers writers = new Writers();
        OperationException failed = catchThrowableOfType(
                OperationException.class,
                () -> switchTo(target, "fence", how.equals("killed") ? target::kill : target::suspend));

        assertThat(failed).hasMessageContaining("failed at 'catch up'").hasMessageEndingWith("Everything is as before");
        assertThat(events()).contains("dba: " + failed.getMessage());
        writers.awaitMore();
        String written = Integer.toString(writers.end());
        assertThat(cluster.primary().queryValue("SELECT COUNT(*) FROM app.t")).isEqualTo(written);
        if (target.isSuspended()) {
            target.resume();
        }
    }

    @Test
    void aTargetThatIsLostAfterItWasPromotedLeavesTheOldPrimaryFencedAndTheEventsSayWhatToDo() throws Exception {
        LocalServer target = replica(0);
        OperationException failed =
                catchThrowableOfType(OperationException.class, () -> switchTo(target, "promote", target::kill));

        assertThat(failed)
                .hasMessageContaining("NOT everything could be taken back")
                .hasMessageContaining("not before: " + cluster.primary().address() + " accepts writes");
        assertThat(cluster.primary().queryValue("SELECT @@super_read_only")).isEqualTo("1");
        assertThat(events()).contains("dba: " + failed.getMessage());
    }

    @Test
    void aSwitchoverThatIsRefusedIsAnEventToo() throws Exception {
        assertThatThrownBy(() -> switchTo(cluster.primary(), "", () -> {})).isInstanceOf(OperationException.class);
        assertThat(events())
                .contains("dba: switchover to " + cluster.primary().address() + " refused: "
                        + cluster.primary().address() + " is the primary already");
    }

    @Test
    void aDrainedReplicaFollowsTheNewPrimaryAndAnUnreachableOneIsRemarked() throws Exception {
        LocalServer third = replica(1);
        ResultTable drained = run(new Operation.DrainBackend(third.address(), Duration.ofSeconds(5)), step -> {});
        assertThat(drained.rows()).isNotEmpty();
        LocalServer first = cluster.primary();
        LocalServer second = replica(0);

        assertThat(switchTo(second, "", () -> {}).rows())
                .anyMatch(row -> row.get(0).equals("repoint")
                        && row.get(1).equals(third.address() + " replicates from " + second.address()));
        try (Connection writer = proxy.connect()) {
            Sql.run(writer, "INSERT INTO t (v) VALUES (1)");
        }
        await().atMost(TestProxy.SOON)
                .until(() -> third.queryValue("SELECT COUNT(*) FROM app.t").equals("1"));

        third.kill();
        await().atMost(TestProxy.SOON)
                .until(() ->
                        !proxy.server().topology().backend(2).health().name().equals("ONLINE"));
        await().atMost(TestProxy.SOON)
                .until(() -> proxy.server().topology().backend(0).isUsable());
        assertThat(switchTo(first, "", () -> {}).rows())
                .anyMatch(row -> row.get(0).equals("remark")
                        && String.valueOf(row.get(1)).startsWith(third.address() + " is unreachable, drained"));
    }

    @Test
    void anIdlePreparedStatementGoesOnOnTheNewPrimary() throws Exception {
        LocalServer second = replica(0);
        try (Connection connection = proxy.connect("useServerPrepStmts=true");
                PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (?)");
                PreparedStatement select = connection.prepareStatement("SELECT @@port FROM t WHERE v = ? FOR UPDATE")) {
            insert.setInt(1, 1);
            assertThat(insert.executeUpdate()).isEqualTo(1);
            select.setInt(1, 1);
            assertThat(first(select)).isEqualTo(cluster.primary().port());
            assertThat(switchTo(second, "", () -> {}).rows()).isNotEmpty();
            assertThat(proxy.server().topology().primary())
                    .hasFieldOrPropertyWithValue("address", new BackendAddress(second.host(), second.port()));
            insert.setInt(1, 2);
            assertThat(insert.executeUpdate()).isEqualTo(1);
            select.setInt(1, 2);
            assertThat(first(select)).isEqualTo(second.port());
        }
        assertThat(second.queryValue("SELECT COUNT(*) FROM app.t")).isEqualTo("2");
    }

    private static int first(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            assertThat(rows.next()).isTrue();
            return rows.getInt(1);
        }
    }
}
