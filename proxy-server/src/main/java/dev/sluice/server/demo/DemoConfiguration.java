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
    static final String OPERATOR = "operator";
    static final String OPERATOR_PASSWORD = "operator-secret";

    private DemoConfiguration() {}

    /** The text of a file that serves the cluster, and its operators, on loopback ports. */
    static String of(LocalCluster cluster, int port, int adminPort) {
        String backends = cluster.servers().stream()
                .map(server -> "  - address: " + server.address() + "\n")
                .collect(Collectors.joining());
        return """
                listen: 127.0.0.1:%d
                backends:
                %smonitor:
                  user: %s
                  password: %s
                admin:
                  listen: 127.0.0.1:%d
                  user: %s
                  password: %s
                state-dir: sluice-state
                """.formatted(
                        port,
                        backends,
                        Accounts.MONITOR_USER,
                        Accounts.MONITOR_PASSWORD,
                        adminPort,
                        OPERATOR,
                        OPERATOR_PASSWORD);
    }
}
