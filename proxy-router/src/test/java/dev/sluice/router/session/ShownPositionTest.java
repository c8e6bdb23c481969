package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendObservation;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.PositionBoard;
import dev.sluice.router.topology.PositionSample;
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

/** Ways in which what a session was shown could be forgotten. */
class ShownPositionTest {
    private static final String SERVER = "3e11fa47-71ca-11e1-9e33-c80aa9429562:";
    private final PositionBoard board = new PositionBoard();
    private final WriteLedger ledger = new WriteLedger(false, Duration.ofSeconds(2), 0);
    private final CausalityTracker tracker = new CausalityTracker(Duration.ofSeconds(2), board, ledger);
    private Topology topology = Topology.EMPTY;

    private static GtidPosition position(String numbers) {
        return GtidPosition.parse(ServerFlavor.MYSQL, SERVER + numbers);
    }

    private void executed(String... servers) {
        List<BackendObservation> seen = new ArrayList<>();
        for (int i = 0; i < servers.length; i++) {
            boolean replica = i > 0;
            ReplicationChannel channel = new ReplicationChannel(
                    "db0", 3306, 1, null, ReplicationChannel.Receiver.RUNNING, true, Duration.ZERO, null);
            seen.add(new BackendObservation(
                    i,
                    new BackendAddress("db" + i, 3306),
                    OperatorState.ACTIVE,
                    1,
                    null,
                    Health.ONLINE,
                    replica,
                    replica ? List.of(channel) : List.of(),
                    position(servers[i]),
                    new ServerFacts("8.0.31", ServerFlavor.MYSQL, i + 1, "uuid-" + i, 255, "", true, 16_382),
                    null,
                    BackendObservation.Surroundings.NONE));
        }
        topology = TopologyResolver.resolve(topology, seen, TopologyPolicy.DEFAULT);
    }

    private void sampled(int ordinal, String numbers, long nanos) {
        board.sampled(ordinal, new PositionSample(nanos, position(numbers), position(numbers)));
    }

    private void sampledAll(long nanos, String... numbers) {
        for (int i = 0; i < numbers.length; i++) {
            sampled(i, numbers[i], nanos);
        }
    }

    private long having(long nanos) {
        return tracker.replicasThatHave(topology, Consistency.SESSION, nanos);
    }

    @Test
    void aReadThatMayBeOldDoesNotLowerWhatTheNextOneMustFind() {
        executed("1-9", "1-5", "1-5");
        sampledAll(10, "1-9", "1-5", "1-5");
        ledger.begun(); // somebody else writes
        tracker.read(0, 20); // showed 9 on the primary
        sampledAll(30, "1-9", "1-5", "1-5");
        assertThat(having(35)).as("both are behind").isZero();
        assertThat(tracker.replicasThatHave(topology, Consistency.NONE, 36)).isEqualTo(0b110);
        tracker.read(1, 40); // by a hint
        sampledAll(50, "1-9", "1-5", "1-5");
        assertThat(having(60)).as("9 was shown before").isZero();
    }

    @Test
    void anAnswerOfAReplicaThatIsBehindLowersNothing() {
        executed("1-9", "1-5", "1-9");
        sampledAll(10, "1-9", "1-5", "1-9");
        ledger.begun();
        tracker.read(2, 20);
        sampledAll(30, "1-9", "1-5", "1-9");
        assertThat(having(35)).isEqualTo(0b100);
        tracker.read(1, 40);
        sampled(1, "1-5", 50);
        assertThat(having(60) & 0b010).as("9 was shown before").isZero();
    }

    @Test
    void aReplicaSetBackIsNotTrustedFromMemory() {
        executed("1-9", "1-9", "1-9");
        sampledAll(10, "1-9", "1-9", "1-9");
        tracker.wrote(position("9"), topology, 5);
        assertThat(having(20)).isEqualTo(0b110);
        sampled(1, "1-5", 25);
        executed("1-9", "1-5", "1-9");
        assertThat(having(40)).as("it has no 9").isEqualTo(0b100);
    }

    @Test
    void whatWasShownBeforeAnOwnWriteCountsEvenWhileItWasBeingCommitted() {
        executed("1-7:9", "1-7:9-10", "1-10");
        sampledAll(10, "1-7:9", "1-7:9-10", "1-10");
        // The transaction in the hole was being committed when the primary was asked.
        board.sampled(0, new PositionSample(11, position("1-7:9"), position("1-9")));
        ledger.begun();
        tracker.read(2, 20); // showed 8
        tracker.wrote(position("10"), topology, 30);
        assertThat(having(40)).as("1 lacks 8").isEqualTo(0b100);
    }

    @Test
    void whatWasShownIsNotForgottenWhenThePrimaryIsRemoved() {
        executed("1-9", "1-9", "1-5");
        sampledAll(10, "1-9", "1-9", "1-5");
        assertThat(having(15)).isEqualTo(0b110);
        ledger.begun();
        tracker.read(1, 20); // showed 9
        List<BackendObservation> seen = new ArrayList<>();
        for (int i = 1; i < 4; i++) {
            seen.add(new BackendObservation(
                    i,
                    new BackendAddress("db" + i, 3306),
                    OperatorState.ACTIVE,
                    1,
                    null,
                    Health.ONLINE,
                    true,
                    List.of(),
                    position(i == 1 ? "1-9" : "1-5"),
                    new ServerFacts("8.0.31", ServerFlavor.MYSQL, i + 1, "uuid-" + i, 255, "", true, 16_382),
                    null,
                    BackendObservation.Surroundings.NONE));
        }
        topology = TopologyResolver.resolve(topology, seen, TopologyPolicy.DEFAULT);
        assertThat(topology.lastPrimaryOrdinal()).isEqualTo(-1);
        assertThat(having(30) & 0b1100).as("they lack 9").isZero();
    }
}
