package dev.sluice.router.session;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.PositionBoard;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Snapshots with a primary at ordinal 0 and replicas behind it. Thread-safe: functions without state. */
final class Topologies {
    private static final String SERVER = "3e11fa47-71ca-11e1-9e33-c80aa9429562:";

    private Topologies() {}

    /** So many healthy replicas, each of which has executed transactions 1 to 5. */
    static Topology withReplicas(int replicas) {
        List<BackendStatus> backends = new ArrayList<>();
        backends.add(backend(0, Role.PRIMARY));
        for (int ordinal = 1; ordinal <= replicas; ordinal++) {
            backends.add(backend(ordinal, Role.REPLICA));
        }
        return Topology.of(1, backends, 0, TopologyPolicy.DEFAULT);
    }

    /** A tracker of a session that is alone in a proxy without a monitor. */
    static CausalityTracker tracker(Duration stickyWindow) {
        return new CausalityTracker(stickyWindow, new PositionBoard(), new WriteLedger(false, stickyWindow, 0));
    }

    static GtidPosition position(String numbers) {
        return GtidPosition.parse(ServerFlavor.MYSQL, SERVER + numbers);
    }

    private static BackendStatus backend(int ordinal, Role role) {
        return new BackendStatus(
                ordinal,
                new BackendAddress("db" + ordinal, 3306),
                role,
                Health.ONLINE,
                OperatorState.ACTIVE,
                1,
                null,
                Duration.ZERO,
                position("1-5"),
                null,
                null);
    }
}
