package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sluice.router.balance.BalanceKeys;
import dev.sluice.router.balance.Balancer;
import dev.sluice.router.balance.BalancerKind;
import dev.sluice.router.balance.LoadView;
import dev.sluice.router.balance.ZonePreference;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every read pays for: finding the replicas that have the session's writes, and choosing one. */
class HitPathAllocationTest {
    private static final String SERVER = "3e11fa47-71ca-11e1-9e33-c80aa9429562:";
    private static final int CALLS = 20_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final CausalityTracker tracker = Topologies.tracker(Duration.ofSeconds(1));
    private final BalanceKeys keys = new BalanceKeys();
    /** Loads at which the balancers with locality keep moving statements. */
    private final LoadView load = new LoadView() {
        @Override
        public int inFlight(int ordinal) {
            return 3 * ordinal;
        }

        @Override
        public long latencyNanos(int ordinal, long nowNanos) {
            return 1_000_000L * (ordinal + 1);
        }
    };

    private static Topology topology(long version) {
        List<BackendStatus> backends = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            backends.add(new BackendStatus(
                    i,
                    new BackendAddress("db" + i, 3306),
                    Role.REPLICA,
                    Health.ONLINE,
                    OperatorState.ACTIVE,
                    i + 1,
                    i < 3 ? "near" : "far",
                    Duration.ZERO,
                    GtidPosition.parse(ServerFlavor.MYSQL, SERVER + "1-" + (10 + i)),
                    null,
                    null));
        }
        return Topology.of(version, backends, -1, TopologyPolicy.DEFAULT);
    }

    private long route(Balancer balancer, Topology one, Topology other) {
        long chosen = 0;
        for (int i = 0; i < CALLS; i++) {
            // Now and then the topology changes, which must not allocate either.
            Topology topology = i % 100 < 50 ? one : other;
            if (!tracker.isStickyToPrimary(Consistency.GLOBAL, i)) {
                chosen += balancer.choose(
                        topology,
                        tracker.replicasThatHave(topology, Consistency.GLOBAL, i),
                        load,
                        keys.set(i, i, i * 1_000_000L));
            }
        }
        return chosen;
    }

    @ParameterizedTest
    @EnumSource(BalancerKind.class)
    void routingAReadAllocatesNothing(BalancerKind kind) {
        Balancer balancer = new ZonePreference(kind.create(), "near", 7);
        Topology one = topology(1);
        Topology other = topology(2);
        tracker.wrote(GtidPosition.parse(ServerFlavor.MYSQL, SERVER + "11"), one, 0);
        assertThat(route(balancer, one, other)).isPositive();
        long id = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(id);
        route(balancer, one, other);
        // The meter itself may cost a few hundred bytes; one object a call would be 320,000 or more.
        assertThat(threads.getThreadAllocatedBytes(id) - before).isLessThan(CALLS / 10);
    }
}
