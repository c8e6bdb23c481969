package dev.sluice.server.demo;

import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import java.util.stream.Collectors;

/**
 * The configuration file of the demonstration, which is as short as a user's first one.
 *
 * <p>Thread-safe: it has no state.
 */
final class DemoConfiguration {
    private DemoConfiguration() {}

    /** The text of a file that serves the cluster on a loopback port. */
    static String of(LocalCluster cluster, int port) {
        String backends = cluster.servers().stream()
                .map(server -> "  - address: " + server.address() + "\n")
                .collect(Collectors.joining());
        return """
                listen: 127.0.0.1:%d
                backends:
                %smonitor:
                  user: %s
                  password: %s
                """.formatted(port, backends, Accounts.MONITOR_USER, Accounts.MONITOR_PASSWORD);
    }
}
