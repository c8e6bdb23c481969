package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.router.Target;
import dev.sluice.server.admin.Administration;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.it.DifferentialRun.Mismatch;
import dev.sluice.server.it.DifferentialRun.Script;
import dev.sluice.server.it.KnownDifferences.Rule;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A cluster for Sluice, a server of the same kind for direct sessions, and the same schemas on both, two for each of the
 * sessions that run side by side. Confined to the test's thread.
 */
final class DifferentialServers implements AutoCloseable {
    /** Sessions side by side: while one waits for a replica, another runs. */
    static final int SESSIONS = Integer.getInteger("sluice.differential.sessions", 16);

    /** Among so many statements each of the known differences is found at least once. */
    private static final long STATEMENTS_OF_ALL_DIFFERENCES = 500_000;
    /** So many differences end a run. */
    private static final int MISMATCHES_MAX = 3;
    /** Of so many scripts one may end because its session could not leave a replica. */
    private static final int ENDED_ON_REPLICA = 10;

    /** Of so many scripts one may end because both servers wait for a lock: a session that ends takes its time. */
    private static final int TIMED_OUT = 100;
    /** In one comparison and one schema. */
    private static final int SCRIPTS_MAX = 100_000;

    /** utf8mb4_0900_ai_ci more often than utf8mb4_general_ci, utf8mb3_general_ci, latin1_swedish_ci and utf8mb4_bin. */
    private static final int[] COLLATIONS = {255, 255, 255, 255, 45, 33, 8, 46};

    private static final Path MEMORY = Path.of("/dev/shm");

    /** Seen less than ten times in a million. */
    private static final Set<Rule> RARE = Set.of(
            Rule.UNSET_VARIABLE,
            Rule.CLIENT_COLLATION,
            Rule.OF_PARAMETERS,
            Rule.PREPARED_AGAIN,
            Rule.CURSOR_NOT_OPENED,
            Rule.REFUSED_FOR_ANOTHER_REASON,
            Rule.BEHIND_WRONG_ARGUMENTS,
            Rule.BEHIND_CALL,
            Rule.BEHIND_SNAPSHOT,
            Rule.INSERT_ID_IN_READ_ONLY_TRANSACTION,
            Rule.LOCK_IN_READ_ONLY_TRANSACTION);

    /** In as many, each session may find its connection lent twice. */
    private static final long STATEMENTS_OF_LENT = 120_000;

    private final LocalCluster cluster;
    private final LocalCluster alone;
    private final KnownDifferences known = new KnownDifferences();
    private final AtomicLong statements = new AtomicLong();
    private final AtomicInteger found = new AtomicInteger();
    private int comparisons;

    private DifferentialServers(LocalCluster cluster, LocalCluster alone) {
        this.cluster = cluster;
        this.alone = alone;
    }

    /** Starts the servers, in memory if there is a file system for that: definitions take most of their time on a disk. */
    static DifferentialServers start() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<LocalCluster> cluster =
                    threads.submit(() -> prepared(server().replicas(2).start()));
            Future<LocalCluster> alone =
                    threads.submit(() -> prepared(server().replicas(0).start()));
            return new DifferentialServers(cluster.get(), alone.get());
        } finally {
            threads.shutdown();
        }
    }

    private static LocalCluster prepared(LocalCluster cluster) {
        LocalServer primary = cluster.primary();
        primary.execute("GRANT ALL ON `diff%`.* TO 'native'@'%'", "SET GLOBAL log_bin_trust_function_creators = ON");
        primary.execute(DifferentialData.definitions(SESSIONS).toArray(String[]::new));
        // What costs less in memory is not the same on all servers.
        primary.execute("UPDATE mysql.engine_cost SET cost_value = 0.25 WHERE cost_name = 'io_block_read_cost'");
        cluster.awaitReplicated(TestProxy.SOON);
        cluster.servers().forEach(server -> server.execute("FLUSH OPTIMIZER_COSTS"));
        return cluster;
    }

    /** Nothing has to survive the servers. */
    private static LocalCluster.Builder server() {
        LocalCluster.Builder builder = LocalCluster.builder()
                .flavor(ServerFlavor.mysql())
                .serverArgument("--loose-innodb_doublewrite=OFF")
                .serverArgument("--loose-innodb_flush_method=nosync")
                .serverArgument("--innodb_flush_log_at_trx_commit=0")
                .serverArgument("--sync_binlog=0")
                // Statistics change in the background, and plans with them.
                .serverArgument("--innodb_stats_auto_recalc=OFF")
                .serverArgument("--innodb_buffer_pool_size=96M")
                .serverArgument("--table_open_cache=2000")
                .serverArgument("--table_definition_cache=2000");
        return Files.isWritable(MEMORY) ? builder.baseDirectory(MEMORY) : builder;
    }

    /** A proxy that gives clients time on a machine with much to do. */
    static TestProxy.Options proxy() {
        return TestProxy.options().connectPhaseTimeout(Duration.ofMinutes(1)).acquireTimeout(Duration.ofSeconds(15));
    }

    /** The cluster for Sluice. */
    LocalCluster cluster() {
        return cluster;
    }

    /** Says what was seen of the known differences, and fails if one of them is no difference any more, or too frequent. */
    void assertKnown() {
        say("%d statements; differences seen: %s".formatted(statements.get(), known));
        // Whoever waits for 250 ms ends what the first of them began.
        long lent = 2L * SESSIONS * Math.max(1, statements.get() / STATEMENTS_OF_LENT);
        assertThat(known.seen(Rule.CONNECTION_LENT)).as("lent connections").isLessThanOrEqualTo(lent);
        if (statements.get() >= STATEMENTS_OF_ALL_DIFFERENCES) {
            for (Rule rule : EnumSet.complementOf(EnumSet.copyOf(RARE))) {
                assertThat(known.seen(rule)).as("seen of %s", rule).isPositive();
            }
        }
    }

    /**
     * Runs random scripts of a rule in sessions side by side, and fails with the shortest script that was found to differ.
     *
     * @param count the statements of all sessions
     * @param onReplicasMin the share of all statements that must have run on replicas
     */
    void compare(TestProxy proxy, String rule, long seed, int count, double onReplicasMin) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(SESSIONS);
        List<String> mismatches = new ArrayList<>();
        long start = System.nanoTime();
        long before = statements.get();
        found.set(0);
        comparisons++;
        try {
            List<Future<List<String>>> sessions = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                int session = i;
                Callable<List<String>> task = () -> {
                    try {
                        return run(session, proxy, rule, seed, count / SESSIONS);
                    } catch (IOException | RuntimeException e) {
                        found.set(MISMATCHES_MAX);
                        throw e;
                    }
                };
                sessions.add(threads.submit(task));
            }
            for (Future<List<String>> session : sessions) {
                mismatches.addAll(session.get());
            }
        } finally {
            // What runs on would be in the way of whoever uses the schemas next.
            found.set(MISMATCHES_MAX);
            threads.shutdown();
            assertThat(threads.awaitTermination(2, TimeUnit.MINUTES)).isTrue();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        double share = replicaShare(proxy);
        say("%s, seed %d: %d statements in %.0f s, %.0f %% of them on replicas"
                .formatted(rule, seed, statements.get() - before, seconds, 100 * share));
        assertThat(mismatches).as("-Dsluice.seed=%d, %s", seed, rule).isEmpty();
        assertThat(share).as("on replicas, of what Sluice has sent to servers").isGreaterThan(onReplicasMin);
    }

    private static double replicaShare(TestProxy proxy) throws OperationException, InterruptedException {
        ResultTable routes = proxy.server()
                .administration()
                .run(new Operation.Show(Operation.View.ROUTES), new Administration.Caller("test", null), step -> {});
        long all = 0;
        long onReplicas = 0;
        for (List<@Nullable String> row : routes.rows()) {
            long count = Long.parseLong(Objects.requireNonNull(row.get(2)));
            all += count;
            onReplicas += Target.REPLICA.name().equalsIgnoreCase(row.get(1)) ? count : 0;
        }
        return (double) onReplicas / Math.max(1, all);
    }

    static void say(String what) {
        System.getLogger("DifferentialIT").log(System.Logger.Level.INFO, what);
    }

    private List<String> run(int session, TestProxy proxy, String rule, long seed, int count) throws IOException {
        String schema = DifferentialData.schema(session);
        DifferentialRun run =
                new DifferentialRun(alone.primary().port(), proxy.port(), schema, known, comparisons * SCRIPTS_MAX);
        StatementGenerator generator = new StatementGenerator(rule, schema, DifferentialData.other(session));
        SplittableRandom seeds = new SplittableRandom(seed * SESSIONS + session);
        List<String> mismatches = new ArrayList<>();
        while (run.statements() < count && found.get() < MISMATCHES_MAX) {
            long scriptSeed = seeds.nextLong();
            Script script = new Script(
                    scriptSeed,
                    capabilities(seeds.nextInt(4)),
                    COLLATIONS[seeds.nextInt(COLLATIONS.length)],
                    generator.script(scriptSeed));
            Mismatch mismatch = run.run(script);
            if (mismatch != null) {
                found.incrementAndGet();
                mismatches.add("\n" + run.shrink(script, mismatch).describe());
            }
        }
        statements.addAndGet(run.statements());
        int limit = run.scripts() / ENDED_ON_REPLICA;
        if (run.endedOnReplica() > limit + 1) {
            mismatches.add("%d of %d scripts ended on a replica".formatted(run.endedOnReplica(), run.scripts()));
        }
        if (run.timedOut() > 1 + run.scripts() / TIMED_OUT) {
            mismatches.add("%d of %d scripts waited for a lock".formatted(run.timedOut(), run.scripts()));
        }
        return mismatches;
    }

    private static int capabilities(int kind) {
        return switch (kind) {
            case 0 -> RawClient.CAPABILITIES & ~Capabilities.CLIENT_DEPRECATE_EOF;
            case 1 -> RawClient.CAPABILITIES | Capabilities.CLIENT_FOUND_ROWS;
            default -> RawClient.CAPABILITIES;
        };
    }

    @Override
    public void close() {
        cluster.close();
        alone.close();
    }
}
