package dev.sluice.server.localcluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes and starts the servers of one cluster, which differ in their ids only.
 *
 * <p>Immutable.
 *
 * @param directory where each server gets a directory of its own
 * @param arguments command-line arguments of every server
 */
record ServerFactory(
        ServerInstallation installation, Path directory, List<String> arguments, ProgressListener progress) {
    private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(30);
    private static final long POLL_NANOS = Duration.ofMillis(10).toNanos();

    ServerFactory {
        arguments = List.copyOf(arguments);
    }

    /**
     * Makes a server that has an empty history and does not run yet.
     *
     * @param replica whether it refuses writes once it runs
     */
    LocalServer create(int serverId, boolean replica) {
        try {
            Path own = Files.createDirectory(directory.resolve("server-" + serverId));
            ServerDialect dialect = ServerDialect.of(installation.version());
            LocalServer server =
                    new LocalServer(installation.create(own, progress), dialect, serverId, arguments, FreePorts::pick);
            server.startReadOnly(replica);
            return server;
        } catch (IOException e) {
            throw LocalClusterException.io("write", directory, e);
        }
    }

    /** Starts servers side by side and returns when all of them accept connections. */
    void start(List<LocalServer> servers) {
        ExecutorService threads = Executors.newFixedThreadPool(servers.size());
        try {
            List<CompletableFuture<Void>> starts = servers.stream()
                    .map(server -> CompletableFuture.runAsync(() -> start(server), threads))
                    .toList();
            CompletableFuture.allOf(starts.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof LocalClusterException cause ? cause : e;
        } finally {
            threads.shutdown();
        }
    }

    private void start(LocalServer server) {
        long start = System.nanoTime();
        server.start();
        progress.progress("  server_id %d, %s: %s, ready after %.1f s"
                .formatted(
                        server.serverId(),
                        server.isReadOnly() ? "replica" : "primary",
                        server.address(),
                        (System.nanoTime() - start) / 1e9));
    }

    /** Lets running servers replicate from another one and returns when all of them do. */
    static void replicate(List<LocalServer> replicas, LocalServer source) {
        for (LocalServer replica : replicas) {
            replica.execute(replica.dialect().replicateFrom(source.host(), source.port()));
        }
        for (LocalServer replica : replicas) {
            awaitReplicating(replica);
        }
    }

    private static void awaitReplicating(LocalServer replica) {
        long deadline = System.nanoTime() + CONNECT_DEADLINE.toNanos();
        while (!replica.isReplicating()) {
            if (System.nanoTime() - deadline > 0) {
                throw new LocalClusterException("%s did not connect to its source within %d s: %s"
                        .formatted(replica, CONNECT_DEADLINE.toSeconds(), replica.logTail()));
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }
}
