package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.localcluster.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * HAProxy as a relay of bytes, the floor to compare with: one port that spreads connections over the replicas, one that
 * leads to the primary. Immutable.
 */
record HaProxy(Path program, int threads, Servers servers, Path directory) implements Launcher {
    /** Its name in reports. */
    static final String NAME = "haproxy";

    /** Starts it in front of the servers and returns when clients can log in; it ends with the stack. */
    Target start(CleanupStack cleanup) throws CommandFailure {
        return launch(cleanup).relay(NAME, servers.jdbc(), this);
    }

    @Override
    public Launched launch(CleanupStack cleanup) throws CommandFailure {
        HostPort reads = new HostPort("127.0.0.1", FreePorts.pick());
        HostPort writes = new HostPort("127.0.0.1", FreePorts.pick());
        Path file = directory.resolve("haproxy-" + reads.port() + ".cfg");
        try {
            Files.writeString(file, configuration(reads, writes));
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot write " + file + ": " + e.getMessage(), e);
        }
        List<String> command = List.of(program.toString(), "-db", "-f", file.toString());
        ProxyProcess process =
                cleanup.push(ProxyProcess.start(NAME, command, directory, directory.resolve("haproxy.log")));
        return new Launched(process, reads, writes, Optional.empty());
    }

    String configuration(HostPort reads, HostPort writes) {
        StringBuilder text = new StringBuilder("""
                global
                  maxconn 4000
                  nbthread %d
                defaults
                  mode tcp
                  balance roundrobin
                  timeout connect 10s
                  timeout client 1h
                  timeout server 1h
                """.formatted(threads));
        listen(text, "reads", reads, servers.readers());
        listen(text, "writes", writes, List.of(servers.primary()));
        return text.toString();
    }

    private static void listen(StringBuilder text, String name, HostPort address, List<HostPort> servers) {
        text.append("listen ").append(name).append("\n  bind ").append(address).append('\n');
        for (int i = 0; i < servers.size(); i++) {
            text.append("  server s%d %s%n".formatted(i, servers.get(i)));
        }
    }
}
