package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * 200 sessions set state at random and read it back over twelve connections to each server: variables, schema, character
 * sets, user variables, and what ties them for a while (temporary tables, locks, prepared names, roles, values that are not
 * known). None ever sees anything but its own.
 *
 * <p>It ends after 50,000 lends of a connection; {@code -Dsluice.lends=1000000} makes it as many as that.
 * {@code -Dsluice.seed} repeats what the threads choose; how they interleave is up to the machine.
 */
@Timeout(3600)
class LeakFuzzIT {
    private static final int SESSIONS = 200;
    private static final int THREADS = 4;
    private static final int CONNECTIONS = 12;
    /** Sessions that are tied at a time: the others share what is left. */
    private static final int TIES = 5;

    private static final long LENDS = Long.getLong("sluice.lends", 50_000);
    private static final long SEED = Long.getLong("sluice.seed", System.nanoTime());

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        StateSchemas.create();
        Servers.mysql().primary().execute("CREATE ROLE fuzz", "GRANT fuzz TO 'native'@'%'");
        proxy = TestProxy.options().eventLoops(2).connections(CONNECTIONS).start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.awaitQuiet();
        proxy.close();
        Servers.mysql().primary().execute("DROP ROLE fuzz");
        StateSchemas.drop();
    }

    @Test
    void noSessionEverSeesTheStateOfAnother() throws Exception {
        AtomicLong lends = new AtomicLong();
        Semaphore ties = new Semaphore(TIES);
        System.getLogger("LeakFuzzIT").log(System.Logger.Level.INFO, "seed {0}", Long.toString(SEED));
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Long>> running = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                running.add(threads.submit(shareOf(thread, lends, ties)));
            }
            for (Future<Long> each : running) {
                assertThat(each.get()).isPositive();
            }
        } catch (ExecutionException e) {
            throw new AssertionError("seed " + SEED + " after " + lends + " lends: " + e.getCause(), e.getCause());
        } finally {
            threads.shutdownNow();
        }
        assertThat(lends.get()).isGreaterThanOrEqualTo(LENDS);
    }

    /** What one thread does with its share of the sessions, until all together have done enough; how many steps it took. */
    private static Callable<Long> shareOf(int thread, AtomicLong lends, Semaphore ties) {
        SplittableRandom random = new SplittableRandom(SEED + thread);
        return () -> {
            List<FuzzedSession> sessions = new ArrayList<>();
            long steps = 0;
            try {
                for (int i = thread; i < SESSIONS; i += THREADS) {
                    sessions.add(new FuzzedSession(i, proxy.raw(), random.split(), lends, ties));
                }
                while (lends.get() < LENDS && !Thread.interrupted()) {
                    sessions.get(random.nextInt(sessions.size())).step();
                    steps++;
                }
                for (FuzzedSession session : sessions) {
                    session.check();
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
