package dev.sluice.router.balance;

import static dev.sluice.router.balance.Replicas.choose;
import static dev.sluice.router.balance.Replicas.load;
import static dev.sluice.router.balance.Replicas.zones;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.router.topology.Topology;
import org.junit.jupiter.api.Test;

class ZonePreferenceTest {
    private static final int OVERLOAD = 10;

    private final Topology topology = zones(new String[] {"a", "b", "b", null}, 1, 1, 1, 1);
    private final Balancer balancer = new ZonePreference(new WeightedRoundRobin(), "b", OVERLOAD);

    @Test
    void theOwnZoneIsPreferredWhileItHasAnEligibleBackend() {
        assertThat(choose(balancer, topology, 0b1111, 100)).startsWith(0, 50, 50, 0);
        assertThat(choose(balancer, topology, 0b1011, 100)).startsWith(0, 100, 0, 0);
        int[] elsewhere = choose(balancer, topology, 0b1001, 100);
        assertThat(elsewhere[0]).isEqualTo(100 - elsewhere[3]).isCloseTo(50, within(1));
        Topology moved = zones(new String[] {"b", "a", "a", null}, 1, 1, 1, 1);
        assertThat(choose(balancer, moved, 0b1111, 10)).startsWith(10, 0, 0, 0);
    }

    @Test
    void anOverloadedBackendLeavesItsShareToTheOthersOfItsZone() {
        assertThat(choose(balancer, topology, 0b1111, load(0, OVERLOAD, OVERLOAD - 1, 0), 10))
                .startsWith(0, 0, 10, 0);
    }

    @Test
    void anOverloadedZoneSpillsOverToOtherZones() {
        assertThat(choose(balancer, topology, 0b1111, load(0, OVERLOAD, OVERLOAD, 0), 10))
                .startsWith(5, 0, 0, 5);
        assertThat(choose(balancer, topology, 0b1111, load(OVERLOAD, OVERLOAD, OVERLOAD, 0), 10))
                .startsWith(0, 0, 0, 10);
    }

    @Test
    void whenAllAreOverloadedAllShare() {
        assertThat(choose(balancer, topology, 0b1111, ordinal -> OVERLOAD, 400)).startsWith(100, 100, 100, 100);
    }

    @Test
    void aBackendOfWeightZeroDoesNotStandForItsZone() {
        Topology drained = zones(new String[] {"a", "b"}, 1, 0);
        assertThat(choose(balancer, drained, 0b11, 10)).startsWith(10, 0);
    }
}
