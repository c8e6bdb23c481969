package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ProgressListener;
import dev.sluice.server.localcluster.ServerFlavor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which servers are used: a cluster of our own, or given ones. Confined to the main thread. */
final class ServerOptions {
    private static final int MAX_CONNECTIONS_MARGIN = 200;

    @Option(
            names = "--flavor",
            paramLabel = "SERVER",
            defaultValue = "auto",
            description = "The database server to start: auto, mysql, mariadb, or an executable. Default: auto.")
    private String flavor = "auto";

    @Option(
            names = "--replicas",
            paramLabel = "N",
            defaultValue = "2",
            description = "How many replicas to start. Default: 2.")
    private int replicas = 2;

    @Option(
            names = "--backend",
            paramLabel = "HOST:PORT",
            description = "A server that runs already; repeat it for each. Needs --user, --database, --monitor-user.")
    private List<String> backends = new ArrayList<>();

    @Option(names = "--user", description = "With --backend: the account of the clients.")
    private @Nullable String user;

    @Option(
            names = "--password",
            defaultValue = "${env:SLUICE_BENCH_PASSWORD:-}",
            description = "With --backend: its password. Default: $SLUICE_BENCH_PASSWORD.")
    private String password = "";

    @Option(names = "--monitor-user", description = "With --backend: the account by which Sluice watches the servers.")
    private @Nullable String monitorUser;

    @Option(
            names = "--monitor-password",
            defaultValue = "${env:SLUICE_BENCH_MONITOR_PASSWORD:-}",
            description = "With --backend: its password. Default: $SLUICE_BENCH_MONITOR_PASSWORD.")
    private String monitorPassword = "";

    @Option(
            names = "--database",
            description =
                    "With --backend: where the table sbtest1 is made and, at the end, dropped; it must not exist.")
    private @Nullable String database;

    /** Whether the servers are not ours, so that the table must be dropped at the end. */
    boolean areGiven() {
        return !backends.isEmpty();
    }

    /** Starts or finds the servers; what is started ends with the stack. */
    Servers open(CleanupStack cleanup, int connectionsMax, ProgressListener progress) throws CommandFailure {
        return backends.isEmpty() ? start(cleanup, connectionsMax, replicas, progress) : find();
    }

    /**
     * Starts or finds at least so many servers.
     *
     * @throws CommandFailure if fewer were given
     */
    Servers openAtLeast(int servers, CleanupStack cleanup, int connectionsMax, ProgressListener progress)
            throws CommandFailure {
        Servers all = backends.isEmpty() ? start(cleanup, connectionsMax, servers - 1, progress) : find();
        if (all.all().size() < servers) {
            throw new CommandFailure("%d servers are needed and %d given: add --backend or choose smaller --points"
                    .formatted(servers, all.all().size()));
        }
        return all;
    }

    private Servers start(CleanupStack cleanup, int connectionsMax, int replicaCount, ProgressListener progress)
            throws CommandFailure {
        LocalCluster cluster = cleanup.push(LocalCluster.builder()
                .flavor(ServerFlavor.parse(flavor))
                .replicas(replicaCount)
                .serverArgument("--max_connections=" + (2 * connectionsMax + MAX_CONNECTIONS_MARGIN))
                .progress(progress)
                .start());
        // From here on the stack decides the order: clients and proxies first, then the servers.
        cluster.detachFromShutdown();
        return new Servers(
                address(cluster.primary()),
                cluster.replicas().stream().map(ServerOptions::address).toList(),
                new Login(Accounts.APP_USER, Accounts.APP_PASSWORD),
                new Login(Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD),
                new Login(Accounts.MONITOR_USER, Accounts.MONITOR_PASSWORD),
                Accounts.DATABASE);
    }

    private static HostPort address(LocalServer server) {
        return new HostPort(server.host(), server.port());
    }

    private Servers find() throws CommandFailure {
        Login clients = new Login(required(user, "--user"), password);
        Login monitor = new Login(required(monitorUser, "--monitor-user"), monitorPassword);
        Jdbc jdbc = new Jdbc(clients, required(database, "--database"));
        List<HostPort> writable = new ArrayList<>();
        List<HostPort> readOnly = new ArrayList<>();
        for (String backend : backends) {
            HostPort address = parse(backend);
            (isReadOnly(jdbc, address) ? readOnly : writable).add(address);
        }
        if (writable.size() != 1) {
            throw new CommandFailure("exactly one of the servers must be writable and " + writable.size()
                    + " are: the others need read_only=ON");
        }
        return new Servers(writable.get(0), readOnly, clients, clients, monitor, jdbc.database());
    }

    private static String required(@Nullable String value, String option) throws CommandFailure {
        if (value == null) {
            throw new CommandFailure("--backend needs " + option);
        }
        return value;
    }

    private static HostPort parse(String backend) throws CommandFailure {
        try {
            return HostPort.parse(backend);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("--backend " + backend + " " + e.getMessage());
        }
    }

    private static boolean isReadOnly(Jdbc jdbc, HostPort address) throws CommandFailure {
        try (Connection connection = jdbc.connect(address, false);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT @@global.read_only")) {
            rows.next();
            return rows.getBoolean(1);
        } catch (SQLException e) {
            throw new CommandFailure("cannot use the server " + address + ": " + Jdbc.reason(e));
        }
    }
}
