package dev.sluice.benchmarks;

import dev.sluice.router.balance.BalanceKeys;
import dev.sluice.router.balance.Balancer;
import dev.sluice.router.balance.BalancerKind;
import dev.sluice.router.balance.LoadView;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does the choice of a replica cost with each balancer?
 *
 * <p>Decides whether a balancer may be offered at all: every read pays for its choice, so it has to cost little beside the
 * classification of the statement ({@link ClassifierBenchmark}), and {@code -prof gc} has to show that it allocates nothing.
 * The keys change with each choice and the loads differ, so that the balancers with locality keep moving statements. The
 * baseline is the lowest eligible bit.
 *
 * <p>Thread-safe: each thread of JMH has its own instance.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class BalancerBenchmark {
    private static final int DISTINCT_STATEMENTS = 1000;

    /** The balancer. */
    @Param({"RR", "WRR", "LC", "WLC", "SED", "NQ", "SH", "DH", "LBLC", "LBLCR", "P2C"})
    public BalancerKind kind = BalancerKind.RR;

    /** How many replicas there are to choose from. */
    @Param({"2", "5", "16"})
    public int replicas = 5;

    private final BalanceKeys keys = new BalanceKeys();
    private final LoadView load = new LoadView() {
        @Override
        public int inFlight(int ordinal) {
            return ordinal * 5 % 16;
        }

        @Override
        public long latencyNanos(int ordinal, long nowNanos) {
            return 1_000_000L + ordinal;
        }
    };
    private Balancer balancer = BalancerKind.RR.create();
    private Topology topology = Topology.EMPTY;
    private long eligible;
    private long count;

    /** Makes the balancer and its replicas, of weights 1 to 4. */
    @Setup
    public void open() {
        List<BackendStatus> backends = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
            backends.add(SampleServers.server(i, Role.REPLICA, 1 + i % 4));
        }
        topology = Topology.of(1, backends, -1, TopologyPolicy.DEFAULT);
        eligible = (1L << replicas) - 1;
        balancer = kind.create();
    }

    /** One choice. */
    @Benchmark
    public int choose() {
        count++;
        long statement = 1 + count % DISTINCT_STATEMENTS;
        return balancer.choose(topology, eligible, load, keys.set(count, statement, count * 1000));
    }

    /** Baseline: the lowest eligible bit. */
    @Benchmark
    public int baselineFirst() {
        count++;
        keys.set(count, 1 + count % DISTINCT_STATEMENTS, count * 1000);
        return Long.numberOfTrailingZeros(eligible);
    }
}
