package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.admin.Operation.View;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.OperationException.Kind;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The operations on a running proxy, before four servers of which it knows three at first. */
@Timeout(120)
class AdminIT {
    private static final Caller DBA = new Caller("dba", null);
    private static LocalCluster cluster;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> progress = new ArrayList<>();
    private TestProxy proxy;

    @BeforeAll
    static void startServers() {
        cluster =
                LocalCluster.builder().flavor(ServerFlavor.mysql()).replicas(3).start();
    }

    @AfterAll
    static void stopServers() {
        cluster.close();
    }

    @BeforeEach
    void start() throws Exception {
        proxy = TestProxy.options().servers(3).start(cluster);
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        proxy.close();
    }

    private ResultTable run(Operation operation) throws OperationException, InterruptedException {
        return proxy.server().administration().run(operation, DBA, progress::add);
    }

    private ResultTable show(View view) throws OperationException, InterruptedException {
        return run(new Operation.Show(view));
    }

    private static @Nullable String cell(ResultTable table, String key, String column) {
        for (List<@Nullable String> row : table.rows()) {
            if (key.equals(row.get(0))) {
                return row.get(table.columns().indexOf(column));
            }
        }
        return null;
    }

    private static String address(int server) {
        return cluster.servers().get(server).address();
    }

    private void refused(Kind kind, Operation operation) {
        refused(kind, operation, DBA);
    }

    private void refused(Kind kind, Operation operation, Caller caller) {
        assertThatExceptionOfType(OperationException.class)
                .isThrownBy(() -> proxy.server().administration().run(operation, caller, step -> {}))
                .satisfies(refusal -> assertThat(refusal.kind()).isEqualTo(kind));
    }

    /** The message of the refusal. */
    static String refusal(TestProxy proxy, Operation operation) {
        try {
            return "not refused: " + proxy.server().administration().run(operation, DBA, step -> {});
        } catch (OperationException | InterruptedException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static String server(Connection connection) throws SQLException {
        return String.valueOf(Sql.value(connection, "SELECT @@server_id"));
    }

    /** The servers that answer plain reads. */
    private List<String> readers(int reads) throws SQLException {
        List<String> seen = new ArrayList<>();
        try (Connection connection = proxy.connect()) {
            for (int i = 0; i < reads; i++) {
                String id = server(connection);
                if (!seen.contains(id)) {
                    seen.add(id);
                }
            }
        }
        return seen;
    }

    @Test
    void aFourthServerTakesReadsAndIsDrainedAndRemovedWhileTrafficRuns() throws Exception {
        try (Traffic traffic = new Traffic(proxy, 4, threads)) {
            run(new Operation.AddBackend(address(3), 1, "z", 20));
            proxy.awaitReplicas(3);
            await().atMost(TestProxy.SOON).until(() -> readers(30).contains("4"));
            assertThat(cell(show(View.BACKENDS), address(3), "zone")).isEqualTo("z");
            assertThat(cell(show(View.BACKENDS), address(3), "connections_max")).isEqualTo("20");

            ResultTable drained = run(new Operation.DrainBackend(address(3), Duration.ofSeconds(20)));

            assertThat(cell(drained, address(3), "state")).isEqualTo("drained");
            assertThat(progress).isNotEmpty();
            assertThat(readers(30)).doesNotContain("4");
            run(new Operation.RemoveBackend(address(3), false));
            assertThat(cell(show(View.BACKENDS), address(3), "role")).isNull();
            assertThat(proxy.server().topology().backends()).hasSize(3);
            traffic.assertNoErrors();
        }
        assertThat(show(View.EVENTS).rows())
                .anySatisfy(row -> assertThat(row).contains("dba", "backend " + address(3) + " added"))
                .anySatisfy(row -> assertThat(row).contains("dba", "backend " + address(3) + " removed"));
        assertThat(show(View.CONFIG_HISTORY).rows()).hasSize(4);
    }

    @Test
    void aDrainWaitsForATransactionAndNamesIt() throws Exception {
        try (Connection connection = proxy.connect()) {
            Sql.run(connection, "START TRANSACTION READ ONLY");
            int held = Integer.parseInt(server(connection)) - 1;

            ResultTable waiting = run(new Operation.DrainBackend(address(held), Duration.ofMillis(300)));

            assertThat(cell(waiting, address(held), "state")).isEqualTo("draining");
            assertThat(cell(waiting, address(held), "held_by")).isEqualTo("transaction");
            assertThat(server(connection)).isEqualTo("" + (held + 1));
            Sql.run(connection, "COMMIT");
            ResultTable done = run(new Operation.DrainBackend(address(held), Duration.ofSeconds(20)));
            assertThat(cell(done, address(held), "state")).isEqualTo("drained");
            run(new Operation.ResumeBackend(address(held)));
            proxy.awaitReplicas(2);
            await().atMost(TestProxy.SOON).until(() -> readers(30).contains("" + (held + 1)));
        }
    }

    @Test
    void aWeightActsOnTheNextStatement() throws Exception {
        assertThat(readers(20)).containsExactlyInAnyOrder("2", "3");
        run(new Operation.SetWeight(address(1), 0));
        assertThat(readers(20)).containsExactly("3");
        run(new Operation.SetWeight(address(1), 5));
        assertThat(readers(20)).containsExactlyInAnyOrder("2", "3");
        refused(Kind.INVALID, new Operation.SetWeight(address(1), 1001));
        refused(Kind.NOT_FOUND, new Operation.SetWeight(address(3), 1));
    }

    @Test
    void whatWouldLeaveTooLittleNeedsForce() throws Exception {
        refused(Kind.CONFLICT, new Operation.RemoveBackend(address(0), false));
        refused(Kind.CONFLICT, new Operation.DrainBackend(address(0), Duration.ZERO));
        run(new Operation.RemoveBackend(address(1), false));
        refused(Kind.CONFLICT, new Operation.RemoveBackend(address(2), false));
        run(new Operation.RemoveBackend(address(2), true));
        assertThat(readers(3)).containsExactly("1");
        refused(Kind.CONFLICT, new Operation.RemoveBackend(address(0), true));
        refused(Kind.CONFLICT, new Operation.AddBackend(address(0), null, null, null));
        refused(Kind.INVALID, new Operation.AddBackend("nonsense", null, null, null));
    }

    @Test
    void aChangeForAnotherVersionIsStale() throws Exception {
        long version = proxy.server().administration().configVersion();
        run(new Operation.SetWeight(address(1), 3));
        refused(Kind.STALE, new Operation.SetWeight(address(1), 4), new Caller("dba", version));
        assertThat(cell(show(View.BACKENDS), address(1), "weight")).isEqualTo("3");
    }

    @Test
    void aRollbackMakesANewVersionOfAnOldOne() throws Exception {
        long first = proxy.server().administration().configVersion();
        run(new Operation.AddBackend(address(3), null, null, null));
        run(new Operation.SetWeight(address(1), 7));
        run(new Operation.SetFeature(Feature.RETRY, false));

        run(new Operation.RollbackConfig(first, false));

        assertThat(proxy.server().administration().configVersion()).isEqualTo(first + 4);
        assertThat(proxy.server().topology().backends()).hasSize(3);
        assertThat(cell(show(View.BACKENDS), address(1), "weight")).isEqualTo("1");
        assertThat(show(View.CONFIG_DIFF).rows()).isEmpty();
        refused(Kind.NOT_FOUND, new Operation.RollbackConfig(99, false));
    }

    @Test
    void intentSurvivesARestart() throws Exception {
        run(new Operation.DrainBackend(address(1), Duration.ofSeconds(20)));
        run(new Operation.SetWeight(address(2), 9));
        run(new Operation.AddBackend(address(3), null, null, null));
        run(new Operation.SetFeature(Feature.READ_SPLITTING, false));
        Path state = stateDir();
        proxy.close();

        proxy = TestProxy.options().servers(3).stateDir(state).start(cluster);

        await().atMost(TestProxy.SOON)
                .until(() -> Long.bitCount(proxy.server().topology().readableReplicas()) == 2);
        ResultTable backends = show(View.BACKENDS);
        assertThat(cell(backends, address(1), "operator_state")).isEqualTo("drained");
        assertThat(cell(backends, address(1), "reads")).isEqualTo("no");
        assertThat(cell(backends, address(2), "weight")).isEqualTo("9");
        assertThat(cell(backends, address(3), "reads")).isEqualTo("yes");
        assertThat(readers(5)).containsExactly("1");
        run(new Operation.SetFeature(Feature.READ_SPLITTING, true));
        assertThat(readers(60)).containsExactlyInAnyOrder("3", "4");
        assertThat(show(View.CONFIG_DIFF).rows()).hasSize(4);
    }

    private Path stateDir() throws Exception {
        try (var files = Files.list(cluster.directory())) {
            return files.filter(file -> file.getFileName().toString().startsWith("state-"))
                    .filter(file -> Files.exists(file.resolve("runtime-config.yaml")))
                    .max((one, other) -> modified(one).compareTo(modified(other)))
                    .orElseThrow();
        }
    }

    private static FileTime modified(Path directory) {
        try {
            return Files.getLastModifiedTime(directory.resolve("runtime-config.yaml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aReloadFollowsTheFileAndABadFileChangesNothing() throws Exception {
        Path file = cluster.directory().resolve("sluice.yaml");
        write(file, 3, "");
        proxy.close();
        proxy = TestProxy.options().servers(3).file(file).start(cluster);
        run(new Operation.SetWeight(address(1), 4));

        write(file, 4, "limits: {prepared-statements-max: 5}\nevent-loops: 3\n");
        Path valid = Files.copy(file, file.resolveSibling("valid.yaml"));
        ResultTable answer = run(new Operation.Reload(false));

        assertThat(cell(answer, "limits.prepared-statements-max", "effect")).isEqualTo("applied");
        assertThat(cell(answer, "event-loops", "effect")).isEqualTo("needs a restart");
        proxy.awaitReplicas(3);
        assertThat(cell(show(View.BACKENDS), address(1), "weight")).isEqualTo("4");
        long version = proxy.server().administration().configVersion();

        Files.writeString(file, "listen: 127.0.0.1:0\nbakends: []\n");
        assertThatExceptionOfType(OperationException.class)
                .isThrownBy(() -> run(new Operation.Reload(false)))
                .satisfies(refusal -> assertThat(refusal.kind()).isEqualTo(Kind.INVALID))
                .withMessageContaining(file + ":2:1: bakends");
        assertThat(proxy.server().administration().configVersion()).isEqualTo(version);
        assertThat(proxy.server().topology().backends()).hasSize(4);
        Files.writeString(file, Files.readString(valid).replaceAll("  - address: " + address(0) + "\n", ""));
        refused(Kind.CONFLICT, new Operation.Reload(false));
        assertThat(proxy.server().topology().backends()).hasSize(4);
    }

    @Test
    void aChangedFileIsReadWithoutBeingAskedFor() throws Exception {
        Path file = cluster.directory().resolve("watched.yaml");
        write(file, 3, "");
        proxy.close();
        proxy = TestProxy.options().servers(3).file(file).start(cluster);
        write(file, 4, "");
        proxy.awaitReplicas(3);
    }

    private static void write(Path file, int backends, String more) throws Exception {
        StringBuilder text = new StringBuilder("listen: 127.0.0.1:0\nmonitor: {user: sluice_monitor, password: x}\n");
        text.append(more).append("backends:\n");
        for (int i = 0; i < backends; i++) {
            text.append("  - address: ").append(address(i)).append('\n');
        }
        Files.writeString(file, text);
    }

    @Test
    void aKillEndsTheStatementOrTheSession() throws Exception {
        try (Connection connection = proxy.connect()) {
            long id = Long.parseLong(
                    String.valueOf(Sql.value(connection, "SELECT 1")).isEmpty() ? "0" : sessionId());
            CompletableFuture<Integer> running = background(() -> Sql.error(connection, "SELECT SLEEP(30)"));
            awaitState(id, "running");

            run(new Operation.Kill(id, true));

            // SLEEP is not an error when it is ended: it answers 1.
            assertThat(running.get(10, TimeUnit.SECONDS)).isZero();
            assertThat(Sql.value(connection, "SELECT 2")).isEqualTo("2");
            CompletableFuture<Integer> second =
                    background(() -> Sql.error(connection, "UPDATE no_such SET a = SLEEP(30)"));
            assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo(1146);
            assertThat(run(new Operation.Kill(id, true)).rows().get(0).get(0)).contains("no statement");
            run(new Operation.Kill(id, false));
            await().atMost(TestProxy.SOON).until(() -> !isThere(id));
            assertThat(Sql.error(connection, "SELECT 3")).isNotZero();
        }
        refused(Kind.NOT_FOUND, new Operation.Kill(4_000_000_000L, false));
    }

    private String sessionId() throws Exception {
        return String.valueOf(show(View.SESSIONS).rows().get(0).get(0));
    }

    private boolean isThere(long id) throws Exception {
        return cell(show(View.SESSIONS), "" + id, "user") != null;
    }

    private void awaitState(long id, String state) {
        await().atMost(TestProxy.SOON).until(() -> state.equals(cell(show(View.SESSIONS), "" + id, "state")));
    }

    @Test
    void aPauseHoldsStatementsBackButNotTransactions() throws Exception {
        try (Connection inside = proxy.connect();
                Connection outside = proxy.connect()) {
            Sql.run(inside, "START TRANSACTION");
            run(new Operation.Pause());
            CompletableFuture<String> waiting = background(() -> String.valueOf(Sql.value(outside, "SELECT 7")));
            assertThat(Sql.value(inside, "SELECT 8")).isEqualTo("8");
            await().atMost(TestProxy.SOON)
                    .until(() -> show(View.SESSIONS).rows().stream().anyMatch(row -> row.contains("waiting")));
            assertThat(waiting).isNotDone();
            run(new Operation.Resume());
            assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo("7");
            Sql.run(inside, "COMMIT");
        }
    }

    @Test
    void aPauseEndsInAnErrorWhenItLastsTooLong() throws Exception {
        proxy.close();
        proxy = TestProxy.options()
                .servers(3)
                .primaryTimeout(Duration.ofMillis(300))
                .start(cluster);
        try (Connection connection = proxy.connect()) {
            run(new Operation.Pause());
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> Sql.value(connection, "SELECT 7"))
                    .withMessageContaining("paused")
                    .satisfies(e -> assertThat(e.getSQLState()).isEqualTo("08S01"));
            run(new Operation.Resume());
        }
    }

    @Test
    void withoutMultiplexingASessionKeepsItsConnections() throws Exception {
        try (Connection connection = proxy.connect()) {
            run(new Operation.SetFeature(Feature.MULTIPLEXING, false));
            assertThat(server(connection)).isEqualTo(server(connection));
            assertThat(cell(show(View.SESSIONS), sessionId(), "backends")).isNotEmpty();
            run(new Operation.SetFeature(Feature.MULTIPLEXING, true));
            assertThat(cell(show(View.SESSIONS), sessionId(), "backends")).isEmpty();
        }
    }

    @Test
    void theViewsTellWhatIsGoingOn() throws Exception {
        try (Connection connection = proxy.connect()) {
            Sql.run(connection, "SELECT 1", "START TRANSACTION", "CREATE TEMPORARY TABLE t (a INT)");
            ResultTable sessions = show(View.SESSIONS);
            assertThat(cell(sessions, sessionId(), "in_transaction")).isEqualTo("yes");
            assertThat(cell(sessions, sessionId(), "user")).isEqualTo("app");
            assertThat(cell(sessions, sessionId(), "schema")).isEqualTo("app");
            assertThat(cell(show(View.PINS), sessionId(), "pins")).contains("temporary_table");
            assertThat(show(View.ROUTES).rows()).isNotEmpty();
            assertThat(cell(show(View.POOLS), address(0), "backend_in_flight")).isEqualTo("1");
            assertThat(cell(show(View.CONFIG), "pool.max-age", "value")).isEqualTo("1h");
            assertThat(cell(show(View.CONFIG), "monitor.password", "value")).isEqualTo("******");
        }
        ResultTable explained = run(new Operation.ExplainRoute("SELECT * FROM t FOR UPDATE"));
        assertThat(cell(explained, "target", "value")).isEqualTo("primary");
        assertThat(cell(explained, "backends now", "value")).isEqualTo(address(0));
        refused(Kind.NOT_FOUND, new Operation.Switchover("127.0.0.1:1", null, true));
    }

    private interface Question<T> {
        T ask() throws SQLException;
    }

    private <T> CompletableFuture<T> background(Question<T> question) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return question.ask();
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                },
                threads);
    }

    /** Clients that read and write until they are told to stop. */
    private static final class Traffic implements AutoCloseable {
        private final List<CompletableFuture<Void>> clients = new ArrayList<>();
        private volatile boolean stopped;

        Traffic(TestProxy proxy, int count, ExecutorService threads) {
            for (int i = 0; i < count; i++) {
                clients.add(CompletableFuture.runAsync(() -> run(proxy), threads));
            }
        }

        private void run(TestProxy proxy) {
            try (Connection connection = proxy.connect()) {
                while (!stopped) {
                    Sql.run(
                            connection,
                            "SELECT COUNT(*) FROM information_schema.tables WHERE 1 = 0",
                            "SELECT 1",
                            "START TRANSACTION READ ONLY",
                            "SELECT 2",
                            "COMMIT");
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        void assertNoErrors() throws InterruptedException, ExecutionException, TimeoutException {
            stopped = true;
            for (CompletableFuture<Void> client : clients) {
                client.get(20, TimeUnit.SECONDS);
            }
        }

        @Override
        public void close() {
            stopped = true;
        }
    }
}
