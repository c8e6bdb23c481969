package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.localcluster.LocalServer;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a session and its statements may use up: each limit at its bound and one past it. */
@Timeout(120)
class StatementLimitsIT {
    private static final int CAP = 5;
    private static final int TOTAL_CAP = 6;
    private static final int CLIENTS = 24;
    private static final Duration CHAOS = Duration.ofSeconds(Long.getLong("sluice.chaos.seconds", 5));
    private static final int PACKET_MAX = 1 << 20;

    @BeforeAll
    static void start() {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE bounds",
                        "CREATE TABLE bounds.t (id INT PRIMARY KEY, v BIGINT)",
                        "INSERT INTO bounds.t VALUES (1, 0)",
                        "CREATE USER 'chaos1'@'%' IDENTIFIED WITH mysql_native_password BY 'c'",
                        "CREATE USER 'chaos2'@'%' IDENTIFIED WITH mysql_native_password BY 'c'",
                        "GRANT ALL ON bounds.* TO 'chaos1'@'%', 'chaos2'@'%', 'app'@'%', 'native'@'%'",
                        "GRANT ALL ON app.* TO 'chaos1'@'%', 'chaos2'@'%'");
        Servers.mysql().awaitReplicated(TestProxy.SOON);
    }

    @AfterAll
    static void stop() {
        Servers.mysql()
                .primary()
                .execute(
                        "DROP DATABASE bounds",
                        "DROP USER 'chaos1'@'%', 'chaos2'@'%'",
                        "REVOKE ALL ON bounds.* FROM 'app'@'%', 'native'@'%'");
    }

    /** A COM_QUERY of so many bytes. */
    private static byte[] statement(int length) {
        byte[] sql = new byte[length - 1];
        Arrays.fill(sql, (byte) ' ');
        byte[] text = "SELECT 42 FOR UPDATE".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, sql, 0, text.length);
        return sql;
    }

    private static String answerTo(RawClient client, int length) throws IOException {
        client.send(CommandType.COM_QUERY, statement(length));
        client.expectSequence(1);
        List<byte[]> packets = client.readResults();
        return RawClient.first(packets.get(0)) == RawClient.ERR
                ? String.valueOf(client.err(packets.get(0)))
                : RawClient.text(packets.get(packets.size() - 2));
    }

    /** What a server says to a packet that is too large. It does not read it all, so the answer may be lost with the rest. */
    private static @Nullable String directAnswer(int port, int length) throws IOException {
        try (RawClient client = RawClient.connect(port)) {
            String answer = answerTo(client, length);
            assertThat(client.isClosedByServer()).isTrue();
            return answer;
        } catch (SocketException | EOFException e) {
            return null;
        }
    }

    @Test
    void aPacketAtTheServersBoundIsTakenAndOnePastItIsTheServersError() throws Exception {
        LocalServer primary = Servers.mysql().primary();
        primary.execute("SET GLOBAL max_allowed_packet = " + PACKET_MAX);
        // Connections have the limit that was valid when they were opened.
        try (TestProxy proxy = TestProxy.start(Servers.mysql());
                RawClient client = proxy.raw()) {
            try (RawClient direct = RawClient.connect(primary.port())) {
                assertThat(answerTo(direct, PACKET_MAX - 1)).isEqualTo("42");
            }
            assertThat(answerTo(client, PACKET_MAX - 1)).isEqualTo("42");
            for (int length : new int[] {PACKET_MAX, PACKET_MAX + 1, 3 * PACKET_MAX}) {
                String answer = answerTo(client, length);
                assertThat(answer).contains("1153", "08S01", "Got a packet bigger than 'max_allowed_packet' bytes");
                assertThat(directAnswer(primary.port(), length)).isIn(answer, null);
                assertThat(client.value("SELECT 1")).isEqualTo("1");
            }
        } finally {
            primary.execute("SET GLOBAL max_allowed_packet = 67108864");
        }
    }

    /** The server has closed that connection, and the transaction with it: nobody may believe that it goes on. */
    @Test
    void aTransactionEndsWithThePacketThatIsTooLargeAndItsClientIsTold() throws Exception {
        LocalServer primary = Servers.mysql().primary();
        primary.execute("SET GLOBAL max_allowed_packet = " + PACKET_MAX);
        try (TestProxy proxy = TestProxy.start(Servers.mysql());
                RawClient client = proxy.raw()) {
            client.query("BEGIN");
            client.query("UPDATE bounds.t SET v = -1000000 WHERE id = 1");
            assertThat(answerTo(client, 2 * PACKET_MAX)).contains("1153");
            byte[] next = client.query("COMMIT").get(0);
            assertThat(RawClient.first(next)).isEqualTo(RawClient.ERR);
            assertThat(client.err(next).sqlState()).isEqualTo("40001");
            assertThat(client.value("SELECT v >= 0 FROM bounds.t FOR UPDATE")).isEqualTo("1");
        } finally {
            primary.execute("SET GLOBAL max_allowed_packet = 67108864");
        }
    }

    private static CompletableFuture<String> begins(Connection connection, String sql) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return String.valueOf(Sql.value(connection, sql));
            } catch (SQLException e) {
                return e.getErrorCode() + " " + e.getMessage();
            }
        });
    }

    @Test
    void asManyStatementsWaitForAConnectionAsMayAndTheNextIsToldSoAtOnce() throws Exception {
        try (TestProxy narrow = TestProxy.options()
                        .connections(1)
                        .eventLoops(1)
                        .waiting(2, 1 << 20)
                        .start(Servers.mysql());
                Connection holder = narrow.connect();
                Connection first = narrow.connect();
                Connection second = narrow.connect();
                Connection third = narrow.connect()) {
            Sql.run(holder, "BEGIN", "SELECT v FROM bounds.t FOR UPDATE");
            String read = "SELECT COUNT(*) FROM bounds.t FOR SHARE";
            CompletableFuture<String> one = begins(first, read);
            CompletableFuture<String> two = begins(second, read);
            await().atMost(TestProxy.SOON).until(() -> narrow.waiting() == 2);
            CompletableFuture<String> three = begins(third, read);
            assertThat(three.get(5, TimeUnit.SECONDS))
                    .startsWith("1105 No backend connection for this statement: ")
                    .contains("2 wait with", "2 statements (pool.waiting-max)");
            assertThat(one.isDone() || two.isDone()).isFalse();
            Sql.run(holder, "COMMIT");
            assertThat(one.get(10, TimeUnit.SECONDS)).isEqualTo("1");
            assertThat(two.get(10, TimeUnit.SECONDS)).isEqualTo("1");
            assertThat(Sql.value(third, read)).isEqualTo("1");
        }
    }

    /** Beyond its bound the state of a session is not lost: it ties the session to its connection. */
    @Test
    void stateBeyondItsBoundPinsAndNothingOfItIsLost() throws Exception {
        try (TestProxy proxy = TestProxy.options().connections(3).eventLoops(1).start(Servers.mysql());
                Connection session = proxy.connect();
                Connection other = proxy.connect()) {
            for (int i = 0; i < 100; i++) {
                Sql.run(session, "SET @bound" + i + " = " + i);
            }
            assertThat(Sql.routeOf(session, "SELECT @bound99").pins()).isEmpty();
            assertThat(Sql.value(session, "SELECT @bound99")).isEqualTo("99");
            Sql.run(session, "SET @past = 'one more'");
            assertThat(Sql.route(session).pins()).isEqualTo("user_variable");
            for (int i = 0; i < 5; i++) {
                Sql.run(other, "SET @bound0 = 'of another'", "SELECT @past");
                assertThat(Sql.value(session, "SELECT CONCAT_WS(',', @bound0, @bound99, @past)"))
                        .isEqualTo("0,99,one more");
            }
        }
    }

    @Test
    void aValueBeyondTheBytesOfTheStatePinsToo() throws Exception {
        try (TestProxy proxy = TestProxy.options().eventLoops(1).start(Servers.mysql());
                Connection session = proxy.connect()) {
            Sql.run(session, "SET @a = '" + "x".repeat(16 << 10) + "'");
            assertThat(Sql.route(session).pins()).isEmpty();
            Sql.run(session, "SET @b = '" + "y".repeat(64 << 10) + "'");
            assertThat(Sql.route(session).pins()).isEqualTo("user_variable");
            assertThat(Sql.value(session, "SELECT CONCAT(LENGTH(@a), ',', LENGTH(@b))"))
                    .isEqualTo((16 << 10) + "," + (64 << 10));
        }
    }

    /** {@code -Dsluice.chaos.seconds} makes it longer. */
    @Test
    void serversNeverSeeMoreConnectionsThanTheCapWhateverHappens() throws Exception {
        try (TestProxy proxy = TestProxy.options()
                .connections(CAP)
                .acquireTimeout(Duration.ofSeconds(20))
                .start(Servers.mysql())) {
            int most = mostUnderChaos(proxy, CAP, StatementLimitsIT::mostOfOneServer);
            assertThat(most).isEqualTo(CAP);
            proxy.awaitQuiet();
        }
    }

    /** As long. Each server alone could have as many as all of them together. */
    @Test
    void allServersTogetherNeverSeeMoreConnectionsThanTheCapOverAllOfThem() throws Exception {
        try (TestProxy proxy = TestProxy.options()
                .connections(TOTAL_CAP)
                .totalConnections(TOTAL_CAP)
                .acquireTimeout(Duration.ofSeconds(20))
                .start(Servers.mysql())) {
            AtomicInteger atOneMoment = new AtomicInteger();
            int most = mostUnderChaos(proxy, 1, () -> {
                Servers.mysql().servers().forEach(server -> killSometimes(server, connectionsOf(server)));
                return ofAllServers(atOneMoment);
            });
            assertThat(most).isPositive();
            assertThat(atOneMoment.get()).isLessThanOrEqualTo(TOTAL_CAP);
            proxy.awaitQuiet();
            holdAll(proxy);
            proxy.awaitQuiet();
        }
    }

    /** Whatever has happened, none of the connections that there may be is lost. */
    private static void holdAll(TestProxy proxy) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < TOTAL_CAP; i++) {
                RawClient client = RawClient.connectAs(proxy.port(), "chaos1", "c");
                clients.add(client);
                client.query("BEGIN");
                assertThat(client.value("SELECT 1 FOR UPDATE")).isEqualTo("1");
            }
            await().atMost(TestProxy.SOON)
                    .untilAsserted(
                            () -> assertThat(ofAllServers(new AtomicInteger())).isEqualTo(TOTAL_CAP));
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    /** The most connections that were counted while clients did what they should not; at least for so long as to see so many. */
    private static int mostUnderChaos(TestProxy proxy, int wanted, IntSupplier count) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        AtomicBoolean over = new AtomicBoolean();
        int most = 0;
        try {
            List<Future<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int seed = i;
                clients.add(threads.submit(() -> chaos(proxy.port(), new SplittableRandom(seed), over)));
            }
            long end = System.nanoTime() + CHAOS.toNanos();
            long latest = end + TestProxy.SOON.toNanos();
            // A slow machine may need longer to come to the cap at all.
            while (System.nanoTime() - end < 0 || (most < wanted && System.nanoTime() - latest < 0)) {
                most = Math.max(most, count.getAsInt());
            }
            over.set(true);
            int done = 0;
            for (Future<Integer> client : clients) {
                done += client.get(60, TimeUnit.SECONDS);
            }
            assertThat(done).isGreaterThan(CLIENTS);
        } finally {
            over.set(true);
            threads.shutdownNow();
        }
        return most;
    }

    private static int mostOfOneServer() {
        int most = 0;
        for (LocalServer server : Servers.mysql().servers()) {
            List<String> ids = connectionsOf(server);
            most = Math.max(most, ids.size());
            killSometimes(server, ids);
        }
        return most;
    }

    /**
     * Counts the connections of one server after the other; meanwhile some may have ended and others been opened.
     *
     * @param atOneMoment the most of those that a second look found again: they were there at the same moment, that between
     *     the two looks
     */
    private static int ofAllServers(AtomicInteger atOneMoment) {
        List<LocalServer> servers = Servers.mysql().servers();
        List<List<String>> before =
                servers.stream().map(StatementLimitsIT::connectionsOf).toList();
        int both = 0;
        for (int i = 0; i < servers.size(); i++) {
            List<String> now = connectionsOf(servers.get(i));
            both += (int) before.get(i).stream().filter(now::contains).count();
        }
        atOneMoment.accumulateAndGet(both, Math::max);
        return before.stream().mapToInt(List::size).sum();
    }

    private static List<String> connectionsOf(LocalServer server) {
        String list = server.queryValue("SELECT IFNULL(GROUP_CONCAT(id), '') FROM information_schema.processlist"
                + " WHERE user IN ('chaos1', 'chaos2')");
        return list.isEmpty() ? List.of() : List.of(list.split(",", -1));
    }

    private static void killSometimes(LocalServer server, List<String> ids) {
        if (ids.isEmpty() || System.nanoTime() % 4 != 0) {
            return;
        }
        try {
            server.execute("KILL " + ids.get(0));
        } catch (RuntimeException e) {
            assertThat(e).as("it has ended by itself").hasStackTraceContaining("Unknown thread id");
        }
    }

    /** The connection for the write comes from the replicas, whose idle ones have taken all there are. */
    @Test
    void idleConnectionsToOtherServersGiveWayToWhoeverNeedsOne() throws Exception {
        try (TestProxy proxy = TestProxy.options()
                        .connections(10)
                        .totalConnections(2)
                        .eventLoops(2)
                        .start(Servers.mysql());
                RawClient one = RawClient.connectAs(proxy.port(), "chaos1", "c");
                RawClient other = RawClient.connectAs(proxy.port(), "chaos2", "c")) {
            for (int i = 0; i < 5; i++) {
                one.value("SELECT SLEEP(0.01)");
                other.value("SELECT SLEEP(0.01)");
                assertThat(one.query("UPDATE bounds.t SET v = v + 1 WHERE id = 1"))
                        .hasSize(1);
                assertThat(other.value("SELECT v > 0 FROM bounds.t WHERE id = 1 FOR UPDATE"))
                        .isEqualTo("1");
            }
        }
    }

    @Test
    void asManyConnectionsToAllServersAreOpenedAsMayAndTheNextStatementIsToldSo() throws Exception {
        try (TestProxy proxy = TestProxy.options()
                        .connections(10)
                        .totalConnections(2)
                        .acquireTimeout(Duration.ofSeconds(2))
                        .start(Servers.mysql());
                RawClient first = RawClient.connectAs(proxy.port(), "chaos1", "c");
                RawClient second = RawClient.connectAs(proxy.port(), "chaos1", "c");
                RawClient third = RawClient.connectAs(proxy.port(), "chaos2", "c")) {
            for (RawClient holder : List.of(first, second)) {
                assertThat(RawClient.first(holder.query("BEGIN").get(0))).isEqualTo(RawClient.OK);
            }
            assertThat(first.value("SELECT 1 FOR UPDATE")).isEqualTo("1");
            assertThat(second.value("SELECT 2 FOR UPDATE")).isEqualTo("2");
            assertThat(third.err(third.query("SELECT 3 FOR UPDATE").get(0)).message())
                    .contains("all 2 connections to all servers together (pool.max-connections)", "2000 ms");
            second.query("COMMIT");
            assertThat(third.value("SELECT 3 FOR UPDATE")).isEqualTo("3");
            assertThat(first.value("SELECT 1 FOR UPDATE")).isEqualTo("1");
        }
    }

    /** Each holds a connection to the primary, and all there are: a read that waited for a replica would wait for the others. */
    @Test
    void whoHoldsAConnectionReadsThereWhenThereIsNoOtherToBeHad() throws Exception {
        try (TestProxy proxy =
                        TestProxy.options().connections(10).totalConnections(2).start(Servers.mysql());
                RawClient first = RawClient.connectAs(proxy.port(), "chaos1", "c");
                RawClient second = RawClient.connectAs(proxy.port(), "chaos2", "c")) {
            for (RawClient client : List.of(first, second)) {
                client.query("CREATE TEMPORARY TABLE bounds.held (id INT)");
            }
            long start = System.nanoTime();
            for (RawClient client : List.of(first, second)) {
                assertThat(client.value("SELECT 5")).isEqualTo("5");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("without waiting for pool.acquire-timeout, 10 s")
                    .isLessThan(Duration.ofSeconds(8));
        }
    }

    /** One client after the other until the end: reads, writes, transactions, and ends in the middle of them. */
    private static int chaos(int port, SplittableRandom random, AtomicBoolean over) throws IOException {
        int done = 0;
        while (!over.get()) {
            String password = random.nextInt(10) == 0 ? "wrong" : "c";
            try (RawClient client = RawClient.connectAs(port, "chaos" + (1 + random.nextInt(2)), password)) {
                for (int i = random.nextInt(8); i > 0; i--) {
                    switch (random.nextInt(6)) {
                        case 0 -> client.query("UPDATE bounds.t SET v = v + 1 WHERE id = 1");
                        case 1 -> client.query("BEGIN");
                        case 2 -> client.query("SET @x = UUID()");
                        case 3 -> client.query("COMMIT");
                        default -> client.query("SELECT " + i);
                    }
                    done++;
                }
                if (random.nextBoolean()) {
                    client.send(CommandType.COM_QUERY, "SELECT SLEEP(0.05)".getBytes(StandardCharsets.US_ASCII));
                }
            } catch (IOException e) {
                // Its connection was killed, or its password was wrong: the next one.
                done++;
            }
        }
        return done;
    }
}
