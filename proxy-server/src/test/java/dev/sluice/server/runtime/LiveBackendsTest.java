package dev.sluice.server.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.sql.ClassifierLimits;
import dev.sluice.router.sql.StatementClassifier;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.backend.BackendCapacities;
import dev.sluice.server.backend.WaitingBudget;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.metrics.LoopMetrics;
import dev.sluice.server.metrics.MetricsRegistry;
import dev.sluice.server.monitor.MonitorSettings;
import dev.sluice.server.monitor.MonitoredBackend;
import dev.sluice.server.monitor.TopologyMonitor;
import dev.sluice.server.session.SessionControl;
import dev.sluice.server.session.SessionRegistry;
import dev.sluice.server.session.SessionSwitches;
import dev.sluice.server.session.WriteGate;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What comes and goes with a backend. Nothing is connected to: the monitor is not started. */
class LiveBackendsTest {
    private static final BackendIntent FIRST = intent("db0");

    private final TopologyMonitor monitor = new TopologyMonitor(
            MonitorSettings.of("m", "p"),
            List.of(new MonitoredBackend(0, new BackendAddress("db0", 3306), OperatorState.ACTIVE, 1, null)));
    private final MetricsRegistry metrics = new MetricsRegistry(monitor::current, List.of("lock"));
    private final LoopMetrics loop = metrics.newLoop();
    private final StatementClassifier classifier = new StatementClassifier(ClassifierLimits.DEFAULT);
    private final LiveBackends live = new LiveBackends(
            new RuntimeParts(
                    monitor,
                    new BackendCapacities(
                            List.of(new BackendAddress("db0", 3306)), List.of(10), 0, new WaitingBudget(10, 1_000)),
                    new SessionControl(List::of, new SessionRegistry(10)),
                    new SessionSwitches(),
                    new WriteGate(System::nanoTime),
                    metrics,
                    classifier),
            List.of(FIRST));
    private RuntimeConfig config = new RuntimeConfig(List.of(FIRST), Map.of());

    private static BackendIntent intent(String host) {
        return new BackendIntent(new HostPort(host, 3306), 1, null, 10, OperatorState.ACTIVE);
    }

    @AfterEach
    void close() {
        monitor.close();
        classifier.close();
    }

    private int add(String host) throws InterruptedException {
        become(config.with(intent(host)));
        Integer ordinal = live.ordinal(new HostPort(host, 3306));
        assertThat(ordinal).isNotNull();
        return ordinal == null ? -1 : ordinal;
    }

    private void become(RuntimeConfig wanted) throws InterruptedException {
        live.apply(config, wanted);
        config = wanted;
    }

    private List<String> scrape(String host) {
        return new String(metrics.scrape(null).body(), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains("backend=\"" + host + ":3306\""))
                .toList();
    }

    @Test
    void theCountersOfAServerThatGetsTheOrdinalOfAnotherBeginAtZero() throws Exception {
        int ordinal = add("old");
        loop.backendOpened(ordinal);
        loop.backendLent(ordinal);
        loop.backendStarted(ordinal);
        loop.backendEnded(ordinal);
        loop.backendReset(ordinal);
        loop.backendConnectFailed(ordinal);
        loop.backendClosed(ordinal);
        assertThat(scrape("old")).contains("sluice_backend_statements_total{backend=\"old:3306\"} 1.0");
        become(config.without(new HostPort("old", 3306)));
        int next = -1;
        for (int i = 0; i <= Topology.ORDINAL_MAX && next != ordinal; i++) {
            next = add("new" + i);
            if (next != ordinal) {
                become(config.without(new HostPort("new" + i, 3306)));
            }
        }
        assertThat(next).isEqualTo(ordinal);
        BackendIntent newest = config.backends().get(1);
        loop.backendOpened(ordinal);
        assertThat(scrape(newest.address().host()))
                .hasSizeGreaterThan(5)
                .contains(
                        "sluice_backend_statements_total{backend=\"" + newest.address() + "\"} 0.0",
                        "sluice_backend_connections_opened_total{backend=\"" + newest.address() + "\"} 1.0",
                        "sluice_backend_connections_open{backend=\"" + newest.address() + "\"} 1.0",
                        "sluice_backend_connection_resets_total{backend=\"" + newest.address() + "\"} 0.0",
                        "sluice_backend_connect_failures_total{backend=\"" + newest.address() + "\"} 0.0",
                        "sluice_backend_in_flight{backend=\"" + newest.address() + "\"} 0.0");
    }
}
