package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.FreePorts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A soak: mixed load, clients that fail and vanish, servers that die and change places, and operators, for
 * {@code -Dsluice.soak.minutes}. What the process takes when all of it rests is the same at the end as after the first quarter.
 */
@Timeout(value = 3, unit = TimeUnit.HOURS)
class SoakIT {
    private static final Duration DURATION = Duration.ofSeconds(Math.round(
            Double.parseDouble(System.getProperty("sluice.soak.minutes", "3")) * TimeUnit.MINUTES.toSeconds(1)));
    private static final int CLIENTS = Integer.getInteger("sluice.soak.clients", 6);
    private static final int QUARTERS = 4;
    private static final System.Logger LOGGER = System.getLogger("SoakIT");
    private static final long MIB = 1 << 20;

    /** What may differ: caches that fill to their bounds, buffers of threads, a thread of a pool that has not ended yet. */
    private static final long HEAP_MORE = 8 * MIB;

    private static final long DIRECT_MORE = 8 * MIB;

    /** Those for operations and for kills end when they have had nothing to do for a while; there are as many at most. */
    private static final int THREADS_MORE = 18;

    private static final int DESCRIPTORS_MORE = 10;
    private static final int LOG_END = 20_000;

    private static LocalCluster cluster;
    private static SluiceProcess sluice;
    private static SoakOperator operator;

    private static final SoakRecord RECORD = new SoakRecord();

    @BeforeAll
    static void start() throws Exception {
        cluster =
                LocalCluster.builder().flavor(ServerFlavor.mysql()).replicas(3).start();
        cluster.primary()
                .execute(
                        "CREATE TABLE app.soak (id BIGINT AUTO_INCREMENT PRIMARY KEY, token BIGINT NOT NULL, KEY (token))");
        cluster.awaitReplicated(TestProxy.SOON);
        int adminPort = FreePorts.pick();
        sluice = SluiceProcess.start(
                cluster,
                "soak",
                configuration(adminPort),
                "-Xmx128m",
                "-XX:MaxDirectMemorySize=128m",
                "-XX:+ExitOnOutOfMemoryError");
        operator =
                new SoakOperator(RECORD, cluster, adminPort, cluster.directory().resolve("soak.yaml"));
        operator.awaitWhole();
    }

    private static String configuration(int adminPort) {
        return """
                pool:
                  idle-timeout: 2s
                  acquire-timeout: 10s
                limits:
                  max-connections-per-user: %d
                admin:
                  listen: 127.0.0.1:%d
                  user: %s
                  password: %s
                  switchover-user: %s
                  switchover-password: ""
                  replication-user: %s
                  replication-password: %s
                """.formatted(
                        SoakNuisance.PER_USER,
                        adminPort,
                        SoakOperator.USER,
                        SoakOperator.PASSWORD,
                        Accounts.ROOT_USER,
                        Accounts.REPLICATION_USER,
                        Accounts.REPLICATION_PASSWORD);
    }

    @AfterAll
    static void stop() {
        sluice.close();
        cluster.close();
    }

    @Test
    void whatItTakesStaysTheSame() throws Exception {
        List<SoakSample> samples = new ArrayList<>();
        for (int quarter = 0; quarter < QUARTERS; quarter++) {
            work(DURATION.dividedBy(QUARTERS));
            operator.awaitIdle();
            await().atMost(TestProxy.SOON).until(() -> sluice.metric("sluice_frontend_connections") == 0);
            samples.add(SoakSample.take(sluice));
            LOGGER.log(Level.INFO, "{0} of {1}: {2}; {3}", quarter + 1, QUARTERS, samples.get(quarter), RECORD);
            assertThat(RECORD.wrong()).as(endOfLog()).isEmpty();
        }
        assertThat(RECORD.counted("statements interrupted"))
                .as("by nobody but operators")
                .isLessThanOrEqualTo(RECORD.counted("sessions killed"));
        assertEverythingWasDone();
        assertWritesAreThere();
        assertFlat(samples.get(0), samples.get(QUARTERS - 1));
        assertThat(sluice.metric("sluice_sessions_open")).isZero();
        assertThat(sluice.stop()).isTrue();
        assertThat(sluice.log()).doesNotContain("internal error", "should be impossible", "OutOfMemory", "LEAK");
    }

    private static String endOfLog() throws IOException {
        String log = sluice.log();
        return log.substring(Math.max(0, log.length() - LOG_END));
    }

    private static void work(Duration duration) throws Exception {
        long end = System.nanoTime() + duration.toNanos();
        List<SoakClient> clients = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            SoakClient client = new SoakClient(RECORD, sluice.port(), i);
            clients.add(client);
            threads.add(new Thread(client, "soak-client-" + i));
        }
        SoakNuisance nuisance = new SoakNuisance(RECORD, sluice.port());
        threads.add(new Thread(nuisance, "soak-nuisance"));
        threads.forEach(thread -> {
            thread.setDaemon(true);
            thread.start();
        });
        try {
            while (System.nanoTime() - end < 0 && RECORD.wrong().isEmpty()) {
                operator.act();
                assertThat(sluice.isAlive()).as("alive").isTrue();
            }
        } finally {
            clients.forEach(SoakClient::stop);
            nuisance.stop();
        }
        for (Thread thread : threads) {
            thread.join(TimeUnit.MINUTES.toMillis(1));
            assertThat(thread.isAlive()).as(thread.getName()).isFalse();
        }
    }

    /** A soak in which something never happened has shown nothing of it. */
    private static void assertEverythingWasDone() {
        for (String kind : List.of(
                "reads",
                "writes",
                "transactions",
                "cursors",
                "large results",
                "settings",
                "prepared statements",
                "temporary tables",
                "wrong passwords",
                "clients that vanished",
                "connects refused",
                "replicas killed",
                "primaries killed",
                "switchovers",
                "features",
                "reloads",
                "removals",
                "additions")) {
            assertThat(RECORD.counted(kind)).as(kind).isPositive();
        }
    }

    private static void assertWritesAreThere() throws Exception {
        cluster.awaitReplicated(Duration.ofMinutes(1));
        List<String> missed = new ArrayList<>();
        for (LocalServer server : cluster.servers()) {
            Set<Long> missing = RECORD.kept();
            missing.removeAll(SoakOperator.tokens(server, "SELECT token FROM app.soak"));
            missed.addAll(RECORD.describe(missing).stream()
                    .map(write -> write + ", not on " + server)
                    .toList());
            try (Connection root = server.connect()) {
                assertThat(Sql.rows(root, "SELECT token, COUNT(*) FROM app.soak GROUP BY token HAVING COUNT(*) > 1"))
                        .as("twice on " + server)
                        .isEmpty();
            }
        }
        assertThat(missed).isEmpty();
    }

    private static void assertFlat(SoakSample early, SoakSample late) {
        String both = "after a quarter: " + early + "; at the end: " + late;
        assertThat(late.heap()).as(both).isLessThan(early.heap() + HEAP_MORE);
        assertThat(late.direct()).as(both).isLessThan(early.direct() + DIRECT_MORE);
        assertThat(late.threads()).as(both).isLessThanOrEqualTo(early.threads() + THREADS_MORE);
        assertThat(late.descriptors()).as(both).isLessThanOrEqualTo(early.descriptors() + DESCRIPTORS_MORE);
    }
}
