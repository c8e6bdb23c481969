package dev.sluice.server.runtime;

import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.config.BackendConfig;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.MonitorConfig;
import dev.sluice.server.config.Secret;
import dev.sluice.server.config.SluiceConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Short forms of configurations for tests. Thread-safe: functions without state. */
final class Configs {
    private Configs() {}

    static HostPort address(String host) {
        return new HostPort(host, 3306);
    }

    /** A file with backends by the names of their hosts. */
    static SluiceConfig file(Path state, String... hosts) {
        return SluiceConfig.withDefaults(
                new HostPort("127.0.0.1", 0),
                state,
                Arrays.stream(hosts)
                        .map(host -> BackendConfig.of(address(host)))
                        .toList(),
                MonitorConfig.of("m", Secret.of("x")));
    }

    static BackendIntent backend(String host) {
        return new BackendIntent(address(host), 1, null, 100, OperatorState.ACTIVE);
    }

    /** All features on. */
    static RuntimeConfig runtime(BackendIntent... backends) {
        return new RuntimeConfig(Arrays.asList(backends), Map.of());
    }
}
