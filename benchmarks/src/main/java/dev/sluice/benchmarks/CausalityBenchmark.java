package dev.sluice.benchmarks;

import dev.sluice.router.session.CausalityTracker;
import dev.sluice.router.session.Consistency;
import dev.sluice.router.session.WriteLedger;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.PositionBoard;
import dev.sluice.router.topology.PositionSample;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a session pay, beside the packets, for reading what it has just written: the text of the write's GTID is
 * understood, the replicas are asked whether they have it, and the position to wait for is made text again?
 *
 * <p>Decides whether causal reads could be made cheaper by a better way to keep positions, or only by fewer packets. The
 * baseline is the text as a String, which both ends of the path need in some form.
 *
 * <p>Thread-safe: each thread of JMH has its own instance.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CausalityBenchmark {
    private static final String SOURCE = "3e11fa47-71ca-11e1-9e33-c80aa9429562:";
    private static final int REPLICA = 1;
    /** A power of two. */
    private static final int WRITES = 1024;

    private static final int FIRST = 5_000_000;

    private final byte[][] texts = new byte[WRITES][];
    private Topology topology = Topology.EMPTY;
    private CausalityTracker tracker =
            new CausalityTracker(Duration.ofSeconds(1), new PositionBoard(), new WriteLedger(false, Duration.ZERO, 0));
    private int count;

    /** A primary, and a replica that is behind all the writes. */
    @Setup
    public void open() {
        for (int i = 0; i < WRITES; i++) {
            texts[i] = (SOURCE + (FIRST + i)).getBytes(StandardCharsets.US_ASCII);
        }
        GtidPosition behind = GtidPosition.parse(ServerFlavor.MYSQL, SOURCE + "1-" + (FIRST - 1));
        topology = Topology.of(
                1,
                List.of(SampleServers.server(0, Role.PRIMARY), SampleServers.server(REPLICA, Role.REPLICA)),
                0,
                TopologyPolicy.DEFAULT);
        PositionBoard board = new PositionBoard();
        board.sampled(0, new PositionSample(1, behind, behind));
        board.sampled(REPLICA, new PositionSample(1, behind, behind));
        tracker = new CausalityTracker(
                Duration.ofSeconds(1), board, new WriteLedger(false, Duration.ofSeconds(1), System.nanoTime()));
    }

    /** A write, and the read behind it. */
    @Benchmark
    public String writeAndRead() {
        count++;
        String text = new String(texts[count & (WRITES - 1)], StandardCharsets.US_ASCII);
        tracker.reset();
        tracker.wrote(GtidPosition.parse(ServerFlavor.MYSQL, text), topology, count);
        if (tracker.replicasThatHave(topology, Consistency.SESSION, count) != 0) {
            throw new IllegalStateException("the replica has what nobody told");
        }
        long waitable = tracker.replicasToWaitFor(topology, Consistency.SESSION);
        BackendStatus replica = topology.backend(Long.numberOfTrailingZeros(waitable));
        return tracker.missingOn(replica, Consistency.SESSION).toString();
    }

    /** Baseline: the text of the position. */
    @Benchmark
    public String baselineText() {
        count++;
        return new String(texts[count & (WRITES - 1)], StandardCharsets.US_ASCII);
    }
}
