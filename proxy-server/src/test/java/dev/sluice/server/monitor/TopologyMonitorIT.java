package dev.sluice.server.monitor;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The monitor on real servers, which are killed, frozen, promoted and delayed under it. */
@Timeout(180)
class TopologyMonitorIT {
    private static final Duration SOON = Duration.ofSeconds(6);

    @SuppressWarnings("NullAway.Init")
    private LocalCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private TopologyMonitor monitor;

    static List<dev.sluice.server.localcluster.ServerFlavor> flavors() {
        List<dev.sluice.server.localcluster.ServerFlavor> flavors =
                new ArrayList<>(List.of(dev.sluice.server.localcluster.ServerFlavor.mysql()));
        if (Files.isExecutable(Path.of("/usr/sbin/mariadbd"))) {
            flavors.add(dev.sluice.server.localcluster.ServerFlavor.executable("mariadbd"));
        }
        return flavors;
    }

    @AfterEach
    void stop() {
        if (monitor != null) {
            monitor.close();
        }
        cluster.close();
    }

    private void start(dev.sluice.server.localcluster.ServerFlavor flavor, String user, String password) {
        cluster = LocalCluster.builder().flavor(flavor).start();
        List<MonitoredBackend> backends = new ArrayList<>();
        for (LocalServer server : cluster.servers()) {
            backends.add(new MonitoredBackend(
                    backends.size(), new BackendAddress(server.host(), server.port()), OperatorState.ACTIVE, 1, null));
        }
        MonitorSettings settings = new MonitorSettings(
                user,
                password,
                Duration.ofMillis(500),
                Duration.ofMillis(100),
                Duration.ofSeconds(1),
                false,
                new TopologyPolicy(Duration.ofSeconds(2)));
        monitor = new TopologyMonitor(settings, backends);
        monitor.start();
    }

    private Topology awaitTopology(Predicate<Topology> condition) {
        await().atMost(SOON).pollInterval(Duration.ofMillis(10)).until(() -> condition.test(monitor.current()));
        return monitor.current();
    }

    private GtidPosition write(LocalServer primary, String statement) {
        primary.execute(statement);
        monitor.noteWrite();
        boolean mysql = isMySql();
        String position = primary.queryValue(mysql ? "SELECT @@gtid_executed" : "SELECT @@gtid_binlog_pos");
        return GtidPosition.parse(mysql ? ServerFlavor.MYSQL : ServerFlavor.MARIADB, position);
    }

    private boolean isMySql() {
        return requireNonNull(monitor.current().backend(0).facts()).flavor() == ServerFlavor.MYSQL;
    }

    @ParameterizedTest
    @MethodSource("flavors")
    void rolesHealthLagAndPositionsFollowTheServers(dev.sluice.server.localcluster.ServerFlavor flavor) {
        start(flavor, Accounts.MONITOR_USER, Accounts.MONITOR_PASSWORD);
        rolesAreDiscovered();
        writesAreSeenOnTheReplicasSoon();
        aFrozenReplicaIsUnreachableWhileTheOthersStayFresh();
        aKilledReplicaIsUnreachableAndComesBack();
        aSecondWritableServerRaisesAnAlarm();
        aDelayedReplicaTakesNoReads();
        anOperatorDrainsAReplica();
        thePrimaryMovesWithAPromotion();
    }

    private void rolesAreDiscovered() {
        Topology topology = awaitTopology(now -> now.primary() != null && now.readableReplicas() == 0b110);
        assertThat(topology.primaryOrdinal()).isZero();
        assertThat(topology.alarm()).isNull();
        BackendStatus primary = topology.backend(0);
        assertThat(primary.problem()).isNull();
        ServerFacts facts = requireNonNull(primary.facts());
        assertThat(facts.version()).startsWith(isMySql() ? "8." : "1");
        assertThat(facts.tracksGtids()).isTrue();
        CollationCatalog.Collation collation = monitor.collations().byId(facts.defaultCollationId());
        assertThat(requireNonNull(collation).characterSet())
                .isEqualTo(cluster.primary().queryValue("SELECT @@global.character_set_server"));
        assertThat(requireNonNull(monitor.collations().byName("UTF8MB4_BIN")).id())
                .isEqualTo(46);
        assertThat(requireNonNull(monitor.collations().defaultOf("latin1")).name())
                .isEqualTo("latin1_swedish_ci");
        assertThat(monitor.collations().byId(65000)).isNull();
    }

    private void writesAreSeenOnTheReplicasSoon() {
        write(cluster.primary(), "CREATE TABLE app.t (i INT PRIMARY KEY)");
        for (int i = 0; i < 5; i++) {
            GtidPosition written = write(cluster.primary(), "INSERT INTO app.t VALUES (" + i + ")");
            awaitTopology(now -> now.backend(1).executed().contains(written)
                    && now.backend(2).executed().contains(written));
        }
    }

    private void aFrozenReplicaIsUnreachableWhileTheOthersStayFresh() {
        cluster.servers().get(1).suspend();
        AtomicLong longestGap = new AtomicLong();
        AtomicLong lastSeen = new AtomicLong(System.nanoTime());
        monitor.addListener((before, now) -> {
            if (!now.backend(2).executed().equals(before.backend(2).executed())) {
                long nanos = System.nanoTime();
                longestGap.accumulateAndGet(nanos - lastSeen.getAndSet(nanos), Math::max);
            }
        });
        int row = 100;
        while (monitor.current().backend(1).health() == Health.ONLINE) {
            GtidPosition written = write(cluster.primary(), "INSERT INTO app.t VALUES (" + row++ + ")");
            awaitTopology(now -> now.backend(2).executed().contains(written));
        }
        assertThat(row).isGreaterThan(102);
        assertThat(Duration.ofNanos(longestGap.get())).isLessThan(Duration.ofMillis(900));
        Topology topology = monitor.current();
        assertThat(topology.backend(1).health()).isEqualTo(Health.UNREACHABLE);
        assertThat(topology.readableReplicas()).isEqualTo(0b100);
        cluster.servers().get(1).resume();
        awaitTopology(now -> now.readableReplicas() == 0b110);
    }

    private void aKilledReplicaIsUnreachableAndComesBack() {
        cluster.servers().get(2).kill();
        monitor.probeNow(2);
        Topology topology = awaitTopology(now -> now.backend(2).health() == Health.UNREACHABLE);
        assertThat(topology.backend(2).role()).isEqualTo(Role.REPLICA);
        assertThat(topology.backend(2).problem()).isNotNull();
        assertThat(topology.readableReplicas()).isEqualTo(0b010);
        assertThat(topology.primaryOrdinal()).isZero();
        cluster.servers().get(2).start();
        awaitTopology(now -> now.readableReplicas() == 0b110);
    }

    private void aSecondWritableServerRaisesAnAlarm() {
        LocalServer second = cluster.servers().get(1);
        cluster.stopReplication(second);
        boolean mysql = isMySql();
        second.execute("SET GLOBAL read_only = OFF");
        Topology topology = awaitTopology(now -> now.alarm() != null);
        assertThat(topology.primaryOrdinal()).isZero();
        assertThat(topology.alarm())
                .contains("several writable servers")
                .contains(cluster.primary().address())
                .contains(second.address())
                .contains("writes stay on");
        assertThat(topology.writableServers()).isEqualTo(2);
        second.execute(mysql ? "SET GLOBAL super_read_only = ON" : "SET GLOBAL read_only = ON");
        cluster.startReplication(second);
        awaitTopology(now -> now.alarm() == null && now.readableReplicas() == 0b110);
    }

    private void aDelayedReplicaTakesNoReads() {
        cluster.delayReplica(cluster.servers().get(1), Duration.ofSeconds(6));
        write(cluster.primary(), "INSERT INTO app.t VALUES (1000)");
        // While the delay is set, replication is stopped for a moment, and the lag unknown.
        Topology topology = awaitTopology(
                now -> now.readableReplicas() == 0b100 && now.backend(1).lag() != null);
        assertThat(topology.backend(1).health()).isEqualTo(Health.ONLINE);
        assertThat(topology.backend(1).lag()).isGreaterThan(Duration.ofSeconds(2));
        cluster.delayReplica(cluster.servers().get(1), Duration.ZERO);
        awaitTopology(now -> now.readableReplicas() == 0b110);
    }

    private void anOperatorDrainsAReplica() {
        monitor.setOperatorState(1, OperatorState.DRAINED);
        assertThat(monitor.current().readableReplicas()).isEqualTo(0b100);
        monitor.setOperatorState(1, OperatorState.ACTIVE);
        assertThat(monitor.current().readableReplicas()).isEqualTo(0b110);
    }

    private void thePrimaryMovesWithAPromotion() {
        cluster.awaitReplicated(SOON);
        cluster.primary().kill();
        monitor.probeNow(0);
        Topology topology = awaitTopology(now -> now.primary() == null);
        assertThat(topology.readableReplicas()).isEqualTo(0b110);
        assertThat(topology.alarm()).isEqualTo("no writable server");
        cluster.promote(cluster.servers().get(1));
        topology = awaitTopology(now -> now.primaryOrdinal() == 1 && now.readableReplicas() == 0b100);
        assertThat(topology.alarm()).isNull();
    }

    @ParameterizedTest
    @MethodSource("flavors")
    void accountsFollowThePrimary(dev.sluice.server.localcluster.ServerFlavor flavor) {
        start(flavor, Accounts.MONITOR_USER, Accounts.MONITOR_PASSWORD);
        Set<String> changed = ConcurrentHashMap.newKeySet();
        try (AccountDirectory directory = new AccountDirectory(monitor, Duration.ofMillis(100))) {
            directory.addListener(changed::add);
            assertThat(directory.isAvailable()).isFalse();
            directory.start();
            await().atMost(SOON).until(directory::isAvailable);
            Account nativeUser = only(directory, Accounts.NATIVE_USER);
            assertThat(nativeUser.plugin()).isEqualTo("mysql_native_password");
            assertThat(new String(nativeUser.authenticationString(), StandardCharsets.US_ASCII))
                    .matches("\\*[0-9A-F]{40}");
            assertThat(nativeUser.toString()).doesNotContain("*");
            assertThat(nativeUser.isLocked()).isFalse();
            assertThat(directory.lookup("nobody", null).isNone()).isTrue();

            changed.clear();
            LocalServer primary = cluster.primary();
            primary.execute(
                    "CREATE USER 'u'@'%' IDENTIFIED BY 'one'", "CREATE USER 'u'@'10.9.9.%' IDENTIFIED BY 'two'");
            await().atMost(SOON).until(() -> !directory.lookup("u", null).isNone());
            assertThat(only(directory, "u").host()).isEqualTo("%");
            primary.execute("CREATE USER 'u'@'127.0.0.0/255.0.0.0' IDENTIFIED BY 'three' ACCOUNT LOCK");
            await().atMost(SOON).until(() -> only(directory, "u").host().startsWith("127."));
            assertThat(only(directory, "u").isLocked()).isTrue();
            assertThat(changed).containsExactly("u");
        }
    }

    @ParameterizedTest
    @MethodSource("flavors")
    void anAccountWithoutPrivilegesLearnsRolesButNoLagAndNoAccounts(
            dev.sluice.server.localcluster.ServerFlavor flavor) {
        start(flavor, Accounts.APP_USER, Accounts.APP_PASSWORD);
        Topology topology = awaitTopology(now -> now.primaryOrdinal() == 0
                && now.backend(1).role() == Role.REPLICA
                && now.backend(2).role() == Role.REPLICA);
        assertThat(topology.readableReplicas()).isZero();
        assertThat(topology.backend(1).problem()).contains("the monitor account lacks");
        try (AccountDirectory directory = new AccountDirectory(monitor, Duration.ofMillis(100))) {
            directory.start();
            await().during(Duration.ofMillis(500)).atMost(SOON).until(() -> !directory.isAvailable());
        }
    }

    private static Account only(AccountDirectory directory, String user) {
        List<Account> accounts = directory.lookup(user, null).accounts();
        assertThat(accounts).hasSize(1);
        return accounts.get(0);
    }
}
