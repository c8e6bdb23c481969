package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What the servers have done since their start or between two moments, by their own account: it shows whether reads truly
 * went to the replicas and whether connections were used again. Immutable.
 *
 * @param onPrimary SELECTs that the primary ran
 * @param onReplicas SELECTs that all replicas ran
 * @param connections connections that all of them accepted, without those that read these counters
 */
record ServerCounters(long onPrimary, long onReplicas, long connections) {
    /** The counters at this moment. */
    static ServerCounters read(Servers servers) throws CommandFailure {
        long replicas = 0;
        long connections = 0;
        long primary = 0;
        for (HostPort server : servers.all()) {
            try (Connection connection = servers.jdbc().connect(server, false);
                    Statement statement = connection.createStatement()) {
                long selects = counter(statement, "Com_select");
                if (server.equals(servers.primary())) {
                    primary = selects;
                } else {
                    replicas += selects;
                }
                connections += counter(statement, "Connections");
            } catch (SQLException e) {
                throw new CommandFailure(1, "cannot read the counters of " + server + ": " + Jdbc.reason(e), e);
            }
        }
        return new ServerCounters(primary, replicas, connections);
    }

    private static long counter(Statement statement, String name) throws SQLException {
        try (ResultSet rows = statement.executeQuery("SHOW GLOBAL STATUS LIKE '" + name + "'")) {
            rows.next();
            return rows.getLong(2);
        }
    }

    /** What was done since an earlier moment. */
    ServerCounters since(Servers servers, ServerCounters earlier) {
        return new ServerCounters(
                onPrimary - earlier.onPrimary,
                onReplicas - earlier.onReplicas,
                Math.max(0, connections - earlier.connections - servers.all().size()));
    }

    /** The part of the SELECTs that ran on replicas, in percent. */
    double replicaPercent() {
        long all = onReplicas + onPrimary;
        return all == 0 ? 0 : 100.0 * onReplicas / all;
    }
}
