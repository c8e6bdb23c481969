package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A replica comes and goes over and over, under thousands of open connections and load on all of them, and no client may
 * notice. {@code -Dsluice.churn.rounds=1000} makes it longer, {@code -Dsluice.churn.connections} changes how many there are.
 */
@Timeout(1800)
class BackendChurnIT {
    private static final int ROUNDS = Integer.getInteger("sluice.churn.rounds", 200);
    private static final int CONNECTIONS = Integer.getInteger("sluice.churn.connections", 2000);
    private static final int THREADS = 8;
    private static final String READ = "SELECT 4711";

    private static LocalCluster cluster;
    private static TestProxy proxy;

    private final Queue<String> errors = new ConcurrentLinkedQueue<>();
    private final AtomicLong statements = new AtomicLong();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicInteger readsOfTheGuest = new AtomicInteger();
    private volatile boolean stopped;

    @BeforeAll
    static void start() throws Exception {
        cluster =
                LocalCluster.builder().flavor(ServerFlavor.mysql()).replicas(2).start();
        cluster.primary()
                .execute(
                        "CREATE TABLE app.churn (id INT PRIMARY KEY, n BIGINT)", "INSERT INTO app.churn VALUES (1, 0)");
        cluster.awaitReplicated(TestProxy.SOON);
        proxy = TestProxy.options().connections(40).start(cluster);
    }

    @AfterAll
    static void stop() {
        proxy.close();
        cluster.close();
    }

    @Test
    void noClientNoticesThatAReplicaComesAndGoes() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        List<RawClient> clients = new ArrayList<>();
        int rounds = 0;
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                clients.add(proxy.raw());
            }
            List<Future<?>> loads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                List<RawClient> own = clients.subList(i * CONNECTIONS / THREADS, (i + 1) * CONNECTIONS / THREADS);
                loads.add(threads.submit(() -> load(own)));
            }
            rounds = churn();
            stopped = true;
            for (Future<?> load : loads) {
                load.get(60, TimeUnit.SECONDS);
            }
        } finally {
            stopped = true;
            threads.shutdownNow();
            for (RawClient client : clients) {
                client.close();
            }
        }
        System.getLogger("BackendChurnIT")
                .log(
                        System.Logger.Level.INFO,
                        "{0} rounds, {1} connections, {2} statements, {3} writes, {4} reads of the guest, {5} errors",
                        rounds,
                        CONNECTIONS,
                        statements,
                        writes,
                        readsOfTheGuest,
                        errors.size());
        assertThat(errors).isEmpty();
        assertThat(cluster.primary().queryValue("SELECT n FROM app.churn")).isEqualTo(writes.toString());
        assertThat(readsOfTheGuest.get()).isPositive();
        assertThat(rounds).isEqualTo(ROUNDS);
    }

    /** Adds and removes; every fourth round drains in between, as a careful operator does. */
    private int churn() throws Exception {
        var administration = proxy.server().administration();
        Caller dba = new Caller("churn", null);
        String guest = cluster.servers().get(2).address();
        for (int round = 0; round < ROUNDS; round++) {
            if (!errors.isEmpty()) {
                return round;
            }
            if (round % 4 == 3) {
                var unused =
                        administration.run(new Operation.DrainBackend(guest, Duration.ofSeconds(5)), dba, step -> {});
            }
            var removed = administration.run(new Operation.RemoveBackend(guest, false), dba, step -> {});
            var added = administration.run(new Operation.AddBackend(guest, null, null, 40), dba, step -> {});
            assertThat(removed.rows()).hasSize(1);
            assertThat(added.rows()).hasSize(1);
            proxy.awaitReplicas(2);
        }
        return ROUNDS;
    }

    private void load(List<RawClient> clients) {
        int turn = 0;
        while (!stopped && errors.isEmpty()) {
            for (RawClient client : clients) {
                step(client, turn++);
                if (stopped || !errors.isEmpty()) {
                    return;
                }
            }
        }
    }

    private void step(RawClient client, int turn) {
        try {
            switch (turn % 10) {
                case 0 -> {
                    command(client, "UPDATE churn SET n = n + 1 WHERE id = 1");
                    writes.incrementAndGet();
                }
                case 1 -> {
                    command(client, "START TRANSACTION READ ONLY");
                    read(client);
                    command(client, "COMMIT");
                }
                case 2 -> {
                    if (client.value("SELECT @@server_id").equals("3")) {
                        readsOfTheGuest.incrementAndGet();
                    }
                }
                default -> read(client);
            }
            statements.incrementAndGet();
        } catch (IOException e) {
            errors.add(turn + ": " + e);
        }
    }

    private static void command(RawClient client, String sql) throws IOException {
        byte[] answer = client.query(sql).get(0);
        if (RawClient.first(answer) != RawClient.OK) {
            throw new IOException(sql + ": " + client.err(answer));
        }
    }

    private static void read(RawClient client) throws IOException {
        String answer = client.value(READ);
        if (!READ.endsWith(answer)) {
            throw new IOException(READ + " gave " + answer);
        }
    }
}
