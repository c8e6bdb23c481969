package dev.sluice.router.balance;

import static dev.sluice.router.balance.Replicas.choose;
import static dev.sluice.router.balance.Replicas.weights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.router.topology.Topology;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TwoChoicesTest {
    private static final long MS = 1_000_000L;
    private static final long DECAY = LatencyEstimates.DECAY_NANOS;

    private final Balancer balancer = new TwoChoices(new SplittableRandom(3));
    private final LatencyEstimates estimates = new LatencyEstimates();

    /** A statement that is under way. Confined to one test. */
    private record Running(int backend, long startNanos, long endNanos) {}

    private static LoadView view(int[] inFlight, long... latencies) {
        return new LoadView() {
            @Override
            public int inFlight(int ordinal) {
                return inFlight[ordinal];
            }

            @Override
            public long latencyNanos(int ordinal, long nowNanos) {
                return latencies[ordinal];
            }
        };
    }

    @Test
    void ofTwoTheClearlyFasterIsTaken() {
        assertThat(choose(balancer, weights(1, 1), 0b11, view(new int[2], 10 * MS, MS), 100))
                .startsWith(0, 100);
        assertThat(choose(balancer, weights(1, 1), 0b11, view(new int[] {9, 0}, MS, MS), 100))
                .startsWith(0, 100);
    }

    @Test
    void aSlowIdleServerBeatsAFastBusyOne() {
        assertThat(choose(balancer, weights(1, 1), 0b11, view(new int[] {9, 0}, MS, 3 * MS), 100))
                .startsWith(0, 100);
    }

    @Test
    void statementsInFlightCountRelativeToTheWeight() {
        // Nine on a server of weight 9 are no more than one on a server of weight 1.
        int[] chosen = choose(balancer, weights(9, 1), 0b11, view(new int[] {9, 1}, MS, MS), 10_000);
        assertThat(chosen[0]).isCloseTo(9000, within(150));
    }

    @Test
    void theSlowestOfThreeIsNeverTakenAndTheOthersShare() {
        int[] chosen = choose(balancer, weights(1, 1, 1), 0b111, view(new int[3], MS, 50 * MS, MS), 9000);
        assertThat(chosen[1]).isZero();
        assertThat(chosen[0]).isCloseTo(4500, within(200));
    }

    @Test
    void aServerWithoutAMeasurementIsJudgedByItsStatements() {
        int[] chosen = choose(balancer, weights(1, 1), 0b11, view(new int[2], 10 * MS, 0), 1000);
        assertThat(chosen[0]).isCloseTo(500, within(50));
        assertThat(choose(balancer, weights(1, 1), 0b11, view(new int[] {0, 5}, 10 * MS, 0), 100))
                .startsWith(100, 0);
    }

    @Test
    void aServerThatSlowsDownIsLeftAloneAndTriedAgainWhenItHasRecovered() {
        Topology topology = weights(1, 1, 1);
        int[] inFlight = new int[3];
        LoadView load = new LoadView() {
            @Override
            public int inFlight(int ordinal) {
                return inFlight[ordinal];
            }

            @Override
            public long latencyNanos(int ordinal, long nowNanos) {
                return estimates.nanos(ordinal, nowNanos);
            }
        };
        PriorityQueue<Running> running = new PriorityQueue<>((a, b) -> Long.compare(a.endNanos(), b.endNanos()));
        int[][] chosen = new int[3][3];
        BalanceKeys keys = new BalanceKeys();
        for (long now = 0; now < 180_000 * MS; now += MS) {
            while (!running.isEmpty() && running.peek().endNanos() <= now) {
                Running done = running.remove();
                inFlight[done.backend()]--;
                estimates.record(done.backend(), done.endNanos() - done.startNanos(), done.endNanos());
            }
            // One minute each: all well, the last server thirty times slower, all well again.
            int minute = (int) (now / (60_000 * MS));
            int backend = balancer.choose(topology, 0b111, load, keys.set(1, 1, now));
            chosen[minute][backend]++;
            inFlight[backend]++;
            long took = backend == 2 && minute == 1 ? 60 * MS : 2 * MS;
            running.add(new Running(backend, now, now + took));
        }
        assertThat(chosen[0][2]).isCloseTo(20_000, within(2000));
        assertThat(chosen[1][2]).isLessThan(600);
        assertThat(chosen[2][2]).isGreaterThan(8000);
    }

    @Test
    void oneLargeStatementOnlyDoublesTheEstimate() {
        estimates.record(0, MS, 0);
        estimates.record(0, 10_000 * MS, 0);
        assertThat(estimates.nanos(0, 0)).isEqualTo(2 * MS);
        for (int i = 0; i < 6; i++) {
            estimates.record(0, 100 * MS, 0);
        }
        assertThat(estimates.nanos(0, 0)).isEqualTo(100 * MS);
    }

    @Test
    void fasterAnswersLowerTheEstimateWithTimeAndNotWithTheirNumber() {
        estimates.record(0, 100 * MS, 0);
        for (int i = 0; i < 1000; i++) {
            estimates.record(0, MS, 0);
        }
        assertThat(estimates.nanos(0, 0)).isEqualTo(100 * MS);
        estimates.record(0, MS, DECAY);
        assertThat(estimates.nanos(0, DECAY)).isCloseTo((long) (MS + 99 * MS / Math.E), within(1000L));
    }

    @Test
    void anEstimateThatNobodyRenewsFadesAway() {
        assertThat(estimates.nanos(1, 5)).isZero();
        estimates.record(1, 100 * MS, 0);
        assertThat(estimates.nanos(1, DECAY)).isCloseTo((long) (100 * MS / Math.E), within(1000L));
        assertThat(estimates.nanos(1, 100 * DECAY)).isZero();
    }
}
