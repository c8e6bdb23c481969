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
import java.time.Duration;
import java.util.List;
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
}
