package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendObservation;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.ReplicationChannel;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import dev.sluice.router.topology.TopologyResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CausalityTrackerTest {
    private static final String SERVER = "3e11fa47-71ca-11e1-9e33-c80aa9429562:";

    private final CausalityTracker tracker = Topologies.tracker(Duration.ofSeconds(2));
    private Topology topology = Topology.EMPTY;
    private String onPrimary = "1-1000000";

    /** The primary is ordinal 0, the replicas follow with what they have executed. */
    private void executed(String... replicas) {
        List<BackendObservation> seen = new ArrayList<>();
        seen.add(server(0, false, onPrimary));
        for (int i = 0; i < replicas.length; i++) {
            seen.add(server(i + 1, true, replicas[i]));
        }
        topology = TopologyResolver.resolve(topology, seen, TopologyPolicy.DEFAULT);
    }

    private static BackendObservation server(int ordinal, boolean replica, String numbers) {
        ReplicationChannel channel = new ReplicationChannel(
                "db0", 3306, 1, null, ReplicationChannel.Receiver.RUNNING, true, Duration.ZERO, null);
        return new BackendObservation(
                ordinal,
                new BackendAddress("db" + ordinal, 3306),
                OperatorState.ACTIVE,
                1,
                null,
                Health.ONLINE,
                replica,
                replica ? List.of(channel) : List.of(),
                numbers.isEmpty() ? GtidPosition.UNKNOWN : position(numbers),
                new ServerFacts("8.0.31", ServerFlavor.MYSQL, ordinal + 1, "uuid-" + ordinal, 255, "", true, 16_382),
                null,
                BackendObservation.Surroundings.NONE);
    }

    private static GtidPosition position(String numbers) {
        return GtidPosition.parse(ServerFlavor.MYSQL, SERVER + numbers);
    }

    @Test
    void aSessionThatWroteNothingReadsAnywhere() {
        executed("1-5", "");
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 0)).isEqualTo(0b110);
    }

    @Test
    void afterAWriteOnlyReplicasThatHaveItAreLeft() {
        executed("1-5", "1-6", "");
        tracker.wrote(position("6"), topology, 0);
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 0)).isEqualTo(0b0100);
        executed("1-6", "1-6", "");
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 0)).isEqualTo(0b0110);
        tracker.wrote(position("7"), topology, 0);
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 0)).isZero();
    }

    @Test
    void anOwnWriteSetsASessionFreeFromTheReplicaThatItReadFrom() {
        onPrimary = "1-4";
        onPrimary = "1-4";
        executed("1-5", "1-5");
        tracker.wrote(position("5"), topology, 1);
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 1)).isEqualTo(0b110);
        tracker.read(1, 2);
        executed("1-8", "1-8");
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 3)).isEqualTo(0b010);

        tracker.wrote(position("9"), topology, 4);

        executed("1-8", "1-9");
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 5)).isEqualTo(0b100);
        executed("1-9", "9");
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 6))
                .as("what was seen on the first replica may have been any of 1 to 8")
                .isEqualTo(0b010);
    }

    @Test
    void aSessionBoundToWhereItCannotReadWantsThePrimaryAsked() {
        long second = 1_000_000_000L;
        executed("1-5", "1-5");
        tracker.wrote(position("5"), topology, 1);
        assertThat(wantsPosition(1)).as("not bound").isFalse();
        tracker.read(0, second);
        assertThat(wantsPosition(second)).as("bound to the primary").isTrue();
        tracker.read(1, 2 * second);
        assertThat(wantsPosition(6 * second)).as("bound to a replica").isFalse();
        tracker.read(1, 7 * second);
        assertThat(wantsPosition(7 * second + 1)).as("for long").isTrue();
        assertThat(tracker.wantsPosition(topology, Consistency.NONE, 7 * second + 1))
                .isFalse();
    }

    private boolean wantsPosition(long nowNanos) {
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, nowNanos))
                .isNotNegative();
        return tracker.wantsPosition(topology, Consistency.SESSION, nowNanos);
    }

    @Test
    void allWritesAreRequiredNotOnlyTheLast() {
        executed("1-4:6", "1-6");
        tracker.wrote(position("5"), topology, 0);
        tracker.wrote(position("6"), topology, 0);
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 0)).isEqualTo(0b100);
    }

    @Test
    void aReplicaSetBackIsNotTrustedFromMemory() {
        executed("1-6", "1-6");
        tracker.wrote(position("6"), topology, 0);
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 0)).isEqualTo(0b110);
        executed("1-5", "1-6");
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 0)).isEqualTo(0b100);
    }

    @Test
    void anUnknownPositionKeepsReadsOnThePrimaryUntilReset() {
        executed("1-6");
        tracker.wrote(GtidPosition.UNKNOWN, topology, 0);
        tracker.wrote(position("1"), topology, 0);
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 0)).isZero();
        tracker.reset();
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 0)).isEqualTo(0b10);
    }

    @Test
    void thePositionOfAThousandScatteredWritesStaysSmall() {
        for (int i = 1; i <= 1000; i++) {
            tracker.wrote(position(String.valueOf(i * 3)), topology, 0);
        }
        assertThat(tracker.required().size()).isLessThanOrEqualTo(16);
        executed("1-2999", "1-3000");
        assertThat(tracker.replicasThatHave(topology, Consistency.SESSION, 0)).isEqualTo(0b100);
    }

    @Test
    void writesWithoutAPositionStickToThePrimaryForTheWindow() {
        long start = Long.MAX_VALUE - 5;
        assertThat(tracker.isStickyToPrimary(Consistency.SESSION, start)).isFalse();
        tracker.wroteWithoutPosition(start);
        assertThat(tracker.isStickyToPrimary(Consistency.SESSION, start + 1_999_999_999L))
                .isTrue();
        assertThat(tracker.isStickyToPrimary(Consistency.SESSION, start + 2_000_000_000L))
                .isFalse();
        assertThat(tracker.isStickyToPrimary(Consistency.SESSION, start + 1)).isFalse();
    }
}
