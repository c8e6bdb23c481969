package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.session.Consistency;
import dev.sluice.server.config.ConsistencyConfig;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What reads on replicas may not miss, with replicas that stop, go on and lag as chance has it.
 * {@code -Dsluice.consistency.reads} makes it longer, {@code -Dsluice.seed} repeats it.
 */
@Timeout(3600)
class ConsistencyIT {
    private static final int CLIENTS = 16;
    private static final long READS = Long.getLong("sluice.consistency.reads", 100_000);
    private static final LocalCluster CLUSTER = Servers.mysql();

    private final long seed = Long.getLong("sluice.seed", 5L);

    @BeforeAll
    static void tables() {
        List<String> setup = new ArrayList<>(List.of(
                "CREATE DATABASE consistency",
                "GRANT ALL ON consistency.* TO 'app'@'%'",
                "GRANT ALL ON consistency.* TO 'native'@'%'",
                "USE consistency"));
        setup.addAll(ConsistencyChecker.tables(CLIENTS));
        CLUSTER.primary().execute(setup.toArray(String[]::new));
    }

    @AfterAll
    static void drop() {
        CLUSTER.primary().execute("DROP DATABASE consistency");
    }

    @AfterEach
    void healthy() {
        for (LocalServer replica : CLUSTER.replicas()) {
            CLUSTER.stopReplication(replica);
            CLUSTER.delayReplica(replica, Duration.ZERO);
            CLUSTER.startReplication(replica);
        }
        CLUSTER.awaitReplicated(Duration.ofSeconds(30));
    }

    private static TestProxy proxy(ConsistencyConfig config) throws Exception {
        return TestProxy.options().consistency(config).start(CLUSTER);
    }

    private static ConsistencyConfig mode(Consistency mode) {
        return ConsistencyConfig.defaults().withMode(mode);
    }

    /** Lets replicas stop, go on and lag while a check runs. Thread-safe: confined to its own thread but for the latch. */
    private final class Trouble {
        private final SplittableRandom random = new SplittableRandom(seed);
        private final CountDownLatch over = new CountDownLatch(1);
        private final Thread thread = new Thread(this::run, "trouble");

        Trouble() {
            thread.start();
        }

        private void run() {
            try {
                do {
                    LocalServer replica = CLUSTER.replicas().get(random.nextInt(2));
                    if (random.nextInt(4) == 0) {
                        CLUSTER.stopReplication(replica);
                        CLUSTER.delayReplica(replica, Duration.ofSeconds(random.nextInt(0, 6)));
                    } else {
                        CLUSTER.stopReplication(replica);
                    }
                    boolean last = over.await(random.nextInt(20, 300), TimeUnit.MILLISECONDS);
                    CLUSTER.startReplication(replica);
                    if (last) {
                        return;
                    }
                } while (!over.await(random.nextInt(100, 1_000), TimeUnit.MILLISECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        void end() throws InterruptedException {
            over.countDown();
            thread.join();
        }
    }

    private static void say(String what, String found) {
        System.getLogger("ConsistencyIT").log(System.Logger.Level.INFO, what + ": " + found);
    }

    private ConsistencyChecker.Result check(Consistency mode, long reads) throws Exception {
        try (TestProxy proxy = proxy(mode(mode))) {
            Trouble trouble = new Trouble();
            try {
                return new ConsistencyChecker(proxy, CLIENTS, reads, 10).run(seed);
            } finally {
                trouble.end();
            }
        }
    }

    @Test
    void noReadOfASessionMissesItsOwnWriteOrGoesBackInTime() throws Exception {
        ConsistencyChecker.Result result = check(Consistency.SESSION, READS / 10 * 6);

        say("session", result + ", " + result.share());
        assertThat(result.violations(Consistency.SESSION)).as("%s", result).isZero();
        assertThat(result.replicaReads()).isPositive();
    }

    @Test
    void noReadMissesAnybodysWriteInGlobalMode() throws Exception {
        ConsistencyChecker.Result result = check(Consistency.GLOBAL, READS / 10 * 4);

        say("global", result + ", " + result.share());
        assertThat(result.violations(Consistency.GLOBAL)).as("%s", result).isZero();
        assertThat(result.replicaReads()).isPositive();
    }

    @Test
    void theCheckerFindsViolationsWhereNothingPreventsThem() throws Exception {
        ConsistencyChecker.Result result = check(Consistency.NONE, 10_000);

        say("none", result + ", " + result.share());
        assertThat(result.ownWriteMissed()).isPositive();
        assertThat(result.wentBack()).isPositive();
        assertThat(result.otherMissed()).isPositive();
    }

    @Test
    void waitingKeepsReadsRightAfterWritesOnReplicas() throws Exception {
        ConsistencyChecker.Result without;
        ConsistencyChecker.Result with;
        try (TestProxy proxy = proxy(ConsistencyConfig.defaults().withCausalWait(Duration.ZERO))) {
            without = new ConsistencyChecker(proxy, 8, 4_000, 100).run(seed);
        }
        try (TestProxy proxy = proxy(ConsistencyConfig.defaults())) {
            with = new ConsistencyChecker(proxy, 8, 4_000, 100).run(seed);
        }

        say("each read right after a write, without waiting", without.share());
        say("each read right after a write, with 10 ms", with.share());
        assertThat(without.violations(Consistency.GLOBAL)).isZero();
        assertThat(with.violations(Consistency.GLOBAL)).isZero();
        assertThat(with.replicaReads()).isGreaterThan(without.replicaReads());
    }
}
