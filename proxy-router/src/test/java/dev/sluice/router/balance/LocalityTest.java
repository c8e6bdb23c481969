package dev.sluice.router.balance;

import static dev.sluice.router.balance.Replicas.IDLE;
import static dev.sluice.router.balance.Replicas.key;
import static dev.sluice.router.balance.Replicas.load;
import static dev.sluice.router.balance.Replicas.weights;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.Topology;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The balancers with locality: lblc and lblcr. */
class LocalityTest {
    private static final long STATEMENT = 4711;
    private static final long STAY = Locality.STAY_NANOS;

    private final Topology topology = weights(1, 1, 1);
    private final int home = new StatementHash().choose(topology, 0b111, IDLE, key(STATEMENT));

    private int choose(Balancer balancer, LoadView load, long nowNanos) {
        return balancer.choose(topology, 0b111, load, key(STATEMENT, nowNanos));
    }

    private LoadView busyAt(long backends, int inFlight) {
        return ordinal -> (backends & 1L << ordinal) != 0 ? inFlight : 0;
    }

    @ParameterizedTest
    @EnumSource(names = {"LBLC", "LBLCR"})
    void aStatementStaysAtHomeWhileTheHomeKeepsUp(BalancerKind kind) {
        Balancer balancer = kind.create();
        assertThat(choose(balancer, IDLE, 0)).isEqualTo(home);
        assertThat(choose(balancer, busyAt(1L << home, Locality.BUSY_MIN - 1), 0))
                .isEqualTo(home);
        assertThat(choose(balancer, load(40, 40, 40), 0)).isEqualTo(home);
        assertThat(choose(balancer, ordinal -> ordinal == home ? 40 : 20, 0)).isEqualTo(home);
    }

    @ParameterizedTest
    @EnumSource(names = {"LBLC", "LBLCR"})
    void aStatementLeavesAHomeThatHasTwiceTheLoadOfAnother(BalancerKind kind) {
        int next = (home + 1) % 3;
        int[] counts = new int[3];
        counts[home] = 40;
        counts[next] = 19;
        counts[(home + 2) % 3] = 30;
        assertThat(choose(kind.create(), load(counts), 0)).isEqualTo(next);
        // With weights it is load per weight: the home is three times as fast here.
        int[] weights = {1, 1, 1};
        weights[home] = 3;
        Topology fastHome = weights(weights);
        int owner = new StatementHash().choose(fastHome, 0b111, IDLE, key(STATEMENT));
        assertThat(owner).isEqualTo(home);
        assertThat(kind.create().choose(fastHome, 0b111, load(counts), key(STATEMENT)))
                .isEqualTo(home);
    }

    @Test
    void localityMovesTheWholeStatementForAMinuteAndThenGoesHome() {
        Balancer balancer = new Locality();
        int refuge = choose(balancer, busyAt(1L << home, 8), 0);
        assertThat(refuge).isNotEqualTo(home);
        assertThat(choose(balancer, IDLE, STAY - 1)).isEqualTo(refuge);
        assertThat(choose(balancer, IDLE, STAY)).isEqualTo(home);
    }

    @Test
    void localityMovesOnWhenTheRefugeIsBusyToo() {
        Balancer balancer = new Locality();
        int refuge = choose(balancer, busyAt(1L << home, 8), 0);
        int third = choose(balancer, busyAt(1L << home | 1L << refuge, 8), 1);
        assertThat(third).isEqualTo(3 - home - refuge);
        assertThat(choose(balancer, IDLE, 2)).isEqualTo(third);
    }

    @Test
    void localityGoesHomeWhileTheRefugeIsGone() {
        Balancer balancer = new Locality();
        int refuge = choose(balancer, busyAt(1L << home, 8), 0);
        assertThat(balancer.choose(topology, 0b111 & ~(1L << refuge), IDLE, key(STATEMENT, 1)))
                .isEqualTo(home);
        assertThat(choose(balancer, IDLE, 2)).isEqualTo(refuge);
    }

    @Test
    void replicatedLocalityAddsAMemberAndUsesAll() {
        Balancer balancer = new ReplicatedLocality();
        int second = choose(balancer, busyAt(1L << home, 8), 0);
        assertThat(second).isNotEqualTo(home);
        BitSet used = new BitSet();
        for (int i = 0; i < 10; i++) {
            used.set(choose(balancer, IDLE, i));
        }
        assertThat(used.cardinality()).isEqualTo(2);
        assertThat(used.get(home) && used.get(second)).isTrue();
        assertThat(choose(balancer, busyAt(1L << second, 1), 1)).isEqualTo(home);
    }

    @Test
    void replicatedLocalityShrinksByItsBusiestMemberEachMinuteAndKeepsItsHome() {
        Balancer balancer = new ReplicatedLocality();
        int second = choose(balancer, busyAt(1L << home, 8), 0);
        int third = choose(balancer, busyAt(1L << home | 1L << second, 8), 1);
        assertThat(third).isEqualTo(3 - home - second);
        int[] counts = new int[3];
        counts[home] = 3;
        counts[second] = 1;
        counts[third] = 2;
        assertThat(choose(balancer, load(counts), STAY)).isEqualTo(second);
        // A minute without growth: the third is the busiest of those that joined.
        assertThat(choose(balancer, load(counts), STAY + 1)).isEqualTo(second);
        counts[third] = 0;
        assertThat(choose(balancer, load(counts), STAY + 2)).isEqualTo(second);
        counts[second] = 0;
        assertThat(choose(balancer, load(counts), 2 * STAY + 1)).isEqualTo(home);
        assertThat(choose(balancer, load(counts), 2 * STAY + 2)).isEqualTo(home);
    }

    @ParameterizedTest
    @EnumSource(names = {"LBLC", "LBLCR"})
    void aStatementWithoutAKeyGoesToTheLeastBusy(BalancerKind kind) {
        assertThat(kind.create().choose(topology, 0b111, load(3, 2, 1), new BalanceKeys()))
                .isEqualTo(2);
    }

    @Test
    void oneHotStatementUsesAllServersOnlyIfReplicated() {
        int[] inFlight = new int[3];
        Balancer balancer = new ReplicatedLocality();
        for (int i = 0; i < 60; i++) {
            inFlight[choose(balancer, load(inFlight), i)]++;
        }
        for (int count : inFlight) {
            assertThat(count).isBetween(15, 30);
        }
    }

    @Test
    void theTableForgetsWhatIsOldestAndNeverGrows() {
        LocalityTable table = new LocalityTable();
        for (int key = 1; key <= 100_000; key++) {
            table.put(key, 1L << (key % 3), key);
            assertThat(table.backends(table.find(key))).isEqualTo(1L << (key % 3));
        }
        assertThat(table.size()).isEqualTo(LocalityTable.ENTRIES_MAX);
        int remembered = 0;
        for (int key = 1; key <= 50_000; key++) {
            remembered += table.find(key) >= 0 ? 1 : 0;
        }
        assertThat(remembered).isZero();
        int place = table.find(100_000);
        assertThat(table.ageNanos(place, 100_007)).isEqualTo(7);
        table.put(100_000, 0, 100_008);
        assertThat(table.find(100_000)).isEqualTo(-1);
        assertThat(table.size()).isEqualTo(LocalityTable.ENTRIES_MAX - 1);
    }
}
