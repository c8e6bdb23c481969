package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * 200 sessions of two users set state at random and read it back over twelve connections to each server: variables, schema,
 * character sets, SQL mode, isolation, user variables, inserted ids, prepared statements, who they are, and what ties them
 * for a while (transactions, temporary tables, locks, cursors, prepared names, roles, values that are not known), and ask what
 * their last statement has left when others have used the connection. None ever sees anything but its own. Twice as many
 * statements run at a time as there are connections, so that they wait for each other.
 *
 * <p>It ends when the pools have lent a connection 50,000 times, as they count it themselves: a transaction, or whatever else
 * keeps a connection, is one lend. {@code -Dsluice.lends=1000000} makes it as many as that.
 * {@code -Dsluice.seed} says what the threads choose; how they interleave is up to the machine.
 */
@Timeout(3600)
class LeakFuzzIT {
    private static final int SESSIONS = 200;
    private static final int THREADS = 24;
    private static final int CONNECTIONS = 12;
    /** Sessions that are tied at a time: the others share what is left. */
    private static final int TIES = 5;

    private static final long LOOK_MILLIS = 100;

    private static final long LENDS = Long.getLong("sluice.lends", 50_000);
    private static final long SEED = Long.getLong("sluice.seed", 20_261_124L);

    private static TestProxy proxy;
    /** Lends before the sessions begin. */
    private static long before;

    @BeforeAll
    static void start() throws Exception {
        StateSchemas.create();
        String second = "'" + FuzzedState.SECOND_USER + "'@'%'";
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE USER " + second + " IDENTIFIED WITH mysql_native_password BY '"
                                + FuzzedState.SECOND_PASSWORD + "'",
                        "GRANT ALL ON app.* TO " + second,
                        "GRANT ALL ON `state%`.* TO " + second,
                        "CREATE ROLE fuzz",
                        "GRANT fuzz TO 'native'@'%', " + second);
        proxy = TestProxy.options().eventLoops(2).connections(CONNECTIONS).start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        Servers.mysql().primary().execute("DROP ROLE fuzz", "DROP USER " + FuzzedState.SECOND_USER);
        StateSchemas.drop();
    }

    @Test
    void noSessionEverSeesTheStateOfAnother() throws Exception {
        before = proxy.server().metrics().lends();
        Semaphore ties = new Semaphore(TIES);
        System.getLogger("LeakFuzzIT").log(System.Logger.Level.INFO, "seed {0}", Long.toString(SEED));
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        ExecutorCompletionService<Long> ended = new ExecutorCompletionService<>(threads);
        boolean waited = false;
        long steps = 0;
        try {
            for (int thread = 0; thread < THREADS; thread++) {
                Future<Long> unused = ended.submit(shareOf(thread, ties));
            }
            int running = THREADS;
            while (running > 0) {
                waited |= proxy.waiting() > 0;
                Future<Long> next = ended.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                if (next != null) {
                    steps += next.get();
                    running--;
                }
            }
        } catch (ExecutionException e) {
            throw new AssertionError("seed " + SEED + " after " + lends() + " lends: " + e.getCause(), e.getCause());
        } finally {
            threads.shutdownNow();
        }
        assertThat(lends()).isGreaterThanOrEqualTo(LENDS);
        System.getLogger("LeakFuzzIT")
                .log(System.Logger.Level.INFO, "{0} lends in {1} steps", Long.toString(lends()), Long.toString(steps));
        assertThat(waited).as("sessions waited for each other's connections").isTrue();
    }

    private static long lends() {
        return proxy.server().metrics().lends() - before;
    }

    /** What one thread does with its share of the sessions, until all together have done enough; how many steps it took. */
    private static Callable<Long> shareOf(int thread, Semaphore ties) {
        SplittableRandom random = new SplittableRandom(SEED + thread);
        return () -> {
            List<FuzzedSession> sessions = new ArrayList<>();
            long steps = 0;
            try {
                for (int i = thread; i < SESSIONS; i += THREADS) {
                    sessions.add(new FuzzedSession(i, proxy.port(), random.split(), ties));
                }
                while (lends() < LENDS && !Thread.interrupted()) {
                    sessions.get(random.nextInt(sessions.size())).step();
                    steps++;
                }
                for (FuzzedSession session : sessions) {
                    session.check(false);
                }
                return steps;
            } finally {
                for (FuzzedSession session : sessions) {
                    session.close();
                }
            }
        };
    }
}
