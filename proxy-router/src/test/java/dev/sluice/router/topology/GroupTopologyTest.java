package dev.sluice.router.topology;

import static dev.sluice.router.topology.Backends.member;
import static dev.sluice.router.topology.Backends.replica;
import static dev.sluice.router.topology.Backends.writable;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Groups that keep themselves in step, and servers found beside the configured ones. */
class GroupTopologyTest {
    private static final TopologyPolicy POLICY = new TopologyPolicy(Duration.ofSeconds(5));
    private static final GroupMembership WRITER = membership("g", GroupMembership.State.ONLINE, true, true);
    private static final GroupMembership READER = membership("g", GroupMembership.State.ONLINE, true, false);

    private Topology topology = Topology.EMPTY;

    private static GroupMembership membership(
            String group, GroupMembership.State state, boolean quorum, boolean writer) {
        return new GroupMembership(group, state, quorum, writer);
    }

    private Topology observe(Backends... servers) {
        topology = TopologyResolver.resolve(
                topology, Arrays.stream(servers).map(Backends::seen).toList(), POLICY);
        return topology;
    }

    @Test
    void theWriterOfAGroupIsThePrimaryAndItsMembersAreReadable() {
        observe(member(0, READER), member(1, WRITER), member(2, READER).measured(Duration.ofSeconds(1), null));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
        assertThat(topology.readableReplicas()).isEqualTo(0b101);
        assertThat(topology.backend(0).lag()).isZero();
        assertThat(topology.backend(2).lag()).isEqualTo(Duration.ofSeconds(1));
        assertThat(topology.backend(0).problem()).isNull();
        assertThat(topology.alarm()).isNull();
    }

    @Test
    void aMemberWhoseQueueGrowsIsLagging() {
        observe(member(0, WRITER), member(1, READER).measured(Duration.ofSeconds(6), null));
        assertThat(topology.readableReplicas()).isZero();
    }

    @Test
    void severalWritersOfOneGroupAreNoSplitAndOneOfThemKeepsTheWrites() {
        observe(member(0, WRITER), member(1, WRITER), member(2, WRITER));
        assertThat(topology.primaryOrdinal()).isZero();
        assertThat(topology.alarm()).isNull();
        assertThat(topology.writableServers()).isEqualTo(1);
        assertThat(topology.readableReplicas()).isEqualTo(0b110);
        observe(member(0, WRITER).health(Health.UNREACHABLE), member(1, WRITER), member(2, WRITER));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
        observe(member(0, WRITER), member(1, WRITER), member(2, WRITER));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
    }

    @Test
    void aWriterInTheMinorityIsNoPrimaryAndTakesNoReads() {
        observe(member(0, WRITER), member(1, READER));
        observe(member(0, membership("g", GroupMembership.State.ONLINE, false, true)), member(1, WRITER));
        assertThat(topology.primaryOrdinal()).isEqualTo(1);
        assertThat(topology.readableReplicas()).isZero();
        assertThat(topology.backend(0).problem()).isEqualTo("is not in step with its group");
    }

    @Test
    void aMemberThatRecoversOrHasLeftIsNotUsedEvenWithoutAPrimary() {
        observe(
                member(0, membership("g", GroupMembership.State.RECOVERING, true, false)),
                member(1, membership("g", GroupMembership.State.OUTSIDE, false, true)));
        assertThat(topology.primary()).isNull();
        assertThat(topology.readableReplicas()).isZero();
    }

    @Test
    void writersOfTwoGroupsAreASplit() {
        observe(member(0, WRITER), member(1, membership("h", GroupMembership.State.ONLINE, true, true)));
        assertThat(topology.primary()).isNull();
        assertThat(topology.writableServers()).isEqualTo(2);
        assertThat(topology.alarm()).contains("db0:3306, db1:3306");
    }

    @Test
    void aReplicaOfAnyMemberFollowsThePrimary() {
        observe(member(0, WRITER), member(1, READER), replica(2, 1).behind(1, Duration.ofSeconds(2)));
        assertThat(topology.backend(2).lag()).isEqualTo(Duration.ofSeconds(2));
        assertThat(topology.backend(2).problem()).isNull();
        assertThat(topology.readableReplicas()).isEqualTo(0b110);
    }

    private static Peer peer(int number) {
        return new Peer(
                "db" + number, 3306, number + 1, Backends.UUID_PREFIX + number, DiscoveredServer.Relation.REPLICA);
    }

    @Test
    void whoIsNamedButNotConfiguredIsShownOnceAndNotUsed() {
        observe(writable(0).peers(peer(1), peer(7), peer(7)), replica(1, 0), replica(2, 8));
        assertThat(topology.discovered())
                .containsExactly(
                        new DiscoveredServer(
                                new BackendAddress("db7", 3306),
                                DiscoveredServer.Relation.REPLICA,
                                new BackendAddress("db0", 3306)),
                        new DiscoveredServer(
                                new BackendAddress("db8", 3306),
                                DiscoveredServer.Relation.SOURCE,
                                new BackendAddress("db2", 3306)));
        assertThat(topology.backends()).hasSize(3);
        long version = topology.version();
        observe(writable(0).peers(peer(1)), replica(1, 0), replica(2, 8));
        assertThat(topology.version()).isEqualTo(version + 1);
        assertThat(topology.discovered()).hasSize(1);
    }

    @Test
    void whoNamesNoAddressCannotBeShown() {
        Peer nameless = new Peer("", 3306, 9, null, DiscoveredServer.Relation.REPLICA);
        assertThat(observe(writable(0).peers(nameless)).discovered()).isEmpty();
    }

    @Test
    void moreThanSixtyFourAreNotRemembered() {
        Peer[] many = new Peer[100];
        Arrays.setAll(many, i -> peer(i + 5));
        assertThat(observe(writable(0).peers(many)).discovered()).hasSize(64);
    }
}
