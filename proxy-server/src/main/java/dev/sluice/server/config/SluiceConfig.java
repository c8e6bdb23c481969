package dev.sluice.server.config;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A complete and valid configuration; {@link ConfigLoader} makes it from a file. Its text form is safe to log, because
 * passwords are {@link Secret}s. Immutable.
 *
 * @param listen where clients connect; port 0 takes any free port
 * @param process what concerns the process as a whole
 * @param backends the servers, 1 to 64, no address twice
 * @param monitor how they are watched
 * @param routing where statements go
 * @param pool backend connections
 * @param access which clients may connect
 * @param limits what clients may use up
 * @param tls encryption
 * @param compression compression
 * @param auth accounts
 * @param switchover the accounts of planned changes of the primary
 * @param metrics metrics and health over HTTP
 * @param admin the doors for operators
 * @param log logging
 * @param shutdown stopping
 */
public record SluiceConfig(
        HostPort listen,
        ProcessConfig process,
        List<BackendConfig> backends,
        MonitorConfig monitor,
        RoutingConfig routing,
        PoolConfig pool,
        AccessConfig access,
        LimitsConfig limits,
        TlsConfig tls,
        CompressionConfig compression,
        AuthConfig auth,
        SwitchoverConfig switchover,
        MetricsConfig metrics,
        AdminConfig admin,
        LogConfig log,
        ShutdownConfig shutdown) {
    /** Most backends a file may list. */
    public static final int BACKENDS_MAX = 64;

    /** Rejects absent parts, and no, too many or repeated backends with {@link IllegalArgumentException}. */
    public SluiceConfig {
        ConfigKeys.LISTEN.require(listen);
        Objects.requireNonNull(process, "process");
        backends = List.copyOf(backends);
        if (backends.isEmpty() || backends.size() > BACKENDS_MAX) {
            throw new IllegalArgumentException("backends: " + backends.size() + " is not in 1 to " + BACKENDS_MAX);
        }
        Set<HostPort> addresses = new HashSet<>();
        for (BackendConfig backend : backends) {
            if (!addresses.add(backend.address())) {
                throw new IllegalArgumentException("backends: " + backend.address() + " is listed twice");
            }
        }
        Objects.requireNonNull(monitor, "monitor");
        Objects.requireNonNull(routing, "routing");
        Objects.requireNonNull(pool, "pool");
        Objects.requireNonNull(access, "access");
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(tls, "tls");
        Objects.requireNonNull(compression, "compression");
        Objects.requireNonNull(auth, "auth");
        Objects.requireNonNull(switchover, "switchover");
        Objects.requireNonNull(metrics, "metrics");
        Objects.requireNonNull(admin, "admin");
        Objects.requireNonNull(log, "log");
        Objects.requireNonNull(shutdown, "shutdown");
    }

    /** The same with other backends; {@link IllegalArgumentException} as for the whole. */
    public SluiceConfig withBackends(List<BackendConfig> others) {
        return new SluiceConfig(
                listen,
                process,
                others,
                monitor,
                routing,
                pool,
                access,
                limits,
                tls,
                compression,
                auth,
                switchover,
                metrics,
                admin,
                log,
                shutdown);
    }

    /** What the smallest complete file means; for the demo, benchmarks and tests that have no file. */
    public static SluiceConfig withDefaults(
            HostPort listen, Path stateDir, List<BackendConfig> backends, MonitorConfig monitor) {
        return new SluiceConfig(
                listen,
                ProcessConfig.defaults(stateDir),
                backends,
                monitor,
                RoutingConfig.defaults(),
                PoolConfig.defaults(),
                AccessConfig.defaults(),
                LimitsConfig.defaults(),
                TlsConfig.defaults(),
                CompressionConfig.defaults(),
                AuthConfig.defaults(),
                SwitchoverConfig.defaults(),
                MetricsConfig.defaults(),
                AdminConfig.defaults(),
                LogConfig.defaults(),
                ShutdownConfig.defaults());
    }
}
