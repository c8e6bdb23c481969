package dev.sluice.router.balance;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Topologies of replicas named db0, db1 and so on, and counts of choices among them. Functions only. */
final class Replicas {
    static final LoadView IDLE = ordinal -> 0;

    private Replicas() {}

    static Topology weights(int... weights) {
        return zones(new String[weights.length], weights);
    }

    static Topology zones(@Nullable String[] zones, int... weights) {
        List<BackendStatus> backends = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            backends.add(new BackendStatus(
                    i,
                    new BackendAddress("db" + i, 3306),
                    Role.REPLICA,
                    Health.ONLINE,
                    OperatorState.ACTIVE,
                    weights[i],
                    zones[i],
                    Duration.ZERO,
                    GtidPosition.UNKNOWN,
                    null,
                    null));
        }
        return Topology.of(1, backends, -1, TopologyPolicy.DEFAULT);
    }

    /** How often each backend is chosen by idle servers, each time with new keys. */
    static int[] choose(Balancer balancer, Topology topology, long eligible, int times) {
        return choose(balancer, topology, eligible, IDLE, times);
    }

    static int[] choose(Balancer balancer, Topology topology, long eligible, LoadView load, int times) {
        int[] chosen = new int[64];
        for (int i = 1; i <= times; i++) {
            chosen[balancer.choose(topology, eligible, load, key(i))]++;
        }
        return chosen;
    }

    /** Client and statement of that number, at the first moment. */
    static BalanceKeys key(long number) {
        return key(number, 0);
    }

    static BalanceKeys key(long number, long nowNanos) {
        return new BalanceKeys().set(number, number, nowNanos);
    }

    static LoadView load(int... inFlight) {
        return ordinal -> inFlight[ordinal];
    }
}
