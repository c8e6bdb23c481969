package dev.sluice.server.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The monitor against ports behind which there is no database server. */
@Timeout(30)
class UnansweredProbeIT {
    private static MonitoredBackend backend(int ordinal, int port) {
        return new MonitoredBackend(ordinal, new BackendAddress("127.0.0.1", port), OperatorState.ACTIVE, 1, null);
    }

    @Test
    void aSilentServerAndAClosedPortAreUnreachableEachInItsOwnTime() throws IOException {
        MonitorSettings settings = new MonitorSettings(
                "u",
                "p",
                Duration.ofMillis(50),
                Duration.ofMillis(50),
                Duration.ofSeconds(3),
                false,
                TopologyPolicy.DEFAULT);
        int closedPort;
        try (ServerSocket closed = new ServerSocket(0)) {
            closedPort = closed.getLocalPort();
        }
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                TopologyMonitor monitor = new TopologyMonitor(
                        settings, List.of(backend(0, silent.getLocalPort()), backend(1, closedPort)))) {
            long started = System.nanoTime();
            monitor.start();
            await().atMost(Duration.ofSeconds(2))
                    .until(() -> monitor.current().backend(1).health() == Health.UNREACHABLE);
            assertThat(monitor.current().backend(0).health()).isEqualTo(Health.UNPROBED);
            await().atMost(Duration.ofSeconds(6))
                    .until(() -> monitor.current().backend(0).health() == Health.UNREACHABLE);
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isGreaterThan(Duration.ofMillis(2900));
            Topology topology = monitor.current();
            assertThat(topology.primary()).isNull();
            assertThat(topology.alarm()).isEqualTo("no writable server");
            assertThat(settings.toString()).doesNotContain("password");

            monitor.remove(0);
            assertThat(monitor.current().find(0)).isNull();
            monitor.put(backend(5, closedPort));
            await().atMost(Duration.ofSeconds(2))
                    .until(() -> monitor.current().backend(5).health() == Health.UNREACHABLE);
        }
    }

    /** Accepts and closes, and counts: each probe of such a server is one connection. */
    private static final class Door implements AutoCloseable {
        private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final AtomicInteger visits = new AtomicInteger();
        private final Thread thread = new Thread(this::serve, "door");

        Door() throws IOException {
            thread.start();
        }

        private void serve() {
            while (!socket.isClosed()) {
                try {
                    Socket visitor = socket.accept();
                    visits.incrementAndGet();
                    visitor.close();
                } catch (IOException e) {
                    assertThat(socket.isClosed()).isTrue();
                }
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static MonitorSettings seldom() {
        return new MonitorSettings(
                "u",
                "p",
                Duration.ofHours(1),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                false,
                TopologyPolicy.DEFAULT);
    }

    @Test
    void aStormOfTroubleIsNoStormOfProbes() throws IOException {
        try (Door door = new Door();
                TopologyMonitor monitor =
                        new TopologyMonitor(seldom(), List.of(backend(0, door.socket.getLocalPort())))) {
            monitor.start();
            await().atMost(Duration.ofSeconds(5)).until(() -> door.visits.get() > 0);
            int before = door.visits.get();
            long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
            long reports = 0;
            while (System.nanoTime() - end < 0) {
                monitor.reportTrouble(0, true);
                reports++;
            }
            assertThat(reports).isGreaterThan(1000);
            assertThat(door.visits.get() - before).isBetween(2, 12);
        }
    }

    @Test
    void aProberWhoseThreadDiesIsReplaced() throws IOException {
        try (Door door = new Door();
                TopologyMonitor monitor =
                        new TopologyMonitor(often(), List.of(backend(0, door.socket.getLocalPort())))) {
            AtomicReference<Thread> victim = new AtomicReference<>();
            monitor.addListener((before, now) -> {
                boolean byProber = Thread.currentThread().getName().startsWith("sluice-monitor-127");
                if (byProber && victim.compareAndSet(null, Thread.currentThread())) {
                    Thread.currentThread().setUncaughtExceptionHandler((thread, error) -> {});
                    throw new AssertionError("a defect that no handler expects");
                }
            });
            monitor.start();
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> victim.get() != null && !victim.get().isAlive());
            int before = door.visits.get();
            await().atMost(Duration.ofSeconds(10)).until(() -> door.visits.get() > before + 2);
        }
    }

    private static MonitorSettings often() {
        return new MonitorSettings(
                "u",
                "p",
                Duration.ofMillis(100),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                false,
                TopologyPolicy.DEFAULT);
    }
}
