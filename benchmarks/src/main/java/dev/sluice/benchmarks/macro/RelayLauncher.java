package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.Transport;
import dev.sluice.server.localcluster.FreePorts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * {@link NettyRelay} in a JVM with the options of Sluice's: one port that spreads connections over the replicas, one that
 * leads to the primary, as HAProxy has them. Immutable.
 */
record RelayLauncher(Transport transport, int threads, Servers servers, Path directory) implements Launcher {
    /** How its name in reports begins; the transport follows. */
    static final String PREFIX = "netty-";

    String name() {
        return name(transport);
    }

    static String name(Transport transport) {
        return PREFIX + transport.name().toLowerCase(Locale.ROOT);
    }

    /** Starts it in front of the servers and returns when clients can log in; it ends with the stack. */
    Target start(CleanupStack cleanup) throws CommandFailure {
        return launch(cleanup).relay(name(), servers.jdbc(), this);
    }

    @Override
    public Launched launch(CleanupStack cleanup) throws CommandFailure {
        HostPort reads = new HostPort("127.0.0.1", FreePorts.pick());
        HostPort writes = new HostPort("127.0.0.1", FreePorts.pick());
        Path log = directory.resolve(name() + ".log");
        ProxyProcess process = cleanup.push(ProxyProcess.start(name(), command(reads, writes), directory, log));
        return new Launched(process, reads, writes, Optional.empty());
    }

    private List<String> command(HostPort reads, HostPort writes) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(SluiceLauncher.launcherOptions());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), NettyRelay.class.getName()));
        command.addAll(List.of(transport.name(), Integer.toString(threads)));
        command.add(port(reads, servers.readers()));
        command.add(port(writes, List.of(servers.primary())));
        return command;
    }

    private static String port(HostPort address, List<HostPort> servers) {
        return address + "=" + servers.stream().map(HostPort::toString).collect(Collectors.joining(","));
    }
}
