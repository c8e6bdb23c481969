package dev.sluice.router.topology;

import static dev.sluice.router.topology.Backends.replica;
import static dev.sluice.router.topology.Backends.writable;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.balance.BalanceKeys;
import dev.sluice.router.balance.WeightedRoundRobin;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Breakers, slow start and lag: what takes reads from a replica and what must not. */
class TroubledTopologyTest {
    private static final TopologyPolicy POLICY = new TopologyPolicy(Duration.ofSeconds(5));

    private Topology topology = Topology.EMPTY;

    private Topology observe(Backends... servers) {
        topology = TopologyResolver.resolve(
                topology, Arrays.stream(servers).map(Backends::seen).toList(), POLICY);
        return topology;
    }

    private static Backends open(Backends server) {
        return server.admission(Admission.State.OPEN, 1);
    }

    @Test
    void anOpenBreakerTakesReadsAway() {
        observe(writable(0), open(replica(1, 0)), replica(2, 0));
        assertThat(topology.readableReplicas()).isEqualTo(0b100);
        assertThat(topology.backend(1).isUsable()).isTrue();
    }

    @Test
    void theLastReplicaKeepsItsReadsWhateverItsBreakerSays() {
        observe(writable(0), open(replica(1, 0)), replica(2, 0).health(Health.UNREACHABLE));
        assertThat(topology.readableReplicas()).isEqualTo(0b010);
        observe(writable(0), open(replica(1, 0)), open(replica(2, 0)));
        assertThat(topology.readableReplicas()).isEqualTo(0b110);
    }

    @Test
    void aLaggingReplicaIsNoReasonToShunTheLastThatIsNot() {
        observe(writable(0), open(replica(1, 0)), replica(2, 0).behind(0, Duration.ofSeconds(6)));
        assertThat(topology.readableReplicas()).isEqualTo(0b010);
    }

    @Test
    void thePrimaryHasNoBreaker() {
        observe(open(writable(0)), replica(1, 0));
        assertThat(topology.primaryOrdinal()).isZero();
    }

    @Test
    void whileOneBackendStartsSlowlyAllWeightsAreInTenths() {
        Backends heavy = replica(2, 0);
        heavy.weight = 1_000;
        observe(writable(0), replica(1, 0).admission(Admission.State.CLOSED, 3), heavy);
        assertThat(topology.backend(1).weight()).isEqualTo(3);
        assertThat(topology.backend(1).configuredWeight()).isEqualTo(1);
        assertThat(topology.backend(2).weight()).isEqualTo(10_000);
        assertThat(topology.backend(2).configuredWeight()).isEqualTo(1_000);
        observe(writable(0), replica(1, 0), heavy);
        assertThat(topology.backend(1).weight()).isEqualTo(1);
        assertThat(topology.backend(2).weight()).isEqualTo(1_000);
    }

    @Test
    void aBalancerGivesASlowStarterItsShareOfTheReads() {
        observe(writable(0), replica(1, 0).admission(Admission.State.CLOSED, 3), replica(2, 0));
        WeightedRoundRobin balancer = new WeightedRoundRobin();
        BalanceKeys keys = new BalanceKeys();
        int[] chosen = new int[3];
        for (int i = 0; i < 1_300; i++) {
            chosen[balancer.choose(topology, topology.readableReplicas(), ordinal -> 0, keys)]++;
        }
        assertThat(chosen).containsExactly(0, 300, 1_000);
    }

    @Test
    void aGrowingShareIsPublished() {
        observe(writable(0), replica(1, 0).admission(Admission.State.CLOSED, 3));
        long version = topology.version();
        observe(writable(0), replica(1, 0).admission(Admission.State.CLOSED, 4));
        assertThat(topology.version()).isEqualTo(version + 1);
    }

    @Test
    void aReplicaThatFetchesNothingAndSaysZeroIsBehindByItsPosition() {
        observe(writable(0), replica(1, 0).measured(Duration.ofSeconds(6), null), replica(2, 0));
        assertThat(topology.backend(1).lag()).isEqualTo(Duration.ofSeconds(6));
        assertThat(topology.readableReplicas()).isEqualTo(0b100);
    }

    @Test
    void theHeartbeatIsMoreExactThanTheServersOwnSeconds() {
        observe(
                writable(0),
                replica(1, 0).behind(0, Duration.ofSeconds(9)).measured(Duration.ofMillis(20), Duration.ofMillis(30)),
                replica(2, 0).behind(0, null).measured(null, Duration.ofMillis(40)));
        assertThat(topology.backend(1).lag()).isEqualTo(Duration.ofMillis(30));
        assertThat(topology.backend(2).lag()).isEqualTo(Duration.ofMillis(40));
    }

    @Test
    void noHeartbeatMakesUpForBrokenReplication() {
        observe(
                writable(0),
                replica(1, 0).stopped().measured(null, Duration.ZERO),
                replica(2, 0).failing().measured(null, Duration.ZERO));
        assertThat(topology.backend(1).lag()).isNull();
        assertThat(topology.backend(2).lag()).isNull();
        assertThat(topology.backend(2).problem()).isEqualTo("replication error: access denied");
        assertThat(topology.readableReplicas()).isZero();
    }

    @Test
    void noHeartbeatMakesUpForADemotedSource() {
        observe(writable(0), replica(1, 0), replica(2, 0));
        observe(
                writable(0).fenced(),
                replica(1, 0).open().stopped(),
                replica(2, 0).measured(null, Duration.ZERO));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
        assertThat(topology.backend(2).lag()).isNull();
    }

    @Test
    void withoutReplicationStatusTheHeartbeatAloneIsTheLag() {
        Backends blind = replica(1, 0).measured(null, Duration.ofMillis(7));
        blind.channels = List.of();
        observe(writable(0), blind);
        assertThat(topology.backend(1).lag()).isEqualTo(Duration.ofMillis(7));
        assertThat(topology.readableReplicas()).isEqualTo(0b10);
    }

    @Test
    void thePrimaryIsNeverJudgedByLag() {
        observe(writable(0).measured(Duration.ofDays(1), Duration.ofDays(1)), replica(1, 0));
        assertThat(topology.primaryOrdinal()).isZero();
        assertThat(topology.backend(0).lag()).isZero();
    }
}
