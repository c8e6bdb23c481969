package dev.sluice.server.demo;

import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The servers of a local cluster, as the tour sees them. Thread-safe: the cluster is. */
final class ClusterServers implements TourServers {
    private static final Duration REPLICATION_DEADLINE = Duration.ofSeconds(30);

    private final LocalCluster cluster;

    ClusterServers(LocalCluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Map<String, String> ids() {
        return cluster.servers().stream()
                .collect(Collectors.toMap(
                        LocalServer::address, server -> server(server).id()));
    }

    @Override
    public Server primary() {
        return server(cluster.primary());
    }

    @Override
    public Server addReplica() {
        LocalServer added = cluster.addReplica();
        cluster.awaitReplicated(REPLICATION_DEADLINE);
        return server(added);
    }

    @Override
    public long killPrimary() {
        LocalServer primary = cluster.primary();
        long pid = primary.pid();
        primary.kill();
        return pid;
    }

    @Override
    public Server promote(Set<String> except, Runnable whenWritable) {
        LocalServer promoted = LocalCluster.mostAdvanced(cluster.replicas().stream()
                .filter(replica -> !except.contains(replica.address()))
                .toList());
        cluster.promote(promoted, whenWritable);
        return server(promoted);
    }

    private static Server server(LocalServer server) {
        return new Server(server.address(), Integer.toString(server.serverId()));
    }
}
