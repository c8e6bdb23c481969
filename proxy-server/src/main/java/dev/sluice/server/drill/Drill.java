package dev.sluice.server.drill;

import dev.sluice.server.ProxyServer;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalClusterException;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The drill itself: servers, Sluice and clients are started, and under their load the primary is killed and replaced, then
 * changed by switchovers, so many times. Thread-safe: used by one thread.
 */
public final class Drill {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration SWITCHOVER_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration CALM = Duration.ofMillis(500);
    private static final long POLL_NANOS = Duration.ofMillis(2).toNanos();
    private static final int IDLE_SESSIONS = 8;

    private final Options options;
    private final Consumer<String> output;
    private final DrillRecord record = new DrillRecord();
    private final DrillReport report = new DrillReport();

    /**
     * How much of it. Immutable.
     *
     * @param flavor which servers
     * @param kills how often the primary is killed
     * @param switchovers how often it is changed on purpose
     * @param clients threads of clients, at least 4
     */
    public record Options(ServerFlavor flavor, int kills, int switchovers, int clients) {}

    /** A drill that writes its lines to the given consumer. */
    public Drill(Options options, Consumer<String> output) {
        this.options = options;
        this.output = output;
    }

    /**
     * Runs it.
     *
     * @return the targets that were missed; empty if none
     * @throws LocalClusterException if a server did not do what it had to
     */
    public List<String> run() throws Exception {
        try (LocalCluster cluster = LocalCluster.builder()
                .flavor(options.flavor())
                .progress(output::accept)
                .start()) {
            cluster.primary()
                    .execute("CREATE TABLE app.drill (id BIGINT AUTO_INCREMENT PRIMARY KEY, token BIGINT NOT NULL,"
                            + " KEY (token))");
            cluster.awaitReplicated(PATIENCE);
            Path file = Files.writeString(cluster.directory().resolve("sluice.yaml"), configuration(cluster));
            try (ProxyServer proxy = ProxyServer.start(new ConfigLoader().load(file))) {
                await("Sluice to read from the replicas", () -> isWhole(cluster, proxy));
                try (DrillLoad load =
                        DrillLoad.start(record, proxy.address().getPort(), options.clients(), IDLE_SESSIONS)) {
                    runs(cluster, proxy, load);
                } finally {
                    // What was measured before something went wrong is worth knowing too.
                    report.summary().forEach(output);
                }
            }
        }
        return report.missed();
    }

    private void runs(LocalCluster cluster, ProxyServer proxy, DrillLoad load) throws Exception {
        output.accept(DrillReport.header());
        for (int i = 0; i < options.kills() + options.switchovers(); i++) {
            pause(CALM);
            cluster.awaitReplicated(PATIENCE);
            DrillRecord.Window before = record.next();
            // What was acknowledged while nothing happened has to be there as well.
            Set<Long> calm = before.acknowledged();
            DrillRun run;
            try {
                run = i < options.kills() ? kill(cluster, proxy, load, calm) : switchOver(cluster, proxy, load, calm);
            } catch (OperationException e) {
                output.accept(report.refused(String.valueOf(e.getMessage())));
                continue;
            }
            output.accept(report.add(run));
            run.errors().forEach((kind, count) -> output.accept("        " + count + " x " + kind));
        }
    }

    private DrillRun kill(LocalCluster cluster, ProxyServer proxy, DrillLoad load, Set<Long> calm) throws SQLException {
        LocalServer old = cluster.primary();
        old.kill();
        cluster.promote(cluster.mostAdvancedReplica(), record::writableNow);
        await("writes to go on", record::hasResumed);
        pause(CALM);
        load.wakeAll();
        DrillRecord.Window window = record.next();
        Set<Long> all = new HashSet<>(calm);
        all.addAll(window.acknowledged());
        Map<Long, Integer> present = tokens(cluster.primary(), all);
        Set<Long> missing = new HashSet<>(all);
        missing.removeAll(present.keySet());
        Set<Long> onlyThere = new HashSet<>();
        cluster.rejoinKilled(old, server -> {
            onlyThere.addAll(surplus(server, cluster.primary()));
            return onlyThere.isEmpty()
                    ? List.of()
                    : List.of("DELETE FROM app.drill WHERE token IN ("
                            + onlyThere.stream().map(String::valueOf).collect(Collectors.joining(",")) + ")");
        });
        await("the killed server to replicate", () -> isWhole(cluster, proxy));
        int unreplicated = (int) missing.stream().filter(onlyThere::contains).count();
        return new DrillRun(true, window, 0, missing.size() - unreplicated, unreplicated, twice(present));
    }

    private DrillRun switchOver(LocalCluster cluster, ProxyServer proxy, DrillLoad load, Set<Long> calm)
            throws SQLException, OperationException, InterruptedException {
        LocalServer target = cluster.replicas().get(0);
        ResultTable steps = proxy.switchovers().run(target.address(), SWITCHOVER_TIMEOUT, false, step -> {});
        cluster.primaryChanged(target);
        pause(CALM);
        load.wakeAll();
        DrillRecord.Window window = record.next();
        Set<Long> all = new HashSet<>(calm);
        all.addAll(window.acknowledged());
        Map<Long, Integer> present = tokens(target, all);
        Set<Long> missing = new HashSet<>(all);
        missing.removeAll(present.keySet());
        await("the old primary to replicate", () -> isWhole(cluster, proxy));
        double pause = Double.parseDouble(
                Objects.requireNonNull(steps.rows().get(steps.rows().size() - 1).get(3)));
        return new DrillRun(false, window, pause, missing.size(), 0, twice(present));
    }

    /** How often each token between the first and the last of some is there. */
    private static Map<Long, Integer> tokens(LocalServer server, Set<Long> some) throws SQLException {
        if (some.isEmpty()) {
            return Map.of();
        }
        return counts(
                server,
                "SELECT token, COUNT(*) FROM app.drill WHERE token BETWEEN " + Collections.min(some) + " AND "
                        + Collections.max(some) + " GROUP BY token");
    }

    private static int twice(Map<Long, Integer> counts) {
        return (int) counts.values().stream().filter(count -> count > 1).count();
    }

    /** The tokens that only a server has which was the primary. */
    private static Set<Long> surplus(LocalServer server, LocalServer primary) {
        try {
            String latest = "SELECT token, 1 FROM app.drill WHERE id > (SELECT MAX(id) FROM app.drill) - 20000";
            Set<Long> tokens = new HashSet<>(counts(server, latest).keySet());
            tokens.removeAll(tokens(primary, tokens).keySet());
            return tokens;
        } catch (SQLException e) {
            throw new LocalClusterException(server + " does not tell what it had written: " + e.getMessage(), e);
        }
    }

    private static Map<Long, Integer> counts(LocalServer server, String query) throws SQLException {
        Map<Long, Integer> counts = new HashMap<>();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                counts.put(rows.getLong(1), rows.getInt(2));
            }
        }
        return counts;
    }

    private static boolean isWhole(LocalCluster cluster, ProxyServer proxy) {
        return Long.bitCount(proxy.topology().readableReplicas())
                == cluster.replicas().size();
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new LocalClusterException("Waited " + PATIENCE.toSeconds() + " s in vain for " + what + ".");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static void pause(Duration time) {
        long until = System.nanoTime() + time.toNanos();
        while (System.nanoTime() - until < 0) {
            LockSupport.parkNanos(until - System.nanoTime());
        }
    }

    private static String configuration(LocalCluster cluster) {
        String backends = cluster.servers().stream()
                .map(server -> "  - address: " + server.address() + "\n")
                .collect(Collectors.joining());
        return """
                listen: 127.0.0.1:0
                backends:
                %smonitor:
                  user: %s
                  password: %s
                admin:
                  switchover-user: %s
                  switchover-password: ""
                  replication-user: %s
                  replication-password: %s
                """.formatted(
                        backends,
                        Accounts.MONITOR_USER,
                        Accounts.MONITOR_PASSWORD,
                        Accounts.ROOT_USER,
                        Accounts.REPLICATION_USER,
                        Accounts.REPLICATION_PASSWORD);
    }
}
