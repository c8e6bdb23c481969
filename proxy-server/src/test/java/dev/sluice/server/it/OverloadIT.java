package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.it.ClosedLoop.Round;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * More clients than the servers have connections for. What the connections can do is known, because the statements sleep, so
 * that the speed of the machine matters little; and rounds of different kinds alternate.
 */
@Timeout(120)
class OverloadIT {
    private static final int ROUNDS = 4;
    private static final Duration ROUND = Duration.ofMillis(1_200);
    private static final long SERVICE_MILLIS = 100;
    /** Those who are refused come back later. */
    private static final long PAUSE_MILLIS = 300;

    /** Runs on the primary and nowhere else, so that the cap of one server is all there is. */
    private static final String STATEMENT = "SELECT SLEEP(0.1) FOR UPDATE";

    private static final Duration ACQUIRE_TIMEOUT = Duration.ofSeconds(1);

    @BeforeAll
    static void start() {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE USER 'flood'@'%' IDENTIFIED WITH mysql_native_password BY 'f'",
                        "CREATE USER 'calm'@'%' IDENTIFIED WITH mysql_native_password BY 'c'",
                        "GRANT SELECT ON app.* TO 'flood'@'%', 'calm'@'%'");
        Servers.mysql().awaitReplicated(TestProxy.SOON);
    }

    @AfterAll
    static void stop() {
        Servers.mysql().primary().execute("DROP USER 'flood'@'%', 'calm'@'%'");
    }

    /** One round of so many clients of each. */
    private static List<Round> round(ClosedLoop one, int ones, ClosedLoop other, int others) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        List<Future<Round>> first = one.begin(ones, over);
        List<Future<Round>> second = other.begin(others, over);
        try {
            boolean unused = over.await(ROUND.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            over.countDown();
        }
        return List.of(ClosedLoop.end(first), ClosedLoop.end(second));
    }

    @Test
    void atThreeTimesTheCapacityAsMuchIsDoneAndTheRestIsToldWhy() throws Exception {
        int capacity = 12;
        try (TestProxy proxy = TestProxy.options()
                .connections(capacity)
                .waiting(capacity, 1 << 20)
                .acquireTimeout(ACQUIRE_TIMEOUT)
                .start(Servers.mysql())) {
            atThreeTimes(capacity, proxy);
            proxy.awaitQuiet();
        }
    }

    private static void atThreeTimes(int capacity, TestProxy proxy) throws Exception {
        try (ClosedLoop clients = new ClosedLoop(proxy.port(), "flood", "f", 3 * capacity, STATEMENT, PAUSE_MILLIS)) {
            Round atPeak = Round.NOTHING;
            Round overloaded = atPeak;
            for (int i = 0; i < ROUNDS; i++) {
                atPeak = atPeak.with(round(clients, capacity, clients, 0).get(0));
                overloaded =
                        overloaded.with(round(clients, 3 * capacity, clients, 0).get(0));
            }
            assertThat(atPeak.errors()).isEmpty();
            assertThat((double) overloaded.done()).isGreaterThanOrEqualTo(0.8 * atPeak.done());
            assertThat(overloaded.p99Millis())
                    .as("of those that were admitted")
                    .isLessThan(ACQUIRE_TIMEOUT.toMillis() + SERVICE_MILLIS);
            assertThat(overloaded.errors())
                    .isNotEmpty()
                    .allMatch(error -> error.startsWith("1105 No backend connection for this statement: "))
                    .allMatch(error -> error.contains("12 statements (pool.waiting-max)")
                            || error.contains("(pool.acquire-timeout)"));
        }
    }

    @Test
    void theFloodOfOneUserDoesNotSlowAnotherDown() throws Exception {
        int capacity = 16;
        int few = 6;
        try (TestProxy proxy = TestProxy.options()
                .connections(capacity)
                .waiting(2 * capacity, 1 << 20)
                .acquireTimeout(ACQUIRE_TIMEOUT)
                .start(Servers.mysql())) {
            besideAFlood(capacity, few, proxy);
            proxy.awaitQuiet();
        }
    }

    private static void besideAFlood(int capacity, int few, TestProxy proxy) throws Exception {
        try (ClosedLoop flood = new ClosedLoop(proxy.port(), "flood", "f", 10 * few, STATEMENT, PAUSE_MILLIS);
                ClosedLoop calm = new ClosedLoop(proxy.port(), "calm", "c", few, STATEMENT, PAUSE_MILLIS)) {
            Round alone = Round.NOTHING;
            Round beside = alone;
            Round peak = alone;
            Round flooding = alone;
            // Whose connections were opened at the logins is not what is asked.
            List<Round> unused = round(flood, capacity - few, calm, few);
            for (int i = 0; i < ROUNDS; i++) {
                List<Round> fitting = round(flood, capacity - few, calm, few);
                peak = peak.with(fitting.get(0)).with(fitting.get(1));
                alone = alone.with(round(flood, 0, calm, few).get(1));
                List<Round> both = round(flood, 10 * few, calm, few);
                flooding = flooding.with(both.get(0));
                beside = beside.with(both.get(1));
            }
            assertThat(beside.errors()).isEmpty();
            assertThat(beside.p99Millis()).isLessThanOrEqualTo(3 * alone.p99Millis());
            assertThat((double) flooding.done() + beside.done()).isGreaterThanOrEqualTo(0.8 * peak.done());
            assertThat(flooding.errors()).isNotEmpty().allMatch(error -> error.contains("(pool.waiting-max)"));
        }
    }
}
