package dev.sluice.server.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.localcluster.ServerFlavor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The life of the demonstration around a proxy that is none: what fails is said, and nothing stays behind. */
@Timeout(120)
class DemoIT {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DemoOutput output = new DemoOutput(new PrintStream(bytes, true, StandardCharsets.UTF_8), false);

    @Test
    void aFailedStepStopsEverythingEvenWithoutCheckAndExitsWithOne() throws IOException {
        List<Path> configurations = new ArrayList<>();
        AtomicBoolean closed = new AtomicBoolean();
        List<ProcessHandle> runningAtTheEnd = new ArrayList<>();
        // The first backend stands in for Sluice: it answers, but knows no SHOW SLUICE ROUTE.
        ProxyStarter starter = file -> {
            configurations.add(file);
            List<String> lines = Files.readAllLines(file);
            int port = Integer.parseInt(lines.get(2).replaceAll(".*:", ""));
            return new ProxyUnderDemo() {
                @Override
                public int port() {
                    return port;
                }

                @Override
                public void close() {
                    runningAtTheEnd.addAll(serversIn(Objects.requireNonNull(file.getParent())));
                    closed.set(true);
                }
            };
        };

        int exitCode = new Demo(ServerFlavor.mysql(), starter, output).run(0, false);

        assertThat(exitCode).isEqualTo(1);
        assertThat(text()).contains("FAIL  error 1064", "A step failed.");
        assertThat(closed).isTrue();
        // The primary, two replicas, and the one that the tour added before its step failed.
        assertThat(runningAtTheEnd).hasSize(4).noneMatch(ProcessHandle::isAlive);
        assertThat(configurations)
                .singleElement()
                .satisfies(file -> assertThat(file.getParent()).doesNotExist());
    }

    @Test
    void aProxyThatDoesNotStartIsOneSentenceAndTheServersAreGone() {
        List<Path> configurations = new ArrayList<>();
        ProxyStarter starter = file -> {
            configurations.add(file);
            throw new IllegalStateException("no luck today");
        };

        int exitCode = new Demo(ServerFlavor.mysql(), starter, output).run(0, true);

        assertThat(exitCode).isEqualTo(1);
        assertThat(text()).contains("Error: Sluice did not start: no luck today");
        assertThat(configurations)
                .singleElement()
                .satisfies(file -> assertThat(file.getParent()).doesNotExist());
    }

    @Test
    void aRequestedPortThatIsTakenIsSaidBeforeAnythingStarts() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ProxyStarter starter = file -> {
                throw new AssertionError("must not be reached");
            };

            int exitCode = new Demo(ServerFlavor.mysql(), starter, output).run(taken.getLocalPort(), true);

            assertThat(exitCode).isEqualTo(1);
            assertThat(text())
                    .contains("Error: Port " + taken.getLocalPort() + " on 127.0.0.1 is in use", "--port")
                    .doesNotContain("Starting");
        }
    }

    /** The shells that guard the servers have the same directory on their command lines: one process each. */
    private static List<ProcessHandle> serversIn(Path directory) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().arguments().stream()
                        .flatMap(Arrays::stream)
                        .anyMatch(argument -> argument.startsWith("--datadir=" + directory)))
                .filter(process -> process.info().command().orElse("").contains("mysqld"))
                .toList();
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
