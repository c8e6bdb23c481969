package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.FreePorts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Results, rows and statements of any size, and clients that do not read, through a process that may use 64 MiB of heap and
 * 64 MiB outside of it, and ends when that is not enough.
 */
@Timeout(300)
class BoundedMemoryIT {
    private static final int MIB = 1 << 20;
    private static final int SLOW_CLIENTS = 40;
    private static final int LARGE = 64 * MIB;
    private static final String GIBIBYTE =
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1024) SELECT REPEAT('x', 1048576)"
                    + " FROM n";

    /** What a JVM has besides its heap and its buffers is as much again. */
    private static final long PEAK_MAX = 384;

    private static final int COMPRESSING_CLIENTS = 5;
    private static final int TRICKLING_CLIENTS = 20;
    private static final int ROW = 64 * 1024;
    private static final String TRICKLE =
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1024) SELECT REPEAT('x', " + ROW
                    + ") FROM n, n AS m";

    private static LocalCluster cluster;
    private static Process process;
    private static int port;

    @BeforeAll
    static void start() throws Exception {
        cluster = LocalCluster.builder()
                .flavor(ServerFlavor.mysql())
                .replicas(1)
                .serverArgument("--max-allowed-packet=256M")
                .serverArgument("--cte-max-recursion-depth=5000")
                .start();
        port = FreePorts.pick();
        Path directory = cluster.directory();
        Path file = Files.writeString(directory.resolve("bounded.yaml"), """
                listen: 127.0.0.1:%d
                state-dir: %s
                backends:
                  - address: %s
                  - address: %s
                monitor:
                  user: %s
                  password: %s
                """.formatted(
                        port,
                        directory.resolve("bounded-state"),
                        cluster.servers().get(0).address(),
                        cluster.servers().get(1).address(),
                        Accounts.MONITOR_USER,
                        Accounts.MONITOR_PASSWORD));
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:MaxDirectMemorySize=64m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.sluice.server.cli.Main",
                        "serve",
                        "--config",
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("bounded.log").toFile())
                .start();
        awaitServing();
    }

    private static void awaitServing() throws IOException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (true) {
            try (RawClient client = RawClient.connect(port)) {
                assertThat(client.value("SELECT 1")).isEqualTo("1");
                return;
            } catch (IOException | ProtocolException notYet) {
                // In place of the greeting there may be an error: no server has been seen yet.
                if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                    throw new IOException("does not serve: " + log(), notYet);
                }
            }
        }
    }

    private static String log() throws IOException {
        return Files.readString(cluster.directory().resolve("bounded.log"));
    }

    /** The most that the process has had of memory since it began: heap, buffers, classes, code, stacks; in MiB. */
    private static long peak() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                        .filter(line -> line.startsWith("VmHWM:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum()
                / 1024;
    }

    @AfterAll
    static void stop() throws Exception {
        long peak = peak();
        System.getLogger("BoundedMemoryIT").log(System.Logger.Level.INFO, "at most {0} MiB", peak);
        process.destroy();
        boolean ended = process.waitFor(30, TimeUnit.SECONDS);
        process.destroyForcibly();
        String log = log();
        cluster.close();
        assertThat(ended).as("ends on SIGTERM").isTrue();
        assertThat(peak).isBetween(64L, PEAK_MAX);
        assertThat(log).doesNotContain("OutOfMemory");
    }

    private static void assertServes() throws IOException {
        assertThat(process.isAlive()).as(log()).isTrue();
        try (RawClient client = RawClient.connect(port)) {
            long began = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                assertThat(client.value("SELECT " + i)).isEqualTo("" + i);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void aResultOfOneGibibyte() throws IOException {
        try (RawClient client = RawClient.connect(port)) {
            client.send(CommandType.COM_QUERY, GIBIBYTE.getBytes(StandardCharsets.US_ASCII));
            byte[] columns = client.read();
            assertThat(columns).hasSize(1);
            byte[] column = client.read();
            assertThat(column).isNotEmpty();
            long bytes = 0;
            byte[] row = client.read();
            while (row.length > MIB) {
                bytes += row.length - 4;
                row = client.read();
            }
            assertThat(bytes).isEqualTo(1L << 30);
            assertThat(RawClient.first(row)).isEqualTo(RawClient.EOF);
        }
        assertServes();
    }

    @Test
    void aRowAndAStatementOfSixtyFourMebibytes() throws IOException {
        int size = 64 * MIB;
        try (RawClient client = RawClient.connect(port)) {
            List<byte[]> packets = client.query("SELECT REPEAT('y', " + size + ")");
            assertThat(packets.get(2).length - 9).isEqualTo(size);
            byte[] head = "SELECT LENGTH('".getBytes(StandardCharsets.US_ASCII);
            byte[] sql = new byte[head.length + size + 2];
            Arrays.fill(sql, (byte) 'z');
            System.arraycopy(head, 0, sql, 0, head.length);
            sql[sql.length - 2] = '\'';
            sql[sql.length - 1] = ')';
            client.send(CommandType.COM_QUERY, sql);
            assertThat(RawClient.text(client.readResults().get(2))).isEqualTo("" + size);
        }
        assertServes();
    }

    private static int length(RawClient client) throws IOException {
        List<byte[]> packets = client.readResults();
        assertThat(RawClient.first(packets.get(0))).isEqualTo(1);
        return Unpooled.wrappedBuffer(packets.get(packets.size() - 2)).getIntLE(2);
    }

    @Test
    void aParameterOfSixtyFourMebibytes() throws IOException {
        try (RawClient client = RawClient.connect(port)) {
            int id = client.prepare("SELECT LENGTH(?)");
            client.send(CommandType.COM_STMT_EXECUTE, LargeExecutionIT.execution(id, 1, true, LARGE));
            assertThat(length(client)).isEqualTo(LARGE);
            client.send(CommandType.COM_STMT_EXECUTE, LargeExecutionIT.execution(id, 1, false, LARGE));
            assertThat(length(client)).isEqualTo(LARGE);
        }
        assertServes();
    }

    @Test
    void sixtyFourMebibytesOfParameterDataAtOnceAndInParts() throws IOException {
        try (RawClient client = RawClient.connect(port)) {
            int id = client.prepare("SELECT LENGTH(?)");
            byte[] execute = Arrays.copyOf(RawClient.int4(id), 13);
            execute[5] = 1;
            execute[10] = 1;
            execute[11] = (byte) 0xFC;
            for (int parts : new int[] {1, 64, 4096}) {
                byte[] data = Arrays.copyOf(RawClient.int4(id), 6 + LARGE / parts);
                for (int i = 0; i < parts; i++) {
                    client.send(CommandType.COM_STMT_SEND_LONG_DATA, data);
                }
                client.send(CommandType.COM_STMT_EXECUTE, execute);
                assertThat(length(client)).as(parts + " parts").isEqualTo(LARGE);
            }
        }
        assertServes();
    }

    /** Each sends a frame of 16 MiB, as Connector/J does, all at the same time: more than may be outside of the heap. */
    @Test
    void clientsThatCompressFramesOfSixteenMebibytes() throws Exception {
        String sql = "SELECT LENGTH('" + "c".repeat(16 * MIB) + "')";
        ExecutorService threads = Executors.newFixedThreadPool(COMPRESSING_CLIENTS);
        try {
            List<Future<@Nullable String>> answers = new ArrayList<>();
            for (int i = 0; i < COMPRESSING_CLIENTS; i++) {
                answers.add(threads.submit(() -> compressed(sql)));
            }
            for (Future<@Nullable String> answer : answers) {
                assertThat(answer.get()).isEqualTo(Integer.toString(16 * MIB));
            }
        } finally {
            threads.shutdownNow();
        }
        assertServes();
    }

    private static @Nullable String compressed(String sql) throws SQLException {
        try (Connection client =
                Sql.open(port, Accounts.APP_USER, Accounts.APP_PASSWORD, Accounts.DATABASE, "useCompression=true")) {
            return Sql.value(client, sql);
        }
    }

    @Test
    void aPreparedTextOfThreeMebibytes() throws IOException {
        byte[] sql = new byte[3 * MIB];
        Arrays.fill(sql, (byte) ' ');
        byte[] head = "SELECT LENGTH(?)".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(head, 0, sql, 0, head.length);
        for (int i = 0; i < 20; i++) {
            try (RawClient client = RawClient.connect(port)) {
                int id = client.prepare(new String(sql, StandardCharsets.US_ASCII));
                client.send(CommandType.COM_STMT_EXECUTE, LargeExecutionIT.execution(id, 1, true, i));
                assertThat(length(client)).isEqualTo(i);
            }
        }
        assertServes();
    }

    @Test
    void clientsThatReadSlowlyKeepNobodyWaiting() throws IOException {
        List<RawClient> slow = new ArrayList<>();
        long longest = 0;
        try (RawClient other = RawClient.connect(port)) {
            for (int i = 0; i < TRICKLING_CLIENTS; i++) {
                RawClient client = RawClient.connect(port);
                slow.add(client);
                client.send(CommandType.COM_QUERY, TRICKLE.getBytes(StandardCharsets.US_ASCII));
                assertThat(client.read()).hasSize(1);
                byte[] unused = client.read();
            }
            for (int i = 0; i < 1000; i++) {
                // A row of 64 KiB for one of them between two statements.
                assertThat(slow.get(i % TRICKLING_CLIENTS).read()).hasSize(ROW + 4);
                long began = System.nanoTime();
                assertThat(other.value("SELECT " + i)).isEqualTo("" + i);
                longest = Math.max(longest, System.nanoTime() - began);
            }
        } finally {
            for (RawClient client : slow) {
                client.close();
            }
        }
        assertThat(Duration.ofNanos(longest)).isLessThan(Duration.ofSeconds(2));
        assertServes();
    }

    @Test
    void clientsThatDoNotReadKeepNobodyWaiting() throws IOException {
        List<RawClient> slow = new ArrayList<>();
        try {
            for (int i = 0; i < SLOW_CLIENTS; i++) {
                RawClient client = RawClient.connect(port);
                slow.add(client);
                client.send(CommandType.COM_QUERY, GIBIBYTE.getBytes(StandardCharsets.US_ASCII));
                assertThat(client.read()).hasSize(1);
            }
            assertServes();
            // The slow ones get what is theirs when they go on.
            byte[] unused = slow.get(0).read();
            for (int i = 0; i < 50; i++) {
                assertThat(slow.get(0).read()).hasSizeGreaterThan(MIB);
            }
            assertServes();
        } finally {
            for (RawClient client : slow) {
                client.close();
            }
        }
        assertServes();
    }
}
