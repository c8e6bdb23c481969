package dev.sluice.server.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProbePaceTest {
    private static final Duration NORMAL = Duration.ofMillis(500);
    private static final Duration FAST = Duration.ofMillis(100);

    private final ProbePace pace = new ProbePace(NORMAL, FAST);
    private long now = 1_000_000_000_000L;

    private static Topology topology(int primary, Health... healths) {
        List<BackendStatus> backends = new ArrayList<>();
        for (int i = 0; i < healths.length; i++) {
            backends.add(new BackendStatus(
                    i,
                    new BackendAddress("db" + i, 3306),
                    i == primary ? Role.PRIMARY : Role.REPLICA,
                    healths[i],
                    OperatorState.ACTIVE,
                    1,
                    null,
                    null,
                    GtidPosition.UNKNOWN,
                    null,
                    null));
        }
        return Topology.of(1, backends, primary, TopologyPolicy.DEFAULT);
    }

    private boolean observe(int primary, long suspects, Health... healths) {
        return pace.observe(topology(primary, healths), suspects, now);
    }

    private void healthy() {
        assertThat(observe(0, 0, Health.ONLINE, Health.ONLINE, Health.ONLINE)).isFalse();
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private List<Duration> pauses() {
        return List.of(
                Duration.ofNanos(pace.pauseNanos(0, now)),
                Duration.ofNanos(pace.pauseNanos(1, now)),
                Duration.ofNanos(pace.pauseNanos(2, now)));
    }

    @Test
    void beforeThereIsAPrimaryAllAreFast() {
        assertThat(pauses()).containsExactly(FAST, FAST, FAST);
        healthy();
        assertThat(pauses()).containsExactly(NORMAL, NORMAL, NORMAL);
    }

    @Test
    void aReplicaThatIsGoneIsProbedFastAloneForHalfAMinute() {
        healthy();
        assertThat(observe(0, 0b010, Health.ONLINE, Health.UNREACHABLE, Health.ONLINE))
                .isFalse();
        assertThat(pauses()).containsExactly(NORMAL, FAST, NORMAL);
        pass(Duration.ofSeconds(29));
        observe(0, 0b010, Health.ONLINE, Health.UNREACHABLE, Health.ONLINE);
        assertThat(pauses()).containsExactly(NORMAL, FAST, NORMAL);
        pass(Duration.ofSeconds(1));
        assertThat(pauses()).containsExactly(NORMAL, NORMAL, NORMAL);
    }

    @Test
    void aPrimaryThatDoesNotAnswerMakesAllFastAtOnce() {
        healthy();
        assertThat(observe(0, 0b001, Health.ONLINE, Health.ONLINE, Health.ONLINE))
                .isTrue();
        assertThat(pauses()).containsExactly(FAST, FAST, FAST);
        assertThat(observe(-1, 0b001, Health.UNREACHABLE, Health.ONLINE, Health.ONLINE))
                .isFalse();
        pass(Duration.ofHours(1));
        assertThat(pauses()).containsExactly(FAST, FAST, FAST);
    }

    @Test
    void aServerThatRefusesTheMonitorIsNotAskedTenTimesASecondForEver() {
        healthy();
        observe(-1, 0b011, Health.BROKEN, Health.UNREACHABLE, Health.ONLINE);
        assertThat(pauses()).containsExactly(FAST, FAST, FAST);
        pass(Duration.ofSeconds(30));
        assertThat(pauses()).containsExactly(NORMAL, FAST, FAST);
    }

    @Test
    void troubleOfTheDataPathMakesThatBackendFastForSeconds() {
        healthy();
        assertThat(pace.trouble(1, now)).isFalse();
        assertThat(pauses()).containsExactly(NORMAL, FAST, NORMAL);
        pass(Duration.ofSeconds(2));
        assertThat(pace.trouble(1, now)).isFalse();
        pass(Duration.ofSeconds(2));
        assertThat(pauses()).containsExactly(NORMAL, FAST, NORMAL);
        pass(Duration.ofSeconds(1));
        assertThat(pauses()).containsExactly(NORMAL, NORMAL, NORMAL);
    }

    @Test
    void troubleWithThePrimaryConcernsAllAndIsSaidOnce() {
        healthy();
        assertThat(pace.trouble(0, now)).isTrue();
        assertThat(pace.trouble(0, now)).isFalse();
        assertThat(pauses()).containsExactly(FAST, FAST, FAST);
        pass(Duration.ofSeconds(3));
        assertThat(pauses()).containsExactly(NORMAL, NORMAL, NORMAL);
        assertThat(pace.trouble(0, now)).isTrue();
        assertThat(pace.trouble(-1, now)).isFalse();
        assertThat(pace.trouble(64, now)).isFalse();
    }

    @Test
    void aWriteKeepsAllFastForASecond() {
        healthy();
        assertThat(pace.wrote(now)).isTrue();
        assertThat(pace.wrote(now)).isFalse();
        assertThat(pauses()).containsExactly(FAST, FAST, FAST);
        pass(Duration.ofMillis(1_001));
        assertThat(pace.pauseNanos(0, now)).isEqualTo(FAST.toNanos());
        assertThat(pauses()).containsExactly(NORMAL, NORMAL, NORMAL);
        assertThat(pace.wrote(now)).isTrue();
    }

    @Test
    void fastIsNeverSlowerThanNormal() {
        ProbePace quick = new ProbePace(Duration.ofMillis(20), FAST);
        assertThat(quick.fastNanos()).isEqualTo(Duration.ofMillis(20).toNanos());
    }
}
