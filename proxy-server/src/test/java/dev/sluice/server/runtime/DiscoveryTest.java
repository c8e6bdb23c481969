package dev.sluice.server.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendObservation;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.DiscoveredServer;
import dev.sluice.router.topology.DiscoveredServer.Relation;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Peer;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import dev.sluice.router.topology.TopologyResolver;
import dev.sluice.server.monitor.LoginTrial;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which discovered servers are used, which are not, and which are dropped. */
class DiscoveryTest {
    private static final BackendAddress PRIMARY = new BackendAddress("db0", 3306);

    private static final Duration KEEP = Duration.ofSeconds(30);

    private final Fleet fleet = new Fleet();
    private long now = 1;
    private final Discovery discovery = new Discovery(fleet, KEEP, () -> now);

    /** One primary that names peers, and what the discovery makes of it. Confined to one test. */
    private static final class Fleet implements Discovery.Servers {
        private final Map<BackendAddress, Integer> ordinals = new LinkedHashMap<>(Map.of(PRIMARY, 0));
        private final List<Peer> named = new ArrayList<>();
        private final Set<BackendAddress> removed = new HashSet<>();
        private final List<String> log = new ArrayList<>();
        private boolean primaryAnswers = true;
        private int room = 63;
        private int logins;
        private @Nullable String loginError;
        private @Nullable BackendStatus sameAs;

        private void names(String host, Relation relation) {
            named.add(new Peer(host, 3306, 0, null, relation));
        }

        @Override
        public Topology topology() {
            List<BackendObservation> seen = new ArrayList<>();
            ordinals.forEach((address, ordinal) -> seen.add(observation(address, ordinal)));
            return TopologyResolver.resolve(Topology.EMPTY, seen, TopologyPolicy.DEFAULT);
        }

        private BackendObservation observation(BackendAddress address, int ordinal) {
            boolean primary = ordinal == 0;
            BackendObservation.Surroundings none = BackendObservation.Surroundings.NONE;
            return new BackendObservation(
                    ordinal,
                    address,
                    OperatorState.ACTIVE,
                    1,
                    null,
                    primary && !primaryAnswers ? Health.UNREACHABLE : Health.ONLINE,
                    !primary,
                    List.of(),
                    GtidPosition.UNKNOWN,
                    null,
                    null,
                    primary && primaryAnswers
                            ? new BackendObservation.Surroundings(
                                    none.group(), named, none.measured(), none.admission(), none.read())
                            : none);
        }

        @Override
        public Set<BackendAddress> used() {
            Set<BackendAddress> used = new HashSet<>(ordinals.keySet());
            used.remove(PRIMARY);
            return used;
        }

        @Override
        public boolean isRemoved(BackendAddress address) {
            return removed.contains(address);
        }

        @Override
        public int room() {
            return room;
        }

        @Override
        public LoginTrial login(BackendAddress address) {
            logins++;
            return new LoginTrial(loginError, sameAs);
        }

        @Override
        public void use(DiscoveredServer server) {
            ordinals.put(server.address(), ordinals.size());
            log.add("use " + server.address());
        }

        @Override
        public void drop(BackendAddress address) {
            ordinals.remove(address);
            log.add("drop " + address);
        }
    }

    private void steps(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            discovery.step();
        }
    }

    private @Nullable String whyNot(String host) {
        return discovery.whyNot(new BackendAddress(host, 3306));
    }

    @Test
    void replicasAndMembersAreUsedOneAStep() throws Exception {
        fleet.names("db1", Relation.REPLICA);
        fleet.names("db2", Relation.GROUP_MEMBER);
        steps(1);
        assertThat(fleet.log).containsExactly("use db1:3306");
        steps(3);
        assertThat(fleet.log).containsExactly("use db1:3306", "use db2:3306");
        assertThat(whyNot("db1")).isNull();
    }

    @Test
    void noMoreThanTheBoundAreUsed() throws Exception {
        for (int i = 1; i <= Discovery.USED_MAX + 1; i++) {
            fleet.names("db" + i, Relation.REPLICA);
        }
        steps(Discovery.USED_MAX);
        assertThat(fleet.used()).hasSize(Discovery.USED_MAX);
        steps(3);
        assertThat(fleet.used()).hasSize(Discovery.USED_MAX);
        assertThat(whyNot("db17")).isEqualTo("16 discovered servers are in use already");
    }

    @Test
    void whereTheMonitorCannotLogInTheServerIsShownWithTheReasonAndTriedAgainLater() throws Exception {
        fleet.names("db1", Relation.REPLICA);
        fleet.loginError = "Access denied";
        steps(3);
        assertThat(fleet.logins).isEqualTo(1);
        assertThat(fleet.used()).isEmpty();
        assertThat(whyNot("db1")).isEqualTo("the monitor cannot log in: Access denied");
        fleet.loginError = null;
        now += Discovery.TRY_AGAIN.toNanos() - 1;
        steps(1);
        assertThat(fleet.used()).isEmpty();
        now += 1;
        steps(1);
        assertThat(fleet.log).containsExactly("use db1:3306");
        assertThat(whyNot("db1")).isNull();
    }

    @Test
    void whatAnOperatorRemovedDoesNotComeBack() throws Exception {
        fleet.names("db1", Relation.REPLICA);
        fleet.removed.add(new BackendAddress("db1", 3306));
        steps(2);
        assertThat(fleet.used()).isEmpty();
        assertThat(whyNot("db1")).isEqualTo("an operator removed it");
    }

    @Test
    void theSourceOfThePrimaryIsAnotherSystem() throws Exception {
        fleet.names("upstream", Relation.SOURCE);
        steps(2);
        assertThat(fleet.used()).isEmpty();
        assertThat(whyNot("upstream")).isEqualTo("a source is used only while there is no primary");
    }

    @Test
    void theSameServerByAnotherAddressIsNotUsedTwice() throws Exception {
        fleet.names("alias", Relation.REPLICA);
        fleet.sameAs = fleet.topology().backend(0);
        steps(2);
        assertThat(fleet.used()).isEmpty();
        assertThat(whyNot("alias")).isEqualTo("it is the same server as db0:3306");
    }

    @Test
    void aReportedHostThatIsNoneIsNotConnectedTo() throws Exception {
        fleet.names("db1/?allowLoadLocalInfile=true&x=", Relation.REPLICA);
        steps(2);
        assertThat(fleet.logins).isZero();
        assertThat(fleet.used()).isEmpty();
    }

    @Test
    void withoutRoomNothingIsUsed() throws Exception {
        fleet.names("db1", Relation.REPLICA);
        fleet.room = 0;
        steps(2);
        assertThat(fleet.used()).isEmpty();
        assertThat(whyNot("db1")).isEqualTo("there is no room for another backend");
    }

    @Test
    void whoIsNotNamedForLongEnoughIsDropped() throws Exception {
        fleet.names("db1", Relation.REPLICA);
        steps(1);
        fleet.named.clear();
        steps(1);
        now += KEEP.toNanos() - 1;
        steps(1);
        assertThat(fleet.used()).hasSize(1);
        now += 1;
        steps(1);
        assertThat(fleet.log).containsExactly("use db1:3306", "drop db1:3306");
    }

    @Test
    void whoIsNamedAgainInTimeStays() throws Exception {
        fleet.names("db1", Relation.REPLICA);
        steps(1);
        List<Peer> names = List.copyOf(fleet.named);
        for (int i = 0; i < 3; i++) {
            fleet.named.clear();
            steps(1);
            now += KEEP.toNanos() - 1;
            steps(1);
            fleet.named.addAll(names);
            steps(1);
        }
        assertThat(fleet.used()).hasSize(1);
    }

    @Test
    void whileThereIsNoPrimaryNobodyIsDropped() throws Exception {
        fleet.names("db1", Relation.REPLICA);
        steps(1);
        fleet.primaryAnswers = false;
        steps(1);
        now += Duration.ofDays(1).toNanos();
        steps(1);
        assertThat(fleet.used()).hasSize(1);
    }
}
