package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * How many SELECTs the servers have run, by their own account: it shows whether reads truly went to the replicas.
 * Immutable.
 */
record SelectCounter(long onPrimary, long onReplicas) {
    /** The counters at this moment. */
    static SelectCounter read(Servers servers) throws CommandFailure {
        long replicas = 0;
        for (HostPort replica : servers.replicas()) {
            replicas += selects(servers.jdbc(), replica);
        }
        return new SelectCounter(selects(servers.jdbc(), servers.primary()), replicas);
    }

    private static long selects(Jdbc jdbc, HostPort address) throws CommandFailure {
        try (Connection connection = jdbc.connect(address, false);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SHOW GLOBAL STATUS LIKE 'Com_select'")) {
            rows.next();
            return rows.getLong(2);
        } catch (SQLException e) {
            throw new CommandFailure(1, "cannot read the counters of " + address + ": " + Jdbc.reason(e), e);
        }
    }

    /** The part of the SELECTs since an earlier moment that ran on replicas, in percent. */
    double replicaPercentSince(SelectCounter earlier) {
        long replicas = onReplicas - earlier.onReplicas;
        long all = replicas + onPrimary - earlier.onPrimary;
        return all == 0 ? 0 : 100.0 * replicas / all;
    }
}
