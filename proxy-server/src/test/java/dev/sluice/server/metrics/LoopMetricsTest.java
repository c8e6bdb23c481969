package dev.sluice.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoopMetricsTest {
    private enum Pin {
        LOCK,
        CURSOR
    }

    private static final Topology TOPOLOGY = Topology.of(
            1,
            List.of(
                    backend(0, Role.PRIMARY, Health.ONLINE, Duration.ZERO),
                    backend(1, Role.REPLICA, Health.ONLINE, Duration.ofMillis(1500)),
                    backend(2, Role.REPLICA, Health.UNREACHABLE, null)),
            0,
            TopologyPolicy.DEFAULT);

    private final MetricsRegistry registry = new MetricsRegistry(() -> TOPOLOGY, List.of("lock", "cursor"));

    private static BackendStatus backend(int ordinal, Role role, Health health, @Nullable Duration lag) {
        return new BackendStatus(
                ordinal,
                new BackendAddress("db" + ordinal, 3306),
                role,
                health,
                OperatorState.ACTIVE,
                1,
                null,
                lag,
                GtidPosition.UNKNOWN,
                null,
                null);
    }

    private List<String> scrape(@Nullable String accept) {
        return new String(registry.scrape(accept).body(), StandardCharsets.UTF_8)
                .lines()
                .toList();
    }

    @Test
    void theLoopsAreAddedUp() {
        LoopMetrics first = registry.newLoop();
        LoopMetrics second = registry.newLoop();
        first.routed(RouteReason.READ, Target.REPLICA);
        second.routed(RouteReason.READ, Target.REPLICA);
        second.routed(RouteReason.WRITE, Target.PRIMARY);
        first.statement(RouteReason.READ, false, 1_000_000);
        second.statement(RouteReason.READ, true, 3_000_000);
        second.failed(RouteReason.WRITE);
        first.retried();
        first.frontendBytesIn(100);
        second.frontendBytesIn(11);
        second.frontendBytesOut(7);
        first.sessionOpened();
        second.sessionOpened();
        second.sessionClosed();
        first.pinned(Pin.CURSOR);
        second.pinned(Pin.CURSOR);
        second.unpinned(Pin.CURSOR);
        first.poolWaited(20_000_000);
        first.poolTimedOut();

        assertThat(scrape(null))
                .contains(
                        "sluice_routed_statements_total{reason=\"read\",route=\"replica\"} 2.0",
                        "sluice_routed_statements_total{reason=\"write\",route=\"primary\"} 1.0",
                        "sluice_queries_total{outcome=\"ok\",reason=\"read\"} 1.0",
                        "sluice_queries_total{outcome=\"error\",reason=\"read\"} 1.0",
                        "sluice_queries_total{outcome=\"failed\",reason=\"write\"} 1.0",
                        "sluice_query_duration_seconds_count{reason=\"read\"} 2",
                        "sluice_query_duration_seconds_sum{reason=\"read\"} 0.004",
                        "sluice_query_duration_seconds_bucket{reason=\"read\",le=\"5.24288E-4\"} 0",
                        "sluice_query_duration_seconds_bucket{reason=\"read\",le=\"0.001048576\"} 1",
                        "sluice_query_duration_seconds_bucket{reason=\"read\",le=\"0.004194304\"} 2",
                        "sluice_retries_total 1.0",
                        "sluice_frontend_bytes_total{direction=\"in\"} 111.0",
                        "sluice_frontend_bytes_total{direction=\"out\"} 7.0",
                        "sluice_sessions_total 2.0",
                        "sluice_sessions_open 1.0",
                        "sluice_session_pins_total{reason=\"cursor\"} 2.0",
                        "sluice_sessions_pinned{reason=\"cursor\"} 1.0",
                        "sluice_sessions_pinned{reason=\"lock\"} 0.0",
                        "sluice_pool_wait_seconds_count 1",
                        "sluice_pool_timeouts_total 1.0")
                .noneMatch(line -> line.contains("locking_read"));
    }

    @Test
    void backendsAreShownByAddressWithRoleHealthLagAndConnections() {
        LoopMetrics loop = registry.newLoop();
        loop.backendOpened(1);
        loop.backendOpened(1);
        loop.backendClosed(1);
        loop.backendReset(1);
        loop.backendConnectFailed(2);
        loop.backendStarted(1);
        loop.backendStarted(1);
        loop.backendEnded(1);
        loop.backendLent(1);
        loop.backendLent(1);
        loop.backendLent(1);

        assertThat(loop.inFlight(1)).isEqualTo(1);
        assertThat(scrape(null))
                .contains(
                        "sluice_backend_up{backend=\"db1:3306\"} 1.0",
                        "sluice_backend_up{backend=\"db2:3306\"} 0.0",
                        "sluice_backend_role{backend=\"db0:3306\",role=\"primary\"} 1.0",
                        "sluice_backend_role{backend=\"db0:3306\",role=\"replica\"} 0.0",
                        "sluice_backend_readable{backend=\"db1:3306\"} 1.0",
                        "sluice_backend_readable{backend=\"db2:3306\"} 0.0",
                        "sluice_replica_lag_seconds{backend=\"db1:3306\"} 1.5",
                        "sluice_backend_connections_open{backend=\"db1:3306\"} 1.0",
                        "sluice_backend_in_flight{backend=\"db1:3306\"} 1.0",
                        "sluice_backend_connections_opened_total{backend=\"db1:3306\"} 2.0",
                        "sluice_backend_connection_resets_total{backend=\"db1:3306\"} 1.0",
                        "sluice_backend_connect_failures_total{backend=\"db2:3306\"} 1.0",
                        "sluice_backend_statements_total{backend=\"db1:3306\"} 3.0",
                        "sluice_backend_breaker{backend=\"db1:3306\",state=\"closed\"} 1.0",
                        "sluice_backend_breaker{backend=\"db1:3306\",state=\"open\"} 0.0",
                        "sluice_backend_share{backend=\"db1:3306\"} 1.0",
                        "sluice_writable_servers 1.0",
                        "sluice_discovered_servers 0.0",
                        "sluice_topology_alarm 0.0",
                        "sluice_primary_known 1.0")
                .noneMatch(line -> line.startsWith("sluice_replica_lag_seconds{backend=\"db2"));
    }

    @Test
    void openMetricsIsSpokenWhenAskedForAndEndsAsItMust() {
        registry.addJvm();
        registry.addInfo("sluice_build", "What runs.", "version", "1.2.3");
        registry.addGauge("sluice_parser_queue", "Statements waiting.", () -> 4);
        registry.addCounter("sluice_parse_failures", "Statements not parsed.", () -> 5);
        List<String> lines = scrape("application/openmetrics-text; version=1.0.0");
        assertThat(lines)
                .contains(
                        "sluice_build_info{version=\"1.2.3\"} 1",
                        "sluice_parser_queue 4.0",
                        "sluice_parse_failures_total 5.0")
                .anyMatch(line -> line.startsWith("jvm_memory_used_bytes"))
                .last()
                .isEqualTo("# EOF");
        assertThat(registry.scrape(null).contentType()).startsWith("text/plain");
    }

    @Test
    void everyNameHasThePrefixOfItsOwner() {
        registry.addJvm();
        registry.newLoop().statement(RouteReason.READ, false, 1);
        assertThat(scrape(null))
                .filteredOn(line -> !line.startsWith("#"))
                .allMatch(line -> line.startsWith("sluice_") || line.startsWith("jvm_") || line.startsWith("process_"));
    }

    @ParameterizedTest
    @CsvSource({
        "-5,0",
        "0,0",
        "16384,0",
        "16385,1",
        "32768,1",
        "32769,2",
        "1000000,6",
        "34359738368,21",
        "34359738369,22",
        "9223372036854775807,22"
    })
    void aDurationFallsIntoTheBucketWhoseBoundItDoesNotExceed(long nanos, int bucket) {
        assertThat(LatencyBuckets.indexOf(nanos)).isEqualTo(bucket);
        double seconds = nanos / 1e9;
        assertThat(seconds).isLessThanOrEqualTo(LatencyBuckets.upperBoundsSeconds()[bucket]);
        if (bucket > 0) {
            assertThat(seconds).isGreaterThan(LatencyBuckets.upperBoundsSeconds()[bucket - 1]);
        }
    }

    @Test
    void theBalancerSeesEachBackendsLatencyOfThisLoopOnly() {
        LoopMetrics loop = registry.newLoop();
        loop.backendAnswered(2, 5_000_000, 100);
        assertThat(loop.latencyNanos(2, 100)).isEqualTo(5_000_000);
        assertThat(loop.latencyNanos(1, 100)).isZero();
        assertThat(registry.newLoop().latencyNanos(2, 100)).isZero();
    }
}
