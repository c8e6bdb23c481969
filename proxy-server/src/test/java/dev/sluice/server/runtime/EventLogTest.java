package dev.sluice.server.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EventLogTest {
    private final EventLog log = new EventLog(() -> Instant.EPOCH);

    private static BackendStatus backend(int ordinal, String host, Role role, long lagSeconds) {
        return new BackendStatus(
                ordinal,
                new BackendAddress(host, 3306),
                role,
                Health.ONLINE,
                OperatorState.ACTIVE,
                1,
                null,
                Duration.ofSeconds(lagSeconds),
                GtidPosition.UNKNOWN,
                null,
                null);
    }

    private static Topology topology(long version, int primary, BackendStatus... backends) {
        return Topology.of(version, Arrays.asList(backends), primary, TopologyPolicy.DEFAULT);
    }

    @Test
    void onlyTheLastEventsAreKept() {
        for (int i = 1; i <= EventLog.EVENTS_MAX + 5; i++) {
            log.add(EventLog.Kind.ADMIN, "dba", "event " + i);
        }
        assertThat(log.events()).hasSize(EventLog.EVENTS_MAX);
        assertThat(log.events().get(0).number()).isEqualTo(6);
        assertThat(log.events().get(0).text()).isEqualTo("event 6");
    }

    @Test
    void aNewPrimaryAndARemovedBackendAreEvents() {
        Topology before = topology(1, 0, backend(0, "a", Role.PRIMARY, 0), backend(1, "b", Role.REPLICA, 0));
        Topology now = topology(2, 1, backend(1, "b", Role.PRIMARY, 0));
        log.topologyChanged(before, now);
        assertThat(log.events())
                .extracting(EventLog.Event::text)
                .containsExactly(
                        "b:3306 is online, primary, active", "a:3306 is no longer a backend", "b:3306 is the primary");
    }

    @Test
    void progressOfReplicationIsNoEvent() {
        Topology before = topology(1, -1, backend(1, "b", Role.REPLICA, 0));
        Topology now = topology(2, -1, backend(1, "b", Role.REPLICA, 3));
        log.topologyChanged(before, now);
        assertThat(log.events()).isEmpty();
    }

    @Test
    void anotherServerUnderTheSameOrdinalIsOneThatWentAndOneThatCame() {
        log.topologyChanged(
                topology(1, -1, backend(1, "b", Role.REPLICA, 0)), topology(2, -1, backend(1, "c", Role.REPLICA, 0)));
        assertThat(log.events()).hasSize(2);
    }
}
