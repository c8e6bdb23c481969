package dev.sluice.router.balance;

import static dev.sluice.router.balance.Replicas.key;
import static dev.sluice.router.balance.Replicas.load;
import static dev.sluice.router.balance.Replicas.weights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.router.topology.Topology;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The balancers that count statements in flight: lc, wlc, sed, nq. */
class LoadBalancersTest {
    private final int[] inFlight = new int[3];

    private int choose(Balancer balancer, Topology topology, int... counts) {
        return balancer.choose(topology, 0b111, load(counts), key(1));
    }

    /** Chooses for statements that do not end. */
    private String pile(Balancer balancer, Topology topology, int statements) {
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < statements; i++) {
            int chosen = balancer.choose(topology, 0b111, load(inFlight), key(1));
            inFlight[chosen]++;
            order.append((char) ('a' + chosen));
        }
        return order.toString();
    }

    /** The share of each in all statements in flight, while about seventy run at a time. */
    private double[] shares(Balancer balancer, Topology topology) {
        long[] sum = new long[3];
        ArrayDeque<Integer> running = new ArrayDeque<>();
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 100_000; i++) {
            int chosen = balancer.choose(topology, 0b111, load(inFlight), key(1));
            inFlight[chosen]++;
            running.add(chosen);
            while (running.size() > 70 + random.nextInt(5)) {
                inFlight[running.remove()]--;
            }
            for (int b = 0; b < 3; b++) {
                sum[b] += inFlight[b];
            }
        }
        double total = sum[0] + sum[1] + sum[2];
        return new double[] {sum[0] / total, sum[1] / total, sum[2] / total};
    }

    @Test
    void leastConnectionsTakesTheFewestWhateverTheWeight() {
        Balancer balancer = new LeastConnections();
        assertThat(choose(balancer, weights(9, 9, 1), 4, 9, 1)).isEqualTo(2);
        assertThat(choose(balancer, weights(1, 9, 1), 4, 5, 6)).isZero();
        assertThat(balancer.choose(weights(1, 1, 1), 0b011, load(4, 9, 1), key(1)))
                .isZero();
        assertThat(shares(balancer, weights(4, 2, 1)))
                .containsExactly(new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0}, within(0.02));
    }

    @Test
    void leastConnectionsTakesTurnsAmongEquallyBusyOnes() {
        assertThat(Replicas.choose(new LeastConnections(), weights(9, 1, 1), 0b111, load(5, 3, 3), 10))
                .startsWith(0, 5, 5);
    }

    @Test
    void weightedLeastConnectionsFollowsLoadPerWeight() {
        Balancer balancer = new WeightedLeastConnections();
        assertThat(choose(balancer, weights(1, 1, 1), 4, 9, 1)).isEqualTo(2);
        assertThat(choose(balancer, weights(1, 3, 1), 4, 9, 4)).isEqualTo(1);
        assertThat(shares(balancer, weights(4, 2, 1)))
                .containsExactly(new double[] {4 / 7.0, 2 / 7.0, 1 / 7.0}, within(0.02));
    }

    @Test
    void shortestExpectedDelayLetsTheSlowOneBeUntilTheFastOneQueuesLongEnough() {
        // What the next statement would wait: 1/5 and 2/5 against 1/2; then 3/5 loses to 1/2; 3/5 and 4/5 win against
        // 2/2.
        assertThat(pile(new ShortestExpectedDelay(), weights(5, 2, 0), 5)).isEqualTo("aabaa");
    }

    @Test
    void shortestExpectedDelayCountsTheStatementAtHand() {
        // By load alone (1/2 against 0/1) the idle one would be less busy; with this statement it is 2/2 against 1/1.
        assertThat(choose(new ShortestExpectedDelay(), weights(5, 1, 1), 3, 0, 0))
                .isZero();
        assertThat(choose(new WeightedLeastConnections(), weights(5, 1, 1), 3, 0, 0))
                .isPositive();
        assertThat(choose(new ShortestExpectedDelay(), weights(5, 1, 1), 5, 0, 1))
                .isEqualTo(1);
    }

    @Test
    void shortestExpectedDelayKeepsBusyServersInProportionToTheirWeights() {
        assertThat(shares(new ShortestExpectedDelay(), weights(4, 2, 1)))
                .containsExactly(new double[] {4 / 7.0, 2 / 7.0, 1 / 7.0}, within(0.03));
    }

    @Test
    void neverQueueUsesAnIdleServerHoweverSlow() {
        assertThat(choose(new NeverQueue(), weights(100, 1, 1), 1, 0, 1)).isEqualTo(1);
        // Each server gets a first statement before any gets a second; then it is the shortest delay again.
        String order = pile(new NeverQueue(), weights(5, 1, 1), 5);
        assertThat(order.substring(0, 3)).contains("a", "b", "c");
        assertThat(order.substring(3)).isEqualTo("aa");
    }

    @Test
    void neverQueueSharesIdleServersByWeight() {
        assertThat(Replicas.choose(new NeverQueue(), weights(5, 1, 1), 0b111, 70))
                .startsWith(50, 10, 10);
    }
}
