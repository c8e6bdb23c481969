package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.localcluster.FreePorts;
import dev.sluice.server.logging.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options of Sluice as it is measured: a JVM of its own with the class path of this one and the flags of the
 * launcher. Confined to the main thread.
 */
final class SluiceOptions {
    /** What the launcher gives to a production server. */
    private static final List<String> LAUNCHER_FLAGS = List.of(
            "-Dio.netty.leakDetection.level=disabled", "-XX:+ExitOnOutOfMemoryError", "-XX:MaxRAMPercentage=60");

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "Event loops of Sluice and threads of HAProxy. Default: 1.")
    private int threads = 1;

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "Transport of Sluice, as in its configuration. Default: auto.")
    private String transport = "auto";

    @Option(
            names = "--pool",
            paramLabel = "N",
            defaultValue = "100",
            description = "Connections of Sluice to each server at most. Default: 100.")
    private int pool = 100;

    @Option(
            names = "--jvm-option",
            paramLabel = "OPTION",
            description = "One more option for the JVM of Sluice, such as -XX:+UseSerialGC; repeat it for each.")
    private List<String> jvmOptions = new ArrayList<>();

    @Option(names = "--sluice-log", paramLabel = "FILE", description = "Append what Sluice logs to FILE, to keep it.")
    private @Nullable Path log;

    int threads() {
        return threads;
    }

    /** What is worth noting in a report. */
    String description() {
        List<String> flags = new ArrayList<>(LAUNCHER_FLAGS);
        flags.addAll(jvmOptions);
        return "event-loops %d, transport %s, max-connections-per-backend %d, JVM options %s"
                .formatted(threads, transport, pool, String.join(" ", flags));
    }

    /** Starts Sluice in front of the servers and returns when clients can log in; it ends with the stack. */
    Target start(Servers servers, Path directory, CleanupStack cleanup) throws CommandFailure {
        HostPort address = new HostPort("127.0.0.1", FreePorts.pick());
        Path file = directory.resolve("sluice.yaml");
        try {
            Files.writeString(file, configuration(servers, address));
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot write " + file + ": " + e.getMessage(), e);
        }
        ProxyProcess process = cleanup.push(ProxyProcess.start("sluice", command(file), directory, logFile(directory)));
        process.awaitLogin(servers.jdbc(), address);
        return new Target("sluice", List.of(address), List.of(address), OptionalLong.of(process.pid()));
    }

    private Path logFile(Path directory) {
        return log == null ? directory.resolve("sluice.log") : log.toAbsolutePath();
    }

    private List<String> command(Path file) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(LAUNCHER_FLAGS);
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.sluice.server.cli.Main"));
        command.addAll(List.of("serve", "--config", file.toString()));
        return command;
    }

    /** TLS is off on both sides because it is off on every other way to the data that is compared. */
    String configuration(Servers servers, HostPort address) {
        StringBuilder text = new StringBuilder();
        text.append("listen: ").append(address).append('\n');
        text.append("event-loops: ").append(threads).append('\n');
        text.append("transport: ").append(transport).append('\n');
        text.append("backends:\n");
        for (HostPort server : servers.all()) {
            text.append("  - address: ").append(quoted(server.toString())).append('\n');
        }
        text.append("monitor:\n");
        text.append("  user: ").append(quoted(servers.monitor().user())).append('\n');
        text.append("  password: ").append(quoted(servers.monitor().password())).append('\n');
        text.append("pool:\n  max-connections-per-backend: ").append(pool).append('\n');
        text.append("tls:\n  frontend:\n    mode: off\n  backend:\n    mode: off\n");
        return text.toString();
    }

    /** A string of JSON is one of YAML, too; what looks like a reference to a variable is none. */
    private static String quoted(String value) {
        StringBuilder text = new StringBuilder();
        new JsonWriter(text).value(value.replace("${", "$${"));
        return text.toString();
    }
}
