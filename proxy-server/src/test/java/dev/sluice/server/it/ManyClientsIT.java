package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Ten thousand clients on a hundred connections to servers, most of them idle: what the others ask is answered, and an idle
 * one costs little memory. Where a process may not have so many files open there are fewer.
 */
@Timeout(180)
class ManyClientsIT {
    private static final int CLIENTS = 10_000;
    private static final int ACTIVE = 200;
    private static final int THREADS = 16;
    private static final int QUERIES_EACH = 20;
    /** What the test itself and its servers need. */
    private static final int OTHER_FILES = 1_000;

    private static final int CONNECTIONS = 50;
    private static final int BYTES_PER_CLIENT_MAX = 16 * 1024;

    private static LocalCluster cluster;
    private static SluiceProcess sluice;

    @BeforeAll
    static void start() throws Exception {
        cluster =
                LocalCluster.builder().flavor(ServerFlavor.mysql()).replicas(1).start();
        sluice = SluiceProcess.start(
                cluster,
                "many",
                "pool:\n  max-connections-per-backend: " + CONNECTIONS + "\nlimits:\n  max-connections: "
                        + (CLIENTS + 10) + "\n",
                "-Xmx512m");
    }

    @AfterAll
    static void stop() {
        sluice.close();
        cluster.close();
    }

    private static int clients() {
        UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long files = system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount() - OTHER_FILES;
        return (int) Math.min(CLIENTS, files);
    }

    private static long memory() throws IOException, InterruptedException {
        return sluice.heap() + (long) sluice.metric("sluice_buffer_memory_bytes");
    }

    @Test
    void mostAreIdleAndTheOthersAreServed() throws Exception {
        int count = clients();
        assertThat(count).as("files that may be open").isGreaterThan(2 * ACTIVE);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        List<RawClient> clients = new ArrayList<>();
        try {
            clients.addAll(connect(threads, ACTIVE));
            ask(threads, clients);
            long before = memory();
            clients.addAll(connect(threads, count - ACTIVE));
            long perClient = (memory() - before) / (count - ACTIVE);
            System.getLogger("ManyClientsIT")
                    .log(Level.INFO, count + " clients, " + perClient + " bytes for an idle one");
            assertThat(sluice.metric("sluice_sessions_open")).isEqualTo(count);
            assertThat(perClient).isLessThan(BYTES_PER_CLIENT_MAX);
            ask(threads, clients.subList(0, ACTIVE));
            // Those that were idle as well.
            ask(threads, clients.subList(count - ACTIVE, count));
            assertThat(cluster.primary()
                            .queryValue("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'native'"))
                    .satisfies(open -> assertThat(Integer.parseInt(open)).isLessThanOrEqualTo(CONNECTIONS));
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
            threads.shutdown();
            assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    private static List<RawClient> connect(ExecutorService threads, int count) throws Exception {
        List<Callable<RawClient>> logins = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            logins.add(() -> {
                RawClient client = RawClient.connect(sluice.port());
                // Ten thousand readers with a buffer would be more than this process has memory for.
                client.readInBitesOf(64);
                return client;
            });
        }
        List<RawClient> clients = new ArrayList<>();
        for (Future<RawClient> login : threads.invokeAll(logins)) {
            clients.add(login.get());
        }
        return clients;
    }

    private static void ask(ExecutorService threads, List<RawClient> clients) throws Exception {
        List<Callable<Void>> questions = new ArrayList<>();
        for (int i = 0; i < clients.size(); i++) {
            RawClient client = clients.get(i);
            int first = i * QUERIES_EACH;
            questions.add(() -> {
                for (int number = first; number < first + QUERIES_EACH; number++) {
                    assertThat(client.value("SELECT " + number)).isEqualTo(String.valueOf(number));
                }
                return null;
            });
        }
        for (Future<Void> answered : threads.invokeAll(questions)) {
            answered.get();
        }
    }
}
