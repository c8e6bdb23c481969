package dev.sluice.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.Topology;
import dev.sluice.server.metrics.MetricsRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ContainerHealthcheckIT {
    private static final Path SCRIPT = Path.of("..", "docker", "healthcheck.sh");

    private final List<String> obstacles = new CopyOnWriteArrayList<>();

    @Test
    void theHealthCheckOfTheImageAgreesWithReadyz() throws Exception {
        int port;
        try (ManagementServer server = start()) {
            port = server.address().getPort();
            assertThat(exitCode(port)).isZero();
            obstacles.add("no primary is known");
            assertThat(exitCode(port)).isNotZero();
        }
        assertThat(exitCode(port)).isNotZero();
    }

    private ManagementServer start() throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return ManagementServer.start(
                any, new MetricsRegistry(() -> Topology.EMPTY, List.of()), () -> obstacles, () -> true);
    }

    private static int exitCode(int port) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("bash", SCRIPT.toString(), Integer.toString(port))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
