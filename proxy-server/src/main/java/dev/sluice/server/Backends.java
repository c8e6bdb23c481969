package dev.sluice.server;

import dev.sluice.router.balance.Balancer;
import dev.sluice.router.balance.ZonePreference;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.BreakerPolicy;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import dev.sluice.server.admin.Switchovers;
import dev.sluice.server.backend.BackendCapacities;
import dev.sluice.server.backend.BackendTransportSecurity;
import dev.sluice.server.backend.ClientAnnouncements;
import dev.sluice.server.backend.ProxyHeader;
import dev.sluice.server.backend.WaitingBudget;
import dev.sluice.server.compression.CompressionAlgorithm;
import dev.sluice.server.config.BackendConfig;
import dev.sluice.server.config.BalanceConfig;
import dev.sluice.server.config.MonitorConfig;
import dev.sluice.server.config.PoolConfig;
import dev.sluice.server.config.Secret;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.config.SwitchoverConfig;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.monitor.Heartbeat;
import dev.sluice.server.monitor.MonitorSettings;
import dev.sluice.server.monitor.MonitoredBackend;
import dev.sluice.server.monitor.TopologyMonitor;
import dev.sluice.server.session.WriteGate;
import dev.sluice.server.switchover.SwitchoverRunner;
import dev.sluice.server.switchover.SwitchoverSettings;
import dev.sluice.server.tls.BackendTls;
import dev.sluice.server.tls.JdbcTls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes the objects that stand for backends out of a configuration. Functions only. */
final class Backends {
    private static final Duration FAST_INTERVAL_MAX = Duration.ofMillis(100);

    private Backends() {}

    static BackendCapacities capacities(SluiceConfig config) {
        List<Integer> limits =
                config.backends().stream().map(BackendConfig::maxConnections).toList();
        PoolConfig.Waiting waiting = config.pool().waiting();
        return new BackendCapacities(
                addresses(config),
                limits,
                config.pool().maxConnections(),
                new WaitingBudget(waiting.max(), ConfiguredSettings.waitingBytesMax(config.pool())));
    }

    private static List<BackendAddress> addresses(SluiceConfig config) {
        return config.backends().stream()
                .map(backend -> new BackendAddress(
                        backend.address().host(), backend.address().port()))
                .toList();
    }

    static TopologyMonitor monitor(SluiceConfig config, Map<BackendAddress, OperatorState> states, JdbcTls tls) {
        List<BackendAddress> addresses = addresses(config);
        List<MonitoredBackend> monitored = new ArrayList<>();
        for (int ordinal = 0; ordinal < addresses.size(); ordinal++) {
            BackendConfig backend = config.backends().get(ordinal);
            monitored.add(new MonitoredBackend(
                    ordinal,
                    addresses.get(ordinal),
                    states.getOrDefault(addresses.get(ordinal), OperatorState.ACTIVE),
                    backend.weight(),
                    backend.zone().orElse(null)));
        }
        Duration interval = config.monitor().interval();
        Duration fast = interval.compareTo(FAST_INTERVAL_MAX) < 0 ? interval : FAST_INTERVAL_MAX;
        MonitorSettings settings = new MonitorSettings(
                config.monitor().user(),
                config.monitor().password().reveal(),
                interval,
                fast,
                config.monitor().timeout(),
                tls,
                new TopologyPolicy(config.monitor().maxLag()),
                BreakerPolicy.DEFAULT.withSlowStart(config.monitor().slowStart()),
                heartbeat(config.monitor().heartbeat()));
        return new TopologyMonitor(settings, monitored);
    }

    /** What connections to the servers are compressed with, where they offer it; null for nothing. */
    static @Nullable CompressionAlgorithm compression(SluiceConfig config) {
        return switch (config.compression().backend()) {
            case OFF -> null;
            case ZLIB -> CompressionAlgorithm.ZLIB;
            case ZSTD -> CompressionAlgorithm.ZSTD.isAvailable() ? CompressionAlgorithm.ZSTD : null;
        };
    }

    /** How servers are told which client a connection is for; null where they are not. */
    static @Nullable ClientAnnouncements announcements(SluiceConfig config, Supplier<Topology> topology) {
        return switch (config.pool().proxyProtocol()) {
            case OFF -> null;
            case V1 -> announcements(ProxyHeader.V1, topology);
            case V2 -> announcements(ProxyHeader.V2, topology);
        };
    }

    private static ClientAnnouncements announcements(ProxyHeader header, Supplier<Topology> topology) {
        return new ClientAnnouncements(header, ordinal -> isMySql(topology.get().find(ordinal)), System::nanoTime);
    }

    private static boolean isMySql(@Nullable BackendStatus backend) {
        ServerFacts facts = backend == null ? null : backend.facts();
        return facts != null && facts.flavor() == ServerFlavor.MYSQL;
    }

    static Switchovers switchovers(SluiceConfig config, WriteGate gate, TopologyMonitor monitor, JdbcTls tls) {
        SwitchoverConfig wanted = config.switchover();
        boolean ownAccount = wanted.user().isPresent();
        Secret password = ownAccount
                ? wanted.password().orElse(Secret.of(""))
                : config.monitor().password();
        SwitchoverSettings settings = new SwitchoverSettings(
                wanted.user().orElse(config.monitor().user()),
                password.reveal(),
                wanted.replicationUser()
                        .map(user -> new SwitchoverSettings.ReplicationAccount(
                                user,
                                wanted.replicationPassword().map(Secret::reveal).orElse(""))),
                tls);
        return SwitchoverRunner.overJdbc(settings, gate, monitor);
    }

    private static @Nullable Heartbeat heartbeat(MonitorConfig.HeartbeatConfig config) {
        return switch (config.mode()) {
            case OFF -> null;
            case READ -> new Heartbeat(config.table(), false);
            case WRITE -> new Heartbeat(config.table(), true);
        };
    }

    static BackendTransportSecurity security(BackendTls tls) {
        return tls.sslContext()
                .map(context -> new BackendTransportSecurity(context, tls.mode() == TlsMode.REQUIRED))
                .orElse(BackendTransportSecurity.OFF);
    }

    /** A balancer for one event loop. */
    static Balancer balancer(SluiceConfig config) {
        BalanceConfig wanted = config.routing().balance();
        Balancer balancer = wanted.kind().create();
        return wanted.zone()
                .map(zone -> (Balancer) new ZonePreference(balancer, zone, wanted.zoneOverload()))
                .orElse(balancer);
    }
}
