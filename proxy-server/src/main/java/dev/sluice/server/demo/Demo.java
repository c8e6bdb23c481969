package dev.sluice.server.demo;

import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.FreePorts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalClusterException;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The whole demonstration: starts servers and Sluice, runs the tour, stays up or not, and takes everything down again,
 * whichever way it ends.
 *
 * <p>Thread-safe: a shutdown hook may stop what the main thread started.
 */
public final class Demo {
    private static final int PORT_DEFAULT = 6033;
    private static final int ADMIN_PORT_DEFAULT = 6032;
    private static final int SYNTAX_ERROR = 1064;
    private static final Duration REPLICATION_DEADLINE = Duration.ofSeconds(30);
    private static final Duration DISCOVERY_DEADLINE = Duration.ofSeconds(15);
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final ServerFlavor flavor;
    private final ProxyStarter starter;
    private final DemoOutput output;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private @Nullable LocalCluster cluster;
    private @Nullable ProxyUnderDemo proxy;
    private int adminPort;
    private boolean stopping;

    /** Prepares a demonstration on servers of the given flavour; nothing is started yet. */
    public Demo(ServerFlavor flavor, ProxyStarter starter, DemoOutput output) {
        this.flavor = flavor;
        this.starter = starter;
        this.output = output;
    }

    /**
     * Runs the demonstration.
     *
     * @param requestedPort where Sluice listens; 0 means 6033, or another one when that is taken
     * @param checkOnly whether to stop after the tour instead of waiting for a signal
     * @return the exit code: 0 when every step passed, else 1
     */
    public int run(int requestedPort, boolean checkOnly) {
        Thread hook = new Thread(this::stop, "demo-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            int port = choosePort(requestedPort);
            start(port);
            boolean passed = tour(!checkOnly);
            if (passed && !checkOnly) {
                awaitSignal();
            }
            return passed ? 0 : 1;
        } catch (LocalClusterException e) {
            output.error(String.valueOf(e.getMessage()));
            return 1;
        } finally {
            stop();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException shuttingDown) {
                output.progress("Stopped by a signal.");
            }
        }
    }

    private static int choosePort(int requested) {
        if (requested == 0) {
            return freePort(PORT_DEFAULT);
        }
        if (!FreePorts.isFree(requested)) {
            throw new LocalClusterException(
                    "Port %d on 127.0.0.1 is in use: end the program that listens there, or choose another one with --port."
                            .formatted(requested));
        }
        return requested;
    }

    private static int freePort(int wanted) {
        return FreePorts.isFree(wanted) ? wanted : FreePorts.pick();
    }

    private void start(int port) {
        adminPort = freePort(ADMIN_PORT_DEFAULT);
        LocalCluster started =
                LocalCluster.builder().flavor(flavor).progress(output::progress).start();
        keep(started);
        // Before Sluice watches: what is written around it makes it careful with reads for a minute.
        prepare(started);
        try {
            Path configuration =
                    Files.writeString(configuration(started), DemoConfiguration.of(started, port, adminPort));
            output.progress("Starting Sluice on 127.0.0.1:" + port + " ...");
            keep(starter.start(configuration));
        } catch (LocalClusterException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LocalClusterException("Interrupted while Sluice was starting.", e);
        } catch (IOException e) {
            throw new LocalClusterException(
                    "Could not write the configuration of Sluice (" + e.getMessage() + "): check the disk that holds "
                            + started.directory() + ".",
                    e);
        } catch (Exception e) {
            throw new LocalClusterException("Sluice did not start: " + e.getMessage(), e);
        }
    }

    private synchronized void keep(LocalCluster started) {
        if (stopping) {
            started.close();
            throw new LocalClusterException("Stopped by a signal.");
        }
        cluster = started;
        // From here on the hook of the demonstration decides: Sluice first, then its servers.
        started.detachFromShutdown();
    }

    private synchronized void keep(ProxyUnderDemo started) {
        if (stopping) {
            started.close();
            throw new LocalClusterException("Stopped by a signal.");
        }
        proxy = started;
    }

    private static Path configuration(LocalCluster servers) {
        return servers.directory().resolve("sluice.yaml");
    }

    private boolean tour(boolean guided) {
        LocalCluster servers = running(cluster);
        String url = url();
        TourSession.Opener opener = () -> JdbcTourSession.open(url);
        awaitDiscovery(opener, servers);
        output.line("");
        output.line("One URL for reads and writes:  " + url);
        Operator operator =
                new JdbcOperator(adminPort, DemoConfiguration.OPERATOR, DemoConfiguration.OPERATOR_PASSWORD);
        TourStage stage = new TourStage(opener, new ClusterServers(servers), operator, PATIENCE);
        boolean passed = new Tour(stage, output, guided).run();
        output.line("");
        output.progress(passed ? "All steps passed." : "A step failed.");
        return passed;
    }

    private static void prepare(LocalCluster servers) {
        try (Connection connection = servers.primary().connect(Accounts.APP_USER, Accounts.APP_PASSWORD);
                Statement statement = connection.createStatement()) {
            for (String sql : Tour.PREPARATION) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new LocalClusterException("The primary refused the table of the tour: " + e.getMessage(), e);
        }
        servers.awaitReplicated(REPLICATION_DEADLINE);
    }

    /** Sluice may serve before its monitor has seen every replica; the tour is about what it does once it has. */
    private void awaitDiscovery(TourSession.Opener opener, LocalCluster servers) {
        long deadline = System.nanoTime() + DISCOVERY_DEADLINE.toNanos();
        TreeSet<String> seen = new TreeSet<>();
        String failure = "";
        while (seen.size() < servers.replicas().size() && System.nanoTime() - deadline < 0) {
            try (TourSession session = opener.open()) {
                for (int i = 0; i < 8; i++) {
                    Route route = session.run("SELECT 1 FROM tour").route();
                    if (route.isReplica()) {
                        seen.add(route.backend());
                    }
                }
            } catch (SQLException e) {
                failure = " (last error: " + e.getMessage() + ")";
                if (e.getErrorCode() == SYNTAX_ERROR) {
                    // Whoever answers does not know the question, and waiting will not teach it.
                    break;
                }
            }
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
        if (seen.size() < servers.replicas().size()) {
            output.progress("Sluice uses %d of %d replicas%s"
                    .formatted(seen.size(), servers.replicas().size(), failure));
        }
    }

    private String url() {
        return "jdbc:mysql://127.0.0.1:%d/%s?user=%s&password=%s&allowPublicKeyRetrieval=true&useServerPrepStmts=true"
                .formatted(running(proxy).port(), Accounts.DATABASE, Accounts.APP_USER, Accounts.APP_PASSWORD);
    }

    private void awaitSignal() {
        output.line("");
        output.line("Everything stays up until Ctrl-C. Try it:");
        output.line("   " + url());
        output.line("   mysql -h 127.0.0.1 -P %d -u %s -p%s %s"
                .formatted(running(proxy).port(), Accounts.APP_USER, Accounts.APP_PASSWORD, Accounts.DATABASE));
        output.line("   SHOW SLUICE ROUTE;   -- where the previous statement went, and why");
        output.line("The operator's side, where one server is dead and one is drained by now:");
        output.line("   mysql -h 127.0.0.1 -P %d -u %s -p%s -t -e \"SHOW BACKENDS\""
                .formatted(adminPort, DemoConfiguration.OPERATOR, DemoConfiguration.OPERATOR_PASSWORD));
        output.line("   ./sluice admin --config %s \"SHOW EVENTS\"   -- HELP lists what else there is"
                .formatted(configuration(running(cluster))));
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void stop() {
        ProxyUnderDemo runningProxy;
        LocalCluster runningCluster;
        synchronized (this) {
            stopping = true;
            runningProxy = proxy;
            runningCluster = cluster;
            proxy = null;
            cluster = null;
        }
        try {
            if (runningProxy != null) {
                runningProxy.close();
            }
        } finally {
            if (runningCluster != null) {
                runningCluster.close();
            }
            stopped.countDown();
        }
    }

    private static <T> T running(@Nullable T part) {
        if (part == null) {
            throw new LocalClusterException("Stopped by a signal.");
        }
        return part;
    }
}
