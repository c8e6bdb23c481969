package dev.sluice.router.topology;

import static dev.sluice.router.topology.Backends.replica;
import static dev.sluice.router.topology.Backends.writable;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two writable servers, of which the primary falls silent. */
class ContestTest {
    private static final String FIRST = Backends.UUID_PREFIX + "0:1-";
    private static final String SECOND = Backends.UUID_PREFIX + "1:1-3";
    private static final String HELD =
            "no primary: db1:3306 accepts writes but lacks writes of db0:3306, which does not answer;"
                    + " drain or remove db0:3306 to let db1:3306 lead";

    private Topology topology = Topology.EMPTY;
    private long nanos = 1;

    private Topology observe(Backends... servers) {
        List<BackendObservation> seen =
                Arrays.stream(servers).map(Backends::seen).toList();
        topology = TopologyResolver.resolve(topology, seen, TopologyPolicy.DEFAULT);
        return topology;
    }

    private Backends first(int executed) {
        return writable(0).executed(FIRST + executed).at(++nanos);
    }

    private Backends silent() {
        return writable(0).health(Health.UNREACHABLE);
    }

    /** Writable, its replication stopped, with writes of its own. */
    private Backends second(int executed) {
        return replica(1, 0)
                .open()
                .stopped()
                .executed(FIRST + executed + "," + SECOND)
                .at(++nanos);
    }

    private void contest() {
        observe(first(5), replica(1, 0));
        observe(second(5), first(7));
        assertThat(topology.primaryOrdinal()).isZero();
        assertThat(topology.alarm()).contains("writes stay on db0:3306");
    }

    @Test
    void theOtherServerIsNotElectedWhileItLacksWritesOfTheSilentPrimary() {
        contest();
        for (int i = 0; i < 3; i++) {
            observe(silent(), second(5));
            assertThat(topology.primary()).isNull();
            assertThat(topology.alarm()).isEqualTo(HELD);
            assertThat(topology.readableReplicas()).isZero();
        }
        observe(first(7), second(5));
        assertThat(topology.primaryOrdinal()).isZero();
    }

    @Test
    void theOtherServerIsElectedWhenItHasAllThatThePrimaryHad() {
        contest();
        observe(silent(), second(6));
        assertThat(topology.primary()).isNull();
        observe(silent(), second(7));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
        assertThat(topology.alarm()).isNull();
    }

    @Test
    void theOperatorsWordAboutThePrimaryEndsTheContest() {
        for (OperatorState word : List.of(OperatorState.DRAINED, OperatorState.OFFLINE)) {
            topology = Topology.EMPTY;
            contest();
            observe(silent(), second(5));
            observe(silent().operator(word), second(5));
            assertThat(topology.primaryOrdinal()).as("%s", word).isEqualTo(1);
        }
        topology = Topology.EMPTY;
        contest();
        observe(silent(), second(5));
        observe(second(5));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
    }

    @Test
    void aServerThatHasStoodBackMayBePromoted() {
        contest();
        observe(first(7), second(5).fenced());
        observe(silent(), second(5));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
        topology = Topology.EMPTY;
        contest();
        observe(first(7), replica(1, 0).open());
        observe(silent(), second(5));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
    }

    @Test
    void anOutageOfTheOtherServerDoesNotEndTheContest() {
        contest();
        observe(first(7), writable(1).health(Health.UNREACHABLE));
        assertThat(topology.alarm()).isNull();
        observe(silent(), second(5));
        assertThat(topology.alarm()).isEqualTo(HELD);
    }

    @Test
    void anOrdinaryFailoverNeedsNoPosition() {
        observe(first(5), replica(1, 0).executed(FIRST + 4));
        observe(silent(), replica(1, 0).executed(FIRST + 4));
        observe(silent(), second(4));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
    }

    @Test
    void aPromotionThatIsSeenBeforeTheEndOfThePrimaryIsAnOrdinaryFailover() {
        Backends primary = first(5);
        observe(primary, replica(1, 0));
        observe(primary, second(4));
        assertThat(topology.alarm()).contains("several writable servers");
        observe(silent(), second(4));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
    }

    @Test
    void withoutPositionsTheOtherServerIsNotElected() {
        observe(first(5), replica(1, 0));
        Backends unknown = second(5);
        unknown.executed = GtidPosition.UNKNOWN;
        Backends primary = first(5);
        primary.executed = GtidPosition.EMPTY;
        observe(primary, unknown);
        observe(silent(), unknown);
        assertThat(topology.primary()).isNull();
        assertThat(topology.alarm()).contains("db1:3306 accepts writes but may lack writes of db0:3306");
    }

    @Test
    void equalSequencesOfMariaDbProveNothingUnlessTheyAreOfOneServer() {
        observe(first(5), replica(1, 0));
        Backends primary = first(5);
        Backends other = second(5);
        primary.at(++nanos).executed = GtidPosition.parse(ServerFlavor.MARIADB, "0-1-7");
        other.executed = GtidPosition.parse(ServerFlavor.MARIADB, "0-2-8");
        observe(primary, other);
        assertThat(observe(silent(), other).primary()).isNull();
        other.executed = GtidPosition.parse(ServerFlavor.MARIADB, "0-2-7");
        assertThat(observe(silent(), other).primary()).isNull();
        other.executed = GtidPosition.parse(ServerFlavor.MARIADB, "0-1-7");
        assertThat(observe(silent(), other).primaryOrdinal()).isEqualTo(1);
    }

    @Test
    void aPrimaryThatComesBackReadOnlyLeavesTheChoiceToTheOperator() {
        contest();
        observe(first(7).fenced(), second(5));
        assertThat(topology.primary()).isNull();
        assertThat(topology.alarm()).contains("lacks writes of db0:3306, which takes no writes; drain");
        Backends follower = replica(0, 1).executed(FIRST + 7);
        observe(follower, second(5));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
    }

    @Test
    void aThirdServerThatWasReadOnlyAllTheTimeIsPromotedOnceTheContenderIsFenced() {
        contest();
        Backends third = replica(2, 0).open().stopped().executed(FIRST + 4).at(++nanos);
        observe(silent(), second(5), third);
        assertThat(topology.primary()).isNull();
        assertThat(topology.alarm()).contains("several writable servers");
        observe(silent(), second(5).fenced(), third);
        assertThat(topology.primaryOrdinal()).isEqualTo(2);
    }

    @Test
    void whereNoneWasThePrimaryNoneIsElectedBecauseTheOtherIsSilent() {
        observe(first(7), second(5));
        assertThat(topology.primary()).isNull();
        observe(silent(), second(5));
        assertThat(topology.primary()).isNull();
        assertThat(topology.alarm()).isEqualTo(HELD);
        observe(first(7), second(5).fenced());
        assertThat(topology.primaryOrdinal()).isZero();
    }
}
