package dev.sluice.server.it;

import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.server.ProxyServer;
import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.AccessConfig;
import dev.sluice.server.config.AuthConfig;
import dev.sluice.server.config.BackendConfig;
import dev.sluice.server.config.BalanceConfig;
import dev.sluice.server.config.CompressionConfig;
import dev.sluice.server.config.CompressionMode;
import dev.sluice.server.config.ConsistencyConfig;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.LimitsConfig;
import dev.sluice.server.config.MonitorConfig;
import dev.sluice.server.config.MonitorConfig.DiscoverConfig;
import dev.sluice.server.config.PoolConfig;
import dev.sluice.server.config.ProcessConfig;
import dev.sluice.server.config.ProxyProtocol;
import dev.sluice.server.config.RoutingConfig;
import dev.sluice.server.config.Secret;
import dev.sluice.server.config.ShutdownConfig;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.config.SwitchoverConfig;
import dev.sluice.server.config.TlsConfig;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.config.Transport;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerVersion;
import dev.sluice.server.tls.TlsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A proxy in this JVM in front of a cluster, and the ways to connect to it. Every connection has timeouts, so that a hang
 * is a failed test. Thread-safe: immutable but for the proxy itself.
 */
final class TestProxy implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(20);
    /** Tests wait for what the monitor sees, so it looks more often than by default. */
    private static final Duration DISCOVERED_KEEP = Duration.ofSeconds(3);

    /** Relays fall silent on purpose. */
    private static final Duration RELAYED_TIMEOUT = Duration.ofSeconds(2);

    private static final Duration PROBE_INTERVAL = Duration.ofMillis(100);

    static final int TIMEOUT_MILLIS = 20_000;

    private final LocalCluster cluster;
    private final ProxyServer server;

    private TestProxy(LocalCluster cluster, ProxyServer server) {
        this.cluster = cluster;
        this.server = server;
    }

    /** Starts a proxy with the defaults and returns when it reads from all replicas. */
    static TestProxy start(LocalCluster cluster) throws IOException, TlsException, InterruptedException {
        return new Options().start(cluster);
    }

    static Options options() {
        return new Options();
    }

    /** What differs from the defaults. Thread-safe: confined to the test's thread. */
    static final class Options {
        private int connections = 100;
        private int totalConnections;
        private int eventLoops;
        private Transport transport = Transport.AUTO;
        private int maxConnections = 10_000;
        private LimitsConfig.PerClient perClient = LimitsConfig.PerClient.defaults();
        private AccessConfig access = AccessConfig.defaults();
        private int bufferedBytes = 256 << 20;
        private int preparedMax = 16_382;
        private int preparedTexts = 256 << 20;
        private Duration acquireTimeout = Duration.ofSeconds(10);
        private Duration primaryTimeout = Duration.ofSeconds(10);
        private int waitingMax = 10_000;
        private boolean discover;
        private int waitingBytesMax = 64 << 20;
        private Duration connectPhaseTimeout = Duration.ofSeconds(10);
        private Duration idleTimeout = Duration.ofHours(8);
        private Duration netWriteTimeout = Duration.ofMinutes(1);
        private Duration drainTimeout = Duration.ofSeconds(30);
        private Duration proofAge = Duration.ofSeconds(10);
        private SwitchoverConfig switchover = SwitchoverConfig.defaults();
        private @Nullable HostPort primaryAt;
        private @Nullable FaultyRelay relay;
        private boolean encrypted;
        private @Nullable TlsConfig tls;
        private @Nullable Duration maxLag;
        private BalanceConfig balance = BalanceConfig.defaults();
        private ConsistencyConfig consistency = ConsistencyConfig.defaults();
        private int servers = Integer.MAX_VALUE;
        private @Nullable Path stateDir;
        private @Nullable Path file;
        private CompressionMode compression = CompressionMode.OFF;
        private ProxyProtocol proxyProtocol = ProxyProtocol.OFF;

        /** Connections to each server over all event loops. */
        Options connections(int value) {
            connections = value;
            return this;
        }

        /** Connections to all servers together over all event loops; 0 for no bound of their own. */
        Options totalConnections(int value) {
            totalConnections = value;
            return this;
        }

        Options eventLoops(int value) {
            eventLoops = value;
            return this;
        }

        Options transport(Transport value) {
            transport = value;
            return this;
        }

        Options maxConnections(int value) {
            maxConnections = value;
            return this;
        }

        /** What one user and one address may use up. */
        Options perClient(LimitsConfig.PerClient value) {
            perClient = value;
            return this;
        }

        Options access(AccessConfig value) {
            access = value;
            return this;
        }

        /** Bytes that may wait for all clients. */
        Options bufferedBytes(int value) {
            bufferedBytes = value;
            return this;
        }

        Options preparedMax(int value) {
            preparedMax = value;
            return this;
        }

        Options preparedTexts(int value) {
            preparedTexts = value;
            return this;
        }

        Options primaryTimeout(Duration value) {
            primaryTimeout = value;
            return this;
        }

        /** Uses what replication names. */
        Options discover() {
            discover = true;
            return this;
        }

        /** Statements that may wait, and the bytes that they may hold. */
        Options waiting(int max, int bytesMax) {
            waitingMax = max;
            waitingBytesMax = bytesMax;
            return this;
        }

        Options acquireTimeout(Duration value) {
            acquireTimeout = value;
            return this;
        }

        Options connectPhaseTimeout(Duration value) {
            connectPhaseTimeout = value;
            return this;
        }

        Options idleTimeout(Duration value) {
            idleTimeout = value;
            return this;
        }

        Options netWriteTimeout(Duration value) {
            netWriteTimeout = value;
            return this;
        }

        Options drainTimeout(Duration value) {
            drainTimeout = value;
            return this;
        }

        Options proofAge(Duration value) {
            proofAge = value;
            return this;
        }

        Options switchover(SwitchoverConfig value) {
            switchover = value;
            return this;
        }

        Options tls(TlsConfig value) {
            tls = value;
            return this;
        }

        Options maxLag(Duration value) {
            maxLag = value;
            return this;
        }

        /** Where the proxy finds the primary, if not where it is. */
        Options primaryAt(HostPort value) {
            primaryAt = value;
            return this;
        }

        /** Finds the servers that a relay stands in front of there; with TLS, which the relay cannot read, or without. */
        Options behind(FaultyRelay value, boolean withTls) {
            relay = value;
            encrypted = withTls;
            return this;
        }

        private HostPort address(LocalCluster cluster, LocalServer server) {
            HostPort other = server == cluster.primary() ? primaryAt : null;
            HostPort relayed = relay == null ? null : relay.addressOf(server);
            HostPort own = new HostPort(server.host(), server.port());
            return other != null ? other : relayed != null ? relayed : own;
        }

        /** What stands in front of a server could not read otherwise. */
        private TlsConfig backendTls(TlsConfig tls) {
            boolean off = !encrypted && (primaryAt != null || relay != null);
            return off ? new TlsConfig(tls.frontend(), new TlsConfig.Backend(TlsMode.OFF, Optional.empty())) : tls;
        }

        Options balance(BalanceConfig value) {
            balance = value;
            return this;
        }

        Options consistency(ConsistencyConfig value) {
            consistency = value;
            return this;
        }

        /** Only the first servers of the cluster are backends. */
        Options servers(int value) {
            servers = value;
            return this;
        }

        /** Where a proxy of an earlier start has left its state. */
        Options stateDir(Path value) {
            stateDir = value;
            return this;
        }

        /** The file that a reload reads; what it says now does not matter for the start. */
        Options file(Path value) {
            file = value;
            return this;
        }

        /** Compresses towards the servers. */
        Options compression(CompressionMode value) {
            compression = value;
            return this;
        }

        /** Tells servers which client a connection is for. */
        Options proxyProtocol(ProxyProtocol value) {
            proxyProtocol = value;
            return this;
        }

        TestProxy start(LocalCluster cluster) throws IOException, TlsException, InterruptedException {
            Path kept = stateDir;
            Path state = kept == null ? Files.createTempDirectory(cluster.directory(), "state-") : kept;
            List<BackendConfig> backends = cluster.servers().stream()
                    .limit(servers)
                    .map(s -> BackendConfig.of(address(cluster, s)))
                    .map(b -> new BackendConfig(b.address(), b.weight(), b.zone(), connections))
                    .toList();
            MonitorConfig defaults = MonitorConfig.of(Accounts.MONITOR_USER, Secret.of(Accounts.MONITOR_PASSWORD));
            MonitorConfig monitor = new MonitorConfig(
                            defaults.user(),
                            defaults.password(),
                            PROBE_INTERVAL,
                            defaults.timeout(),
                            maxLag == null ? defaults.maxLag() : maxLag)
                    .withDiscover(new DiscoverConfig(discover, DISCOVERED_KEEP));
            SluiceConfig base = SluiceConfig.withDefaults(new HostPort("127.0.0.1", 0), state, backends, monitor);
            TestProxy proxy = new TestProxy(cluster, ProxyServer.start(changed(base), file));
            if (kept == null && !discover) {
                proxy.awaitReplicas(backends.size() - 1);
            }
            return proxy;
        }

        private SluiceConfig changed(SluiceConfig base) {
            ProcessConfig process = base.process();
            PoolConfig pool = base.pool();
            LimitsConfig limits = base.limits();
            return new SluiceConfig(
                    base.listen(),
                    new ProcessConfig(process.serverVersion(), eventLoops, transport, process.stateDir()),
                    base.backends(),
                    base.monitor(),
                    new RoutingConfig(
                            base.routing().readSplitting(),
                            balance,
                            consistency,
                            base.routing().classifier()),
                    new PoolConfig(
                            connections,
                            totalConnections,
                            pool.idleTimeout(),
                            pool.maxAge(),
                            acquireTimeout,
                            new PoolConfig.Waiting(waitingMax, waitingBytesMax, primaryTimeout),
                            relay == null ? pool.connectTimeout() : RELAYED_TIMEOUT,
                            proxyProtocol),
                    access,
                    new LimitsConfig(
                            maxConnections,
                            perClient,
                            connectPhaseTimeout,
                            idleTimeout,
                            netWriteTimeout,
                            limits.frontendBuffer(),
                            limits.backendBuffer(),
                            bufferedBytes,
                            preparedMax,
                            preparedTexts),
                    backendTls(tls == null ? base.tls() : tls),
                    new CompressionConfig(base.compression().frontend(), compression),
                    new AuthConfig(proofAge, base.auth().credentialsMax()),
                    switchover,
                    base.metrics(),
                    base.admin(),
                    base.log(),
                    new ShutdownConfig(drainTimeout));
        }
    }

    ProxyServer server() {
        return server;
    }

    LocalCluster cluster() {
        return cluster;
    }

    int port() {
        return server.address().getPort();
    }

    /** Returns when this many replicas take reads and nothing is behind. */
    void awaitReplicas(int count) {
        await().atMost(SOON).until(() -> Long.bitCount(server.topology().readableReplicas()) == count);
    }

    /** Returns when the proxy has noticed that all connections of a user to servers are gone. */
    void awaitNoConnectionOf(String user) {
        await().atMost(SOON).until(() -> {
            ResultTable pools = server.administration()
                    .run(new Operation.Show(Operation.View.POOLS), new Caller("dba", null), step -> {});
            int column = pools.columns().indexOf("user");
            return pools.rows().stream().noneMatch(row -> user.equals(row.get(column)));
        });
    }

    /** Returns when the proxy knows that all replicas have what the primary has now. */
    void awaitCaughtUp() {
        boolean mariaDb = cluster.version().vendor() == ServerVersion.Vendor.MARIADB;
        GtidPosition position = GtidPosition.parse(
                mariaDb ? ServerFlavor.MARIADB : ServerFlavor.MYSQL,
                cluster.primary()
                        .queryValue(mariaDb ? "SELECT @@global.gtid_binlog_pos" : "SELECT @@global.gtid_executed"));
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> server.topology().backends().stream()
                        .allMatch(backend -> backend.executed().contains(position)));
    }

    /**
     * Returns when a session's reads may go to any replica: a write that has just ended keeps them together until the
     * primary has been asked for its position.
     */
    void awaitSpread(Connection connection, String read) {
        await().atMost(SOON)
                .until(() -> !Sql.routeOf(connection, read)
                        .backend()
                        .equals(Sql.routeOf(connection, read).backend()));
    }

    /** Returns when no client is connected any more and every event loop has done what it had to do until then. */
    void awaitQuiet() throws IOException {
        awaitNoClients();
        // Connections go round the event loops, so that each of them gets at least one.
        for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
            try (RawClient barrier = raw()) {
                byte[] unused = barrier.ask(CommandType.COM_PING, new byte[0]);
            }
        }
        awaitNoClients();
    }

    /** Returns when no client is connected any more. */
    void awaitNoClients() {
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> server.sessions().connections() == 0);
    }

    /** How many statements wait for a connection, of any server. */
    int waiting() throws OperationException, InterruptedException {
        ResultTable backends = server.administration()
                .run(new Operation.Show(Operation.View.BACKENDS), new Caller("test", null), step -> {});
        int waiting = backends.columns().indexOf("waiting");
        return backends.rows().stream()
                .mapToInt(row -> Integer.parseInt(row.get(waiting)))
                .sum();
    }

    /** A connection of the application, with options as {@code name=value}. */
    Connection connect(String... options) throws SQLException {
        return connectAs(Accounts.APP_USER, Accounts.APP_PASSWORD, Accounts.DATABASE, options);
    }

    Connection connectAs(String user, String password, String database, String... options) throws SQLException {
        return open(port(), user, password, database, options);
    }

    /** The same connection without the proxy. */
    Connection direct(String... options) throws SQLException {
        return open(cluster.primary().port(), Accounts.APP_USER, Accounts.APP_PASSWORD, Accounts.DATABASE, options);
    }

    static Connection open(int port, String user, String password, String database, String... options)
            throws SQLException {
        return Sql.open(port, user, password, database, options);
    }

    RawClient raw(int... withoutCapabilities) throws IOException {
        return RawClient.connect(port(), withoutCapabilities);
    }

    @Override
    public void close() {
        server.close();
    }
}
