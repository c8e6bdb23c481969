package dev.sluice.router.topology;

import static dev.sluice.router.topology.Backends.replica;
import static dev.sluice.router.topology.Backends.writable;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopologyResolverTest {
    private static final String GTIDS = Backends.UUID_PREFIX + "0:1-";
    private static final TopologyPolicy POLICY = new TopologyPolicy(Duration.ofSeconds(5));

    private Topology topology = Topology.EMPTY;

    private Topology observe(Backends... servers) {
        List<BackendObservation> seen =
                Arrays.stream(servers).map(Backends::seen).toList();
        topology = TopologyResolver.resolve(topology, seen, POLICY);
        return topology;
    }

    private void observeHealthyCluster() {
        observe(writable(0), replica(1, 0), replica(2, 0));
        assertThat(topology.primaryOrdinal()).isZero();
    }

    @Test
    void theOneWritableServerIsThePrimaryAndTheOthersAreReadable() {
        observe(replica(0, 1), writable(1), replica(2, 1));

        assertThat(topology.primaryOrdinal()).isEqualTo(1);
        assertThat(topology.backend(0).role()).isEqualTo(Role.REPLICA);
        assertThat(topology.backend(1).role()).isEqualTo(Role.PRIMARY);
        assertThat(topology.readableReplicas()).isEqualTo(0b101);
        assertThat(topology.alarm()).isNull();
        assertThat(topology.version()).isEqualTo(1);
    }

    @Test
    void nothingIsPublishedWhenNothingChanged() {
        observeHealthyCluster();
        Topology before = topology;
        assertThat(observe(writable(0), replica(1, 0), replica(2, 0))).isSameAs(before);
    }

    @Test
    void replicationProgressIsAChangeButNotOfIdentity() {
        observe(writable(0).executed(GTIDS + 5));
        Topology before = topology;
        observe(writable(0).executed(GTIDS + 6));
        assertThat(topology.version()).isEqualTo(before.version() + 1);
        assertThat(topology.identityEpoch()).isEqualTo(before.identityEpoch());
    }

    @Test
    void dataSetBackOrAnotherServerBehindTheAddressIsAChangeOfIdentity() {
        observe(writable(0).executed(GTIDS + 5));
        long epoch = topology.identityEpoch();
        assertThat(observe(writable(0).executed(GTIDS + 4)).identityEpoch()).isEqualTo(epoch + 1);
        Backends replaced = writable(0).executed(GTIDS + 4);
        replaced.uuid = Backends.UUID_PREFIX + 7;
        assertThat(observe(replaced).identityEpoch()).isEqualTo(epoch + 2);
        replaced.host = "other";
        assertThat(observe(replaced).identityEpoch()).isEqualTo(epoch + 3);
    }

    @Test
    void dataSetBackDuringAnOutageIsAChangeOfIdentity() {
        observe(writable(0).executed(GTIDS + 5));
        observe(writable(0).health(Health.UNREACHABLE));
        assertThat(topology.backend(0).executed()).hasToString(GTIDS + 5);
        long epoch = topology.identityEpoch();
        assertThat(observe(writable(0).executed(GTIDS + 4)).identityEpoch()).isEqualTo(epoch + 1);
    }

    @Test
    void theFirstAnswerDoesNotWinAnElectionByBeingFirst() {
        observe(writable(0), writable(1).health(Health.UNPROBED));
        assertThat(topology.primary()).isNull();
        assertThat(topology.alarm()).isNull();
        observe(writable(0), writable(1).health(Health.UNREACHABLE));
        assertThat(topology.primaryOrdinal()).isZero();
    }

    @Test
    void twoWritableServersKeepTheKnownPrimaryAndRaiseAnAlarm() {
        observeHealthyCluster();
        observe(writable(0), replica(1, 0).open().stopped(), replica(2, 0));
        assertThat(topology.primaryOrdinal()).isZero();
        assertThat(topology.alarm()).contains("db0:3306, db1:3306").contains("writes stay on db0:3306");
        assertThat(topology.backend(1).role()).isEqualTo(Role.UNKNOWN);
        assertThat(topology.readableReplicas()).isEqualTo(0b100);
    }

    @Test
    void twoWritableServersOfWhichNoneWasThePrimaryAreNoPrimary() {
        observe(writable(0), writable(1), replica(2, 0));
        assertThat(topology.primary()).isNull();
        assertThat(topology.alarm()).contains("no writes are accepted");
    }

    @Test
    void aDrainedServerEndsTheAmbiguity() {
        observe(writable(0), writable(1));
        observe(writable(0).operator(OperatorState.DRAINED), writable(1));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
        assertThat(topology.alarm()).isNull();
    }

    @Test
    void operatorIntentBeatsTheMonitor() {
        observe(
                writable(0),
                replica(1, 0).operator(OperatorState.DRAINED),
                replica(2, 0).operator(OperatorState.OFFLINE));
        assertThat(topology.readableReplicas()).isZero();
        observe(writable(0).operator(OperatorState.DRAINED), replica(1, 0));
        assertThat(topology.primary()).isNull();
    }

    @Test
    void thePrimaryMovesWhenTheOldOneIsFencedOrGone() {
        observeHealthyCluster();
        observe(writable(0).fenced(), replica(1, 0).open().stopped(), replica(2, 1));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
        observe(writable(0).fenced(), writable(1).health(Health.UNREACHABLE), writable(2));
        assertThat(topology.primaryOrdinal()).isEqualTo(2);
        assertThat(topology.backend(1).role()).isEqualTo(Role.UNKNOWN);
    }

    @Test
    void aReturningOldPrimaryDoesNotTakeOver() {
        observeHealthyCluster();
        observe(writable(0).health(Health.UNREACHABLE), replica(1, 0).open().stopped(), replica(2, 1));
        observe(writable(0), replica(1, 0).open().stopped(), replica(2, 1));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
        assertThat(topology.alarm()).contains("several writable servers");
    }

    @Test
    void theKnownPrimaryIsRememberedThroughItsOutage() {
        observeHealthyCluster();
        observe(writable(0).health(Health.UNREACHABLE), replica(1, 0), replica(2, 0));
        assertThat(topology.primary()).isNull();
        assertThat(topology.lastPrimaryOrdinal()).isZero();
        assertThat(topology.backend(0).role()).isEqualTo(Role.PRIMARY);
        assertThat(topology.alarm()).isEqualTo("no writable server");
        observe(writable(0), writable(1), replica(2, 0));
        assertThat(topology.primaryOrdinal()).isZero();
    }

    @Test
    void aWritableReplicaIsNotTakenForThePrimaryEvenWhenThePrimaryIsGone() {
        observe(writable(0), replica(1, 0).open());
        assertThat(topology.primaryOrdinal()).isZero();
        assertThat(topology.backend(1).role()).isEqualTo(Role.REPLICA);
        assertThat(topology.alarm()).contains("set super_read_only");
        observe(writable(0).health(Health.UNREACHABLE), replica(1, 0).open());
        assertThat(topology.primary()).isNull();
        observe(writable(0).health(Health.UNREACHABLE), replica(1, 0).open().stopped());
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
    }

    @Test
    void aWritableReplicaThatKnowsItsSourceByAnotherNameIsNotPromotedByItsOutage() {
        Backends primary = writable(0);
        primary.host = "public-name-";
        observe(primary, replica(1, 0).open());
        assertThat(topology.primaryOrdinal()).isZero();
        observe(primary.health(Health.UNREACHABLE), replica(1, 0).open());
        assertThat(topology.primary()).isNull();
        assertThat(topology.alarm()).contains("stop their replication to promote one");
    }

    @Test
    void aPrimaryThatReplicatesFromOutsideIsAPrimary() {
        observe(replica(0, 9).open(), replica(1, 0));
        assertThat(topology.primaryOrdinal()).isZero();
    }

    @Test
    void inACircleTheWritableServerIsThePrimary() {
        observe(replica(0, 1).open(), replica(1, 0));
        assertThat(topology.primaryOrdinal()).isZero();
        assertThat(topology.readableReplicas()).isEqualTo(0b10);
        observe(replica(0, 1).open(), replica(1, 0).open());
        assertThat(topology.primaryOrdinal()).isZero();
        assertThat(topology.alarm()).contains("several writable servers");
    }

    @Test
    void laggingAndUnknownLagAreNotReadableWhileThereIsAPrimary() {
        observe(
                writable(0),
                replica(1, 0).behind(0, Duration.ofSeconds(6)),
                replica(2, 0).behind(0, null));
        assertThat(topology.readableReplicas()).isZero();
        observe(
                writable(0),
                replica(1, 0).behind(0, Duration.ofSeconds(5)),
                replica(2, 0).stopped());
        assertThat(topology.readableReplicas()).isEqualTo(0b10);
        assertThat(topology.backend(2).problem()).isEqualTo("replication is stopped");
    }

    @Test
    void withoutAPrimaryReplicasServeReadsWhateverTheirLag() {
        observeHealthyCluster();
        observe(
                writable(0).health(Health.UNREACHABLE),
                replica(1, 0).behind(0, null),
                replica(2, 0).health(Health.UNREACHABLE));
        assertThat(topology.readableReplicas()).isEqualTo(0b10);
    }

    @Test
    void lagIsThatOfTheWholeChain() {
        observe(
                writable(0),
                replica(1, 0).behind(0, Duration.ofSeconds(2)),
                replica(2, 1).behind(1, Duration.ofSeconds(4)));
        assertThat(topology.backend(2).lag()).isEqualTo(Duration.ofSeconds(6));
        assertThat(topology.readableReplicas()).isEqualTo(0b10);
    }

    @Test
    void aReplicaOfADemotedPrimaryHasUnknownLag() {
        observeHealthyCluster();
        observe(writable(0).fenced(), replica(1, 0).open().stopped(), replica(2, 0));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
        assertThat(topology.backend(2).lag()).isNull();
        assertThat(topology.backend(2).problem()).contains("does not follow the primary");
        assertThat(topology.readableReplicas()).isZero();
    }

    @Test
    void replicasThatFollowEachOtherHaveUnknownLag() {
        observe(writable(0), replica(1, 2), replica(2, 1));
        assertThat(topology.readableReplicas()).isZero();
    }

    @Test
    void weightZeroKeepsReadsAway() {
        Backends spare = replica(1, 0);
        spare.weight = 0;
        assertThat(observe(writable(0), spare).readableReplicas()).isZero();
    }

    @Test
    void thatThereIsNoPrimaryForAMomentIsNoAlarmWhileRolesChangeOnPurpose() {
        observeHealthyCluster();
        List<BackendObservation> fenced = List.of(
                writable(0).fenced().seen(), replica(1, 0).seen(), writable(2).seen());
        topology = TopologyResolver.resolve(topology, fenced, POLICY, 0b10);
        assertThat(topology.primary()).isNull();
        assertThat(topology.alarm()).isNull();
        observe(writable(0).fenced(), replica(1, 0), replica(2, 0));
        assertThat(topology.alarm()).isEqualTo("no writable server");
    }

    @Test
    void theSameServerUnderAnotherNameTakesNoRole() {
        Backends alias = writable(3);
        alias.uuid = Backends.UUID_PREFIX + 0;
        Backends replicaAlias = replica(4, 0);
        replicaAlias.uuid = Backends.UUID_PREFIX + 1;
        observe(writable(0), replica(1, 0), alias, replicaAlias);
        assertThat(topology.primaryOrdinal()).isZero();
        assertThat(topology.writableServers()).isEqualTo(1);
        assertThat(topology.alarm()).isNull();
        assertThat(topology.readableReplicas()).isEqualTo(0b10);
        assertThat(topology.backend(3).role()).isEqualTo(Role.UNKNOWN);
        assertThat(topology.backend(3).problem()).isEqualTo("is the same server as db0:3306");
        assertThat(topology.backend(4).problem()).isEqualTo("is the same server as db1:3306");
        observe(writable(0), replica(1, 0).operator(OperatorState.OFFLINE), alias, replicaAlias);
        assertThat(topology.readableReplicas()).isEqualTo(0b10000);
    }

    @Test
    void serversWithoutAUuidAreNotTakenForOneServer() {
        Backends first = writable(0);
        Backends second = replica(1, 0);
        first.uuid = null;
        second.uuid = null;
        assertThat(observe(first, second).readableReplicas()).isEqualTo(0b10);
    }

    @Test
    void aRemovedBackendIsForgotten() {
        observeHealthyCluster();
        observe(replica(1, 0), replica(2, 0));
        assertThat(topology.find(0)).isNull();
        assertThat(topology.lastPrimaryOrdinal()).isEqualTo(-1);
    }
}
