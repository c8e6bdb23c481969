package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.localcluster.FreePorts;
import dev.sluice.server.logging.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Starts Sluice as it is measured: a JVM of its own with the class path, the options and the archive of classes that the launcher names, or with the class
 * path of this one if it was not the launcher that started it.
 * Confined to the main thread.
 *
 * @param log where its output goes; null for a file that ends with the run
 */
record SluiceLauncher(
        SluiceVariant variant,
        Servers servers,
        Path directory,
        @Nullable Path log) implements Launcher {
    /** What the launcher would start a server with; nothing without the launcher. */
    static List<String> launcherOptions() {
        return System.getProperty("sluice.server.options", "").lines().toList();
    }

    /** The launcher's archive of classes, which is one of the JDK that runs this. */
    private List<String> archive() {
        String archive = System.getProperty("sluice.server.archive");
        boolean same = variant.javaHome().equals(Path.of(System.getProperty("java.home")));
        return archive == null || !same ? List.of() : List.of("-XX:SharedArchiveFile=" + archive);
    }

    /** The same for another variant. */
    SluiceLauncher of(SluiceVariant other) {
        return new SluiceLauncher(other, servers, directory, log);
    }

    /** Starts Sluice in front of the servers and returns when clients can log in; it ends with the stack. */
    Target start(CleanupStack cleanup) throws CommandFailure {
        Launched launched = launch(cleanup);
        launched.process().awaitLogin(servers.jdbc().withTls(variant.tls()), launched.reads());
        return new Target(
                variant.name(),
                List.of(launched.reads()),
                List.of(launched.writes()),
                OptionalLong.of(launched.process().pid()),
                variant.tls(),
                Optional.of(this));
    }

    @Override
    public Launched launch(CleanupStack cleanup) throws CommandFailure {
        HostPort address = new HostPort("127.0.0.1", FreePorts.pick());
        HostPort metrics = new HostPort("127.0.0.1", FreePorts.pick());
        Path file = directory.resolve(variant.name() + "-" + address.port() + ".yaml");
        try {
            Files.writeString(file, configuration(address, metrics));
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot write " + file + ": " + e.getMessage(), e);
        }
        Path output = log == null ? directory.resolve(variant.name() + ".log") : log.toAbsolutePath();
        ProxyProcess process = cleanup.push(ProxyProcess.start(variant.name(), command(file), directory, output));
        return new Launched(process, address, address, Optional.of(metrics));
    }

    private List<String> command(Path file) {
        List<String> command = new ArrayList<>();
        command.add(variant.javaHome().resolve("bin").resolve("java").toString());
        command.addAll(launcherOptions());
        command.addAll(archive());
        command.addAll(variant.jvmOptions());
        String classPath = System.getProperty("sluice.server.classpath", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", classPath, "dev.sluice.server.cli.Main"));
        command.addAll(List.of("serve", "--config", file.toString()));
        return command;
    }

    /** TLS is off towards the servers because it is off on every other way to the data that is compared. */
    String configuration(HostPort address, HostPort metrics) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("listen", address.toString());
        keys.put("event-loops", Integer.toString(variant.threads()));
        keys.put("transport", variant.transport());
        keys.put("monitor.user", quoted(servers.monitor().user()));
        keys.put("monitor.password", quoted(servers.monitor().password()));
        keys.put("pool.max-connections-per-backend", Integer.toString(variant.pool()));
        keys.put("tls.frontend.mode", variant.tls() ? "required" : "off");
        keys.put("tls.backend.mode", "off");
        keys.put("metrics.listen", metrics.toString());
        keys.putAll(variant.configuration());
        StringBuilder text = new StringBuilder("backends:\n");
        for (HostPort server : servers.all()) {
            text.append("  - address: ").append(quoted(server.toString())).append('\n');
        }
        return text.append(YamlTree.of(keys)).toString();
    }

    /** A string of JSON is one of YAML, too; what looks like a reference to a variable is none. */
    private static String quoted(String value) {
        StringBuilder text = new StringBuilder();
        new JsonWriter(text).value(value.replace("${", "$${"));
        return text.toString();
    }
}
