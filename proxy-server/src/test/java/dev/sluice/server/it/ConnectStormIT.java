package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.LocalServer;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Connections that come and go by the thousand, and thousands that come at once. {@code -Dsluice.connects.seconds=60} and
 * {@code -Dsluice.connects.rate=1000} are the long run.
 */
@Timeout(300)
class ConnectStormIT {
    private static final int CAP = 20;
    private static final int THREADS = 16;
    private static final int STORM = Integer.getInteger("sluice.connects.storm", 2000);
    private static final int RATE = Integer.getInteger("sluice.connects.rate", 1000);
    private static final Duration DURATION = Duration.ofSeconds(Long.getLong("sluice.connects.seconds", 4));
    private static final long MIB = 1 << 20;
    private static final String OURS = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'native'";

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        proxy = TestProxy.options().connections(CAP).start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
    }

    private static long heapInUse() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static int sockets() throws IOException {
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            return (int) open.filter(ConnectStormIT::isSocket).count();
        }
    }

    private static boolean isSocket(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
        } catch (IOException e) {
            // Closed since it was listed.
            return false;
        }
    }

    @Test
    void aThousandConnectionsASecondLeaveNothingBehind() throws Exception {
        long unused = connectAndLeave(Duration.ofSeconds(1));
        proxy.awaitQuiet();
        long heap = heapInUse();
        long direct = PlatformDependent.usedDirectMemory();
        int sockets = sockets();

        long done = connectAndLeave(DURATION);
        proxy.awaitQuiet();

        System.getLogger("ConnectStormIT")
                .log(
                        System.Logger.Level.INFO,
                        "{0} connections in {1}; heap {2} to {3}, direct {4} to {5}, sockets {6} to {7}",
                        done,
                        DURATION,
                        heap,
                        heapInUse(),
                        direct,
                        PlatformDependent.usedDirectMemory(),
                        sockets,
                        sockets());
        assertThat(done).isPositive();
        assertThat(proxy.server().sessions().sessions()).isZero();
        // Pools may have grown to their bound meanwhile, and no further.
        await().atMost(TestProxy.SOON)
                .untilAsserted(() -> assertThat(sockets()).isLessThanOrEqualTo(sockets + 3 * CAP));
        assertPoolsAtTheirBound();
        await().atMost(TestProxy.SOON)
                .untilAsserted(() -> assertThat(heapInUse()).isLessThan(heap + 24 * MIB));
        assertThat(PlatformDependent.usedDirectMemory()).isLessThan(direct + 24 * MIB);
    }

    private static void assertPoolsAtTheirBound() {
        for (LocalServer server : Servers.mysql().servers()) {
            assertThat(Integer.parseInt(server.queryValue(OURS))).isLessThanOrEqualTo(CAP);
        }
    }

    /** Connects, asks something, and leaves in one way or the other, at the rate; how often. */
    private static long connectAndLeave(Duration duration) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        long start = System.nanoTime();
        AtomicLong taken = new AtomicLong();
        try {
            List<Future<Long>> workers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                workers.add(threads.submit(() -> work(start, duration.toNanos(), taken)));
            }
            long done = 0;
            for (Future<Long> worker : workers) {
                done += worker.get(duration.toSeconds() + 60, TimeUnit.SECONDS);
            }
            return done;
        } finally {
            threads.shutdownNow();
        }
    }

    private static long work(long start, long length, AtomicLong taken) throws Exception {
        long done = 0;
        while (true) {
            long turn = taken.getAndIncrement();
            long due = turn * (TimeUnit.SECONDS.toNanos(1) / RATE);
            if (due >= length || System.nanoTime() - start > length) {
                return done;
            }
            long early = due - (System.nanoTime() - start);
            if (early > 0) {
                LockSupport.parkNanos(early);
            }
            // Those who do not log in are fewer than one address may be in the long run.
            switch ((int) (turn % 64)) {
                case 0 -> RawClient.open(proxy.port()).close();
                case 1 -> {
                    try (RawClient greeted = RawClient.open(proxy.port())) {
                        assertThat(RawClient.first(greeted.read())).isEqualTo(10);
                    }
                }
                default -> {
                    try (RawClient client = proxy.raw()) {
                        if (turn % 4 == 0) {
                            assertThat(client.value("SELECT " + turn)).isEqualTo(Long.toString(turn));
                        }
                    }
                }
            }
            done++;
        }
    }

    private static void logIn(List<RawClient> clients) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Integer>> answers = new ArrayList<>();
            for (RawClient client : clients) {
                answers.add(threads.submit(() -> RawClient.first(client.tryLogin())));
            }
            for (Future<Integer> answer : answers) {
                assertThat(answer.get(60, TimeUnit.SECONDS)).isZero();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void everyOneOfTwoThousandThatComeAtOnceIsServed() throws Exception {
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < STORM; i++) {
                clients.add(RawClient.open(proxy.port()));
            }
            // All of them are connected, and none has said anything yet.
            logIn(clients);
            assertThat(proxy.server().sessions().sessions()).isEqualTo(STORM);
            for (int i = 0; i < STORM; i += 10) {
                assertThat(clients.get(i).value("SELECT " + i)).isEqualTo(Integer.toString(i));
            }
            assertPoolsAtTheirBound();
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
        proxy.awaitQuiet();
        assertThat(proxy.server().sessions().connections()).isZero();
    }
}
