package dev.sluice.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServingReadinessTest {
    private static BackendStatus backend(int ordinal, Role role, Health health) {
        return new BackendStatus(
                ordinal,
                new BackendAddress("db" + ordinal, 3306),
                role,
                health,
                OperatorState.ACTIVE,
                1,
                null,
                null,
                GtidPosition.UNKNOWN,
                null,
                null);
    }

    @Test
    void aLostReplicaIsNoObstacle() {
        Topology topology = Topology.of(
                1,
                List.of(backend(0, Role.PRIMARY, Health.ONLINE), backend(1, Role.REPLICA, Health.UNREACHABLE)),
                0,
                TopologyPolicy.DEFAULT);
        assertThat(new ServingReadiness(() -> true, () -> false, () -> topology).obstacles())
                .isEmpty();
    }

    @Test
    void everyObstacleIsNamed() {
        assertThat(new ServingReadiness(() -> false, () -> true, () -> Topology.EMPTY).obstacles())
                .containsExactly("the listener is not up", "a shutdown has begun", "no primary is known");
    }
}
