package dev.sluice.server.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.router.topology.Admission;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.BreakerPolicy;
import dev.sluice.router.topology.DiscoveredServer;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Breakers, slow start, lag and discovery on real servers that are killed, frozen, delayed and broken. */
@Timeout(120)
class TroubledReplicaIT {
    private static final Duration SOON = Duration.ofSeconds(15);
    private static final BreakerPolicy BREAKER = new BreakerPolicy(
            3, Duration.ofSeconds(5), Duration.ofMillis(500), Duration.ofSeconds(2), Duration.ofSeconds(3));

    @SuppressWarnings("NullAway.Init")
    private static LocalCluster cluster;

    private @Nullable TopologyMonitor running;

    @BeforeAll
    static void startCluster() {
        cluster = LocalCluster.builder().flavor(ServerFlavor.mysql()).start();
    }

    @AfterAll
    static void stopCluster() {
        cluster.close();
    }

    @AfterEach
    void stopMonitor() {
        if (running != null) {
            running.close();
        }
    }

    private TopologyMonitor start(@Nullable Heartbeat heartbeat, int... servers) {
        return start(heartbeat, Accounts.MONITOR_USER, Accounts.MONITOR_PASSWORD, servers);
    }

    private TopologyMonitor start(@Nullable Heartbeat heartbeat, String user, String password, int... servers) {
        List<MonitoredBackend> backends = new ArrayList<>();
        for (int ordinal : servers) {
            backends.add(new MonitoredBackend(ordinal, address(ordinal), OperatorState.ACTIVE, 1, null));
        }
        MonitorSettings settings = new MonitorSettings(
                        user,
                        password,
                        Duration.ofMillis(500),
                        Duration.ofMillis(100),
                        Duration.ofSeconds(1),
                        false,
                        new TopologyPolicy(Duration.ofSeconds(2)))
                .with(BREAKER, heartbeat);
        TopologyMonitor monitor = new TopologyMonitor(settings, backends);
        running = monitor;
        monitor.start();
        return monitor;
    }

    private TopologyMonitor startAll() {
        TopologyMonitor monitor = start(null, 0, 1, 2);
        await(monitor, now -> now.primaryOrdinal() == 0 && now.readableReplicas() == 0b110);
        return monitor;
    }

    private static LocalServer server(int ordinal) {
        return cluster.servers().get(ordinal);
    }

    private static BackendAddress address(int ordinal) {
        return new BackendAddress(server(ordinal).host(), server(ordinal).port());
    }

    private static Topology await(TopologyMonitor monitor, Predicate<Topology> condition) {
        Awaiting awaiting = new Awaiting(monitor, condition);
        Awaitility.await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(awaiting::isOver);
        return awaiting.seen;
    }

    /** Keeps the very topology that fulfilled the condition. */
    private static final class Awaiting {
        private final TopologyMonitor monitor;
        private final Predicate<Topology> condition;
        private Topology seen = Topology.EMPTY;

        Awaiting(TopologyMonitor monitor, Predicate<Topology> condition) {
            this.monitor = monitor;
            this.condition = condition;
        }

        boolean isOver() {
            seen = monitor.current();
            return condition.test(seen);
        }
    }

    @Test
    void aReplicaThatWasKilledComesBackOnTrialAndItsShareGrows() {
        TopologyMonitor monitor = startAll();
        List<BackendStatus> returning = new CopyOnWriteArrayList<>();
        server(1).kill();
        monitor.reportTrouble(1, true);
        Topology without = await(monitor, now -> now.readableReplicas() == 0b100);
        assertThat(without.backend(1).health()).isEqualTo(Health.UNREACHABLE);
        assertThat(without.backend(1).admission().state()).isEqualTo(Admission.State.OPEN);

        monitor.addListener((before, now) -> {
            if ((now.readableReplicas() & 0b010) != 0) {
                returning.add(now.backend(1));
                returning.add(now.backend(2));
            }
        });
        server(1).start();
        await(monitor, now -> now.backend(1).admission().equals(Admission.FULL));

        List<BackendStatus> first =
                returning.stream().filter(b -> b.ordinal() == 1).toList();
        assertThat(first.get(0).admission()).isEqualTo(new Admission(Admission.State.HALF_OPEN, 1));
        assertThat(first).extracting(BackendStatus::weight).contains(1, 2, 3, 4, 5, 6, 7, 8, 9);
        List<BackendStatus> other =
                returning.stream().filter(b -> b.ordinal() == 2).toList();
        assertThat(other.get(0).weight()).isEqualTo(10);
        assertThat(monitor.current().backend(1).weight()).isEqualTo(1);
        assertThat(monitor.current().backend(2).weight()).isEqualTo(1);
    }

    @Test
    void troubleOfTheDataPathOpensABreakerButNotThatOfTheLastReplica() {
        TopologyMonitor monitor = startAll();
        Topology one = await(monitor, now -> {
            monitor.reportTrouble(1, true);
            return now.backend(1).admission().state() == Admission.State.OPEN;
        });
        assertThat(one.backend(1).health()).isEqualTo(Health.ONLINE);
        assertThat(one.readableReplicas()).isEqualTo(0b100);
        Topology both = await(monitor, now -> {
            monitor.reportTrouble(1, true);
            monitor.reportTrouble(2, true);
            return now.backend(1).admission().state() == Admission.State.OPEN
                    && now.backend(2).admission().state() == Admission.State.OPEN;
        });
        assertThat(both.readableReplicas()).isEqualTo(0b110);
    }

    @Test
    void aServerThatOnlyRefusesAUserKeepsItsReads() {
        TopologyMonitor monitor = startAll();
        long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
        while (System.nanoTime() - end < 0) {
            monitor.reportTrouble(1, false);
        }
        assertThat(monitor.current().backend(1).admission()).isEqualTo(Admission.FULL);
        assertThat(monitor.current().readableReplicas()).isEqualTo(0b110);
    }

    @Test
    void aPrimaryThatWasFrozenTakesWritesAgainAsSoonAsItAnswers() {
        TopologyMonitor monitor = startAll();
        server(0).suspend();
        Topology held = await(monitor, now -> now.primary() == null);
        assertThat(held.alarm()).isEqualTo("no writable server");
        assertThat(held.writableServers()).isZero();
        assertThat(held.readableReplicas()).isEqualTo(0b110);
        server(0).resume();
        Topology again = await(monitor, now -> now.primary() != null);
        assertThat(again.primaryOrdinal()).isZero();
        assertThat(again.backend(0).admission()).isNotEqualTo(Admission.FULL);
        assertThat(again.alarm()).isNull();
        await(monitor, now -> now.readableReplicas() == 0b110);
    }

    @Test
    void aReplicaThatFetchesNothingTakesNoReads() {
        TopologyMonitor monitor = startAll();
        server(1).execute("STOP REPLICA IO_THREAD");
        Topology without = await(monitor, now -> now.readableReplicas() == 0b100);
        assertThat(without.backend(1).lag()).isNull();
        assertThat(without.backend(1).problem()).isEqualTo("replication is stopped");
        server(1).execute("START REPLICA IO_THREAD");
        await(monitor, now -> now.readableReplicas() == 0b110);
    }

    @Test
    void aReplicaWhoseReplicationFailsTakesNoReads() {
        TopologyMonitor monitor = startAll();
        server(0).execute("CREATE TABLE app.conflict (i INT PRIMARY KEY)");
        cluster.awaitReplicated(SOON);
        server(1)
                .execute(
                        "SET GLOBAL super_read_only = OFF",
                        "SET SESSION sql_log_bin = 0",
                        "INSERT INTO app.conflict VALUES (1)",
                        "SET GLOBAL super_read_only = ON");
        server(0).execute("INSERT INTO app.conflict VALUES (1)");
        Topology without = await(monitor, now -> now.readableReplicas() == 0b100);
        assertThat(without.backend(1).problem()).startsWith("replication error: ");
        assertThat(without.backend(1).health()).isEqualTo(Health.ONLINE);
        server(1)
                .execute(
                        "SET GLOBAL super_read_only = OFF",
                        "SET SESSION sql_log_bin = 0",
                        "DELETE FROM app.conflict",
                        "SET GLOBAL super_read_only = ON",
                        "START REPLICA");
        await(monitor, now -> now.readableReplicas() == 0b110);
    }

    @Test
    void theHeartbeatMeasuresLagInMilliseconds() {
        server(0)
                .execute(
                        "CREATE DATABASE IF NOT EXISTS sluice",
                        "CREATE TABLE sluice.heartbeat (id INT PRIMARY KEY, beat_ms BIGINT NOT NULL)",
                        "GRANT SELECT, INSERT, UPDATE ON sluice.heartbeat TO '" + Accounts.MONITOR_USER + "'@'%'");
        cluster.awaitReplicated(SOON);
        TopologyMonitor monitor = start(new Heartbeat("sluice.heartbeat", true), 0, 1, 2);
        await(monitor, now -> now.readableReplicas() == 0b110);
        Awaitility.await()
                .atMost(SOON)
                .until(() -> !server(2)
                        .queryValue("SELECT COUNT(*) FROM sluice.heartbeat")
                        .equals("0"));
        cluster.delayReplica(server(1), Duration.ofSeconds(4));
        Topology delayed = await(monitor, now -> {
            Duration lag = now.backend(1).lag();
            return lag != null && lag.compareTo(Duration.ofSeconds(3)) > 0 && lag.toMillis() % 1000 != 0;
        });
        assertThat(delayed.readableReplicas()).isEqualTo(0b100);
        assertThat(delayed.backend(2).lag()).isLessThan(Duration.ofSeconds(1));
        assertThat(delayed.backend(1).problem()).isNull();
        cluster.delayReplica(server(1), Duration.ZERO);
        await(monitor, now -> now.readableReplicas() == 0b110);
    }

    @Test
    void whereReplicationStatusIsNotForTheAccountTheHeartbeatAloneIsTheLag() {
        server(0).execute("CREATE TABLE app.beat (id INT PRIMARY KEY, beat_ms BIGINT NOT NULL)");
        cluster.awaitReplicated(SOON);
        TopologyMonitor monitor =
                start(new Heartbeat("app.beat", true), Accounts.APP_USER, Accounts.APP_PASSWORD, 0, 1, 2);
        await(monitor, now -> now.readableReplicas() == 0b110);
        cluster.delayReplica(server(1), Duration.ofSeconds(4));
        await(monitor, now -> now.readableReplicas() == 0b100);
        cluster.delayReplica(server(1), Duration.ZERO);
        await(monitor, now -> now.readableReplicas() == 0b110);
    }

    @Test
    void aMissingHeartbeatTableIsSaidAndReadsGoOn() throws SQLException {
        Heartbeat nowhere = new Heartbeat("app.nothing", true);
        TopologyMonitor monitor = start(nowhere, 0, 1, 2);
        Topology now = await(monitor, seen -> seen.readableReplicas() == 0b110 && seen.primary() != null);
        assertThat(now.backend(1).problem()).startsWith("no heartbeat: ");
        assertThat(now.primaryOrdinal()).isZero();
        try (Connection connection = monitor.connect(0)) {
            assertThatThrownBy(() -> HeartbeatWriter.write(nowhere, connection))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("nothing");
        }
    }

    @Test
    void serversThatAreNotConfiguredAreShownAndNotUsed() {
        TopologyMonitor fromReplica = start(null, 1);
        Topology seen = await(fromReplica, now -> !now.discovered().isEmpty());
        assertThat(seen.discovered())
                .containsExactly(new DiscoveredServer(address(0), DiscoveredServer.Relation.SOURCE, address(1)));
        assertThat(seen.primary()).isNull();
        fromReplica.close();

        server(0).execute("GRANT REPLICATION SLAVE ON *.* TO '" + Accounts.MONITOR_USER + "'@'%'");
        TopologyMonitor fromPrimary = start(null, 0, 1);
        seen = await(fromPrimary, now -> !now.discovered().isEmpty());
        assertThat(seen.discovered())
                .containsExactly(new DiscoveredServer(address(2), DiscoveredServer.Relation.REPLICA, address(0)));
        assertThat(seen.backends()).hasSize(2);
        server(0).execute("REVOKE REPLICATION SLAVE ON *.* FROM '" + Accounts.MONITOR_USER + "'@'%'");
    }
}
