package dev.sluice.server.localcluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A real primary and its real replicas on loopback, joined by GTID replication, gone when it is closed.
 *
 * <p>Thread-safe: methods that change roles hold the cluster's monitor.
 */
public final class LocalCluster implements AutoCloseable {
    private static final Duration SWITCH_DEADLINE = Duration.ofSeconds(30);

    private final ServerFactory factory;
    private final DirectoryGuard directory;
    /** In the order of their ids; grows only. */
    private final List<LocalServer> servers;

    private final Thread shutdownHook;
    private volatile LocalServer primary;
    /** All that the primary had executed when it was last promoted. */
    private String promotedAt = "";

    private boolean closed;

    private LocalCluster(ServerFactory factory, DirectoryGuard directory, List<LocalServer> servers) {
        this.factory = factory;
        this.directory = directory;
        this.servers = new CopyOnWriteArrayList<>(servers);
        this.primary = servers.get(0);
        this.shutdownHook = new Thread(this::closeServers, "local-cluster-shutdown");
    }

    /** What to start; MySQL with two replicas unless told otherwise. Thread-safe: confined to the thread that builds. */
    public static final class Builder {
        private ServerFlavor flavor = ServerFlavor.automatic();
        private ServerCache cache = ServerCache.perUser();
        private ProgressListener progress = ProgressListener.silent();
        private final List<String> arguments = new ArrayList<>();
        private int replicas = 2;
        private boolean performanceSchema;
        private @Nullable Path baseDirectory;

        private Builder() {}

        public Builder flavor(ServerFlavor value) {
            flavor = value;
            return this;
        }

        /** How many replicas the primary has; 0 or more. */
        public Builder replicas(int value) {
            replicas = value;
            return this;
        }

        /** The directory in which a new one is made for this cluster; by default that of temporary files. */
        public Builder baseDirectory(Path value) {
            baseDirectory = value;
            return this;
        }

        /** Where server files and initialised data directories are kept. */
        public Builder cache(ServerCache value) {
            cache = value;
            return this;
        }

        /** Off by default: it costs half of the memory of a small server. */
        public Builder performanceSchema(boolean value) {
            performanceSchema = value;
            return this;
        }

        /** One more command-line argument for every server. */
        public Builder serverArgument(String value) {
            arguments.add(value);
            return this;
        }

        public Builder progress(ProgressListener value) {
            progress = value;
            return this;
        }

        /**
         * Starts the servers side by side and returns when all replicas replicate.
         *
         * @throws LocalClusterException when something is missing or does not start; nothing is left behind then
         */
        public LocalCluster start() {
            ServerInstallation installation = flavor.install(cache, progress);
            progress.progress(
                    "Starting a primary and %d replicas of %s ...".formatted(replicas, installation.description()));
            long start = System.nanoTime();
            LocalCluster cluster = prepare(installation);
            cluster.registerShutdownHook();
            try {
                cluster.startAll();
            } catch (RuntimeException e) {
                cluster.close();
                throw e;
            }
            progress.progress("  running and replicating after %.1f s".formatted((System.nanoTime() - start) / 1e9));
            return cluster;
        }

        private LocalCluster prepare(ServerInstallation installation) {
            DirectoryGuard guard = DirectoryGuard.start(createDirectory());
            try {
                List<String> all =
                        new ArrayList<>(ServerDialect.of(installation.version()).arguments(performanceSchema));
                all.addAll(arguments);
                ServerFactory factory = new ServerFactory(installation, guard.path(), all, progress);
                List<LocalServer> servers = IntStream.rangeClosed(1, 1 + replicas)
                        .mapToObj(serverId -> factory.create(serverId, serverId > 1))
                        .toList();
                return new LocalCluster(factory, guard, servers);
            } catch (RuntimeException e) {
                guard.close();
                throw e;
            }
        }

        private Path createDirectory() {
            Path parent = baseDirectory == null ? Platform.temporaryDirectory() : baseDirectory;
            try {
                return Files.createTempDirectory(Files.createDirectories(parent), "sluice-cluster-");
            } catch (IOException e) {
                throw LocalClusterException.io("write", parent, e);
            }
        }
    }

    public static Builder builder() {
        return new Builder();
    }

    /** What runs, for the user: vendor, version and origin. */
    public String description() {
        return factory.installation().description();
    }

    public ServerVersion version() {
        return factory.installation().version();
    }

    /** A directory for files of the caller that shall be removed together with the cluster. */
    public Path directory() {
        return directory.path();
    }

    /** Leaves it to the caller to close the cluster when the JVM ends by a signal, in the caller's own order. */
    public void detachFromShutdown() {
        ShutdownHooks.remove(shutdownHook);
    }

    /** The server that takes the writes; after {@link #promote} another one. */
    public LocalServer primary() {
        return primary;
    }

    /** All servers but the primary, dead or alive. */
    public List<LocalServer> replicas() {
        return servers.stream().filter(server -> server != primary).toList();
    }

    /** All servers, in the order of their ids. */
    public List<LocalServer> servers() {
        return List.copyOf(servers);
    }

    /**
     * Starts one more server, which begins with an empty history, and returns when it replicates from the primary. It has
     * not necessarily caught up then: {@link #awaitReplicated} waits for that.
     *
     * @throws LocalClusterException when it does not start, or the cluster is closed
     */
    public synchronized LocalServer addReplica() {
        if (closed) {
            throw new LocalClusterException("The servers have been stopped.");
        }
        LocalServer server = factory.create(servers.size() + 1, true);
        servers.add(server);
        factory.start(List.of(server));
        ServerFactory.replicate(List.of(server), primary);
        return server;
    }

    /**
     * Makes a replica the primary, once it has applied what it received, and points the other running read-only servers at it. The old primary is not
     * touched: it may be dead, or still alive and writable, as in a real failover.
     */
    public synchronized void promote(LocalServer server) {
        promote(server, () -> {});
    }

    /** As {@link #promote(LocalServer)}, and tells the moment from which the new primary accepts writes. */
    public synchronized void promote(LocalServer server, Runnable whenWritable) {
        requireMember(server);
        server.applyReceived(SWITCH_DEADLINE);
        promotedAt = server.position().replaceAll("\\s", "");
        server.execute(server.dialect().forgetSource());
        server.setReadOnly(false);
        whenWritable.run();
        primary = server;
        for (LocalServer other : servers) {
            if (other != server && other.isReadOnly() && isResponsive(other)) {
                other.execute(other.dialect().forgetSource());
                other.execute(other.dialect().replicateFrom(server.host(), server.port()));
            }
        }
    }

    /** Makes a running server, such as the old primary, a replica of the primary. */
    public synchronized void rejoin(LocalServer server) {
        requireMember(server);
        if (server == primary) {
            throw new IllegalArgumentException(server + " is the primary");
        }
        boolean wasPrimary = !server.isReadOnly();
        server.setReadOnly(true);
        List<String> statements = new ArrayList<>(server.dialect().forgetSource());
        if (wasPrimary) {
            statements.addAll(server.dialect().becomeReplica());
        }
        statements.addAll(server.dialect().replicateFrom(primary.host(), primary.port()));
        server.execute(statements);
    }

    /** The running replica that has received the most from the primary, dead or alive. */
    public LocalServer mostAdvancedReplica() {
        return mostAdvanced(replicas());
    }

    /** The running one of some replicas that has received the most from the primary, dead or alive. */
    public static LocalServer mostAdvanced(List<LocalServer> candidates) {
        LocalServer best = null;
        for (LocalServer replica : candidates) {
            if (isResponsive(replica) && (best == null || replica.hasReceivedMoreThan(best))) {
                best = replica;
            }
        }
        if (best == null) {
            throw new LocalClusterException("No replica is running.");
        }
        return best;
    }

    /** Somebody else, such as Sluice, has made this server the primary and the others its replicas. */
    public synchronized void primaryChanged(LocalServer server) {
        requireMember(server);
        primary = server;
        servers.forEach(each -> each.startReadOnly(each != server));
    }

    /**
     * Starts a primary that was killed before another was promoted, as a replica of that one. What it had executed and never
     * sent is undone by statements of the caller.
     *
     * @param undoing asked once the server runs, if there is such a surplus: statements that undo it
     */
    public synchronized void rejoinKilled(LocalServer server, Function<LocalServer, List<String>> undoing) {
        requireMember(server);
        server.startReadOnly(true);
        server.start();
        ServerDialect dialect = server.dialect();
        List<String> statements = new ArrayList<>();
        if (server.queryValue(dialect.surplusQuery(promotedAt)).isEmpty()) {
            statements.addAll(dialect.becomeReplica());
        } else {
            statements.addAll(dialect.letAdministratorsWrite());
            statements.add("SET SESSION sql_log_bin = 0");
            statements.addAll(undoing.apply(server));
            statements.add("SET SESSION sql_log_bin = 1");
            statements.addAll(dialect.forgetSurplus(promotedAt));
            statements.addAll(dialect.setReadOnly(true));
        }
        statements.addAll(dialect.replicateFrom(primary.host(), primary.port()));
        server.execute(statements);
    }

    /** An orderly change of the primary: no write is lost and the old primary becomes a replica. */
    public synchronized void switchOver(LocalServer server) {
        requireMember(server);
        LocalServer old = primary;
        old.setReadOnly(true);
        awaitReplicated(SWITCH_DEADLINE);
        server.execute(server.dialect().forgetSource());
        server.setReadOnly(false);
        primary = server;
        old.startReadOnly(false);
        for (LocalServer other : servers) {
            if (other != server && isResponsive(other)) {
                rejoin(other);
            }
        }
    }

    /** Lets a replica lag by at least this time, in whole seconds; zero ends it. */
    public void delayReplica(LocalServer server, Duration delay) {
        server.execute(server.dialect().delay(delay.toSeconds()));
    }

    public void stopReplication(LocalServer server) {
        server.execute(server.dialect().stopReplication());
    }

    public void startReplication(LocalServer server) {
        server.execute(server.dialect().startReplication());
    }

    /**
     * Returns when every running replica has executed what the primary has executed now.
     *
     * @throws LocalClusterException when one has not within the timeout
     */
    public void awaitReplicated(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        String position = primary.position();
        for (LocalServer replica : replicas()) {
            if (isResponsive(replica)) {
                replica.awaitPosition(position, Duration.ofNanos(deadline - System.nanoTime()));
            }
        }
    }

    /** Kills all servers and removes their directory; does nothing the second time. */
    @Override
    public void close() {
        closeServers();
        ShutdownHooks.remove(shutdownHook);
    }

    private synchronized void closeServers() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            servers.forEach(LocalServer::kill);
        } finally {
            directory.close();
        }
    }

    private void registerShutdownHook() {
        if (!ShutdownHooks.add(shutdownHook)) {
            close();
            throw new LocalClusterException("The program is ending; no servers were started.");
        }
    }

    private void startAll() {
        factory.start(servers);
        ServerFactory.replicate(replicas(), primary);
    }

    private static boolean isResponsive(LocalServer server) {
        return server.isRunning() && !server.isSuspended();
    }

    private void requireMember(LocalServer server) {
        if (!servers.contains(server)) {
            throw new IllegalArgumentException(server + " is not in this cluster");
        }
    }
}
