package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Statements and rows beyond what is kept in memory, and clients that do not read. */
@Timeout(90)
class LargePacketIT {
    private static final int MIB = 1024 * 1024;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE large",
                        "GRANT ALL ON large.* TO 'app'@'%'",
                        "GRANT ALL ON large.* TO 'native'@'%'",
                        "CREATE TABLE large.big (id INT PRIMARY KEY, data LONGBLOB)");
        for (var server : Servers.mysql().servers()) {
            server.execute("SET GLOBAL max_allowed_packet = 134217728");
        }
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE large");
        for (var server : Servers.mysql().servers()) {
            server.execute("SET GLOBAL max_allowed_packet = 67108864");
        }
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @Test
    void rowsAndStatementsOfTwentyMebibytesPassBothWays() throws SQLException {
        byte[] data = new byte[20 * MIB];
        new Random(3).nextBytes(data);
        for (String serverPrepared : new String[] {"true", "false"}) {
            try (Connection connection =
                            proxy.connect("useServerPrepStmts=" + serverPrepared, "maxAllowedPacket=134217728");
                    PreparedStatement insert = connection.prepareStatement("REPLACE INTO large.big VALUES (1, ?)");
                    PreparedStatement select = connection.prepareStatement("SELECT data FROM large.big WHERE id = 1")) {
                insert.setBytes(1, data);
                assertThat(insert.executeUpdate()).isPositive();
                try (ResultSet row = select.executeQuery()) {
                    assertThat(row.next()).isTrue();
                    assertThat(Arrays.equals(row.getBytes(1), data)).isTrue();
                }
                assertThat(Sql.value(connection, "SELECT 1")).isEqualTo("1");
                // Of a text that long only the head was seen; of a prepared statement everything.
                assertThat(Sql.route(connection).pins())
                        .isEqualTo(serverPrepared.equals("true") ? "" : "large_statement");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0xFFFFFF - 1, 0xFFFFFF - 2, 0xFFFFFF, 0xFFFFFF + 1, 2 * 0xFFFFFF - 1})
    void statementsAroundThePacketLimitArrive(int length) throws IOException {
        try (RawClient client = proxy.raw()) {
            byte[] sql = new byte[length];
            Arrays.fill(sql, (byte) ' ');
            byte[] select = "SELECT 42 FROM DUAL FOR UPDATE".getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(select, 0, sql, 0, select.length);
            client.send(CommandType.COM_QUERY, sql);
            List<byte[]> packets = client.readResults();
            assertThat(RawClient.text(packets.get(packets.size() - 2))).isEqualTo("42");
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void aSlowReaderOfALargeResultCostsLittleMemory() throws Exception {
        try (RawClient slow = proxy.raw();
                RawClient other = proxy.raw()) {
            long before = io.netty.util.internal.PlatformDependent.usedDirectMemory();
            slow.send(
                    CommandType.COM_QUERY,
                    "SELECT REPEAT('x', 1048576) FROM information_schema.collations LIMIT 64"
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] head = slow.read();
            assertThat(RawClient.first(head)).isEqualTo(1);
            // While the first client does not read, everybody else is served.
            for (int i = 0; i < 50; i++) {
                assertThat(other.value("SELECT " + i)).isEqualTo(Integer.toString(i));
            }
            long used = io.netty.util.internal.PlatformDependent.usedDirectMemory() - before;
            assertThat(used).isLessThan(24L * MIB);
            List<byte[]> rest = new ArrayList<>();
            byte[] definition = slow.read();
            assertThat(definition).isNotEmpty();
            int unused = slow.readRows(rest);
            assertThat(rest).hasSize(65);
            assertThat(rest.get(63)).hasSize(MIB + 4);
        }
    }

    @Test
    void aLargeExecutionReportsWhyItsLongDataWasLost() throws Exception {
        Servers.mysql().primary().execute("CREATE TABLE large.gone (id INT)");
        proxy.awaitCaughtUp();
        try (RawClient client = proxy.raw()) {
            client.query("USE large");
            // A replica prepares it; parameter data goes to the primary, which cannot.
            int id = client.prepare("SELECT LENGTH(?), LENGTH(?) FROM gone");
            Servers.mysql().primary().execute("DROP TABLE large.gone");
            byte[] data = Arrays.copyOf(RawClient.int4(id), 16);
            client.send(CommandType.COM_STMT_SEND_LONG_DATA, data);
            assertThat(client.value("SELECT 1")).isEqualTo("1");
            // From here on it could be executed, without the data that was lost.
            Servers.mysql().primary().execute("CREATE TABLE large.gone (id INT)");
            proxy.awaitCaughtUp();
            client.send(
                    CommandType.COM_STMT_EXECUTE, LargeExecutionIT.execution(id, 2, true, Packets.MAX_PAYLOAD_LENGTH));
            assertThat(client.err(client.read()).code()).isEqualTo(1146);
            assertThat(client.value("SELECT 1")).isEqualTo("1");
            client.query("INSERT INTO big VALUES (5, 'x')");
            assertThat(client.value("SELECT data FROM big WHERE id = 5")).isEqualTo("x");
        }
    }

    @Test
    void aClientThatPipelinesAndDoesNotReadCostsLittleMemory() throws Exception {
        int batches = 300;
        int commands = 1_000;
        byte[] sql = "SHOW SLUICE ROUTE".getBytes(StandardCharsets.US_ASCII);
        ByteBuf batch = Unpooled.buffer();
        for (int i = 0; i < commands; i++) {
            batch.writeIntLE(sql.length + 1).writeByte(3).writeBytes(sql);
        }
        byte[] bytes = ByteBufUtil.getBytes(batch);
        try (RawClient greedy = proxy.raw();
                RawClient other = proxy.raw()) {
            int packets = greedy.query("SELECT 1").size()
                    + greedy.query("SHOW SLUICE ROUTE").size();
            assertThat(packets).isPositive();
            long before = io.netty.util.internal.PlatformDependent.usedDirectMemory();
            // The answers, a hundred megabytes, come from Sluice alone: no backend holds them back.
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> greedy.pipeline(bytes, batches));
            long most = 0;
            for (int i = 0; i < 8_000; i++) {
                assertThat(other.value("SELECT " + i)).isEqualTo(Integer.toString(i));
                most = Math.max(most, io.netty.util.internal.PlatformDependent.usedDirectMemory() - before);
            }
            assertThat(most).isLessThan(24L * MIB);
            for (int i = 0; i < batches * commands; i++) {
                greedy.expectSequence(1);
                assertThat(greedy.readResults()).hasSizeGreaterThan(2);
            }
            writing.get(20, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2 * MIB, 17 * MIB, 40 * MIB})
    void aStatementThatTheServerFindsTooLargeIsItsErrorAndTheSessionLives(int length) throws Exception {
        var primary = Servers.mysql().primary();
        primary.execute("SET GLOBAL max_allowed_packet = 1048576");
        // Connections have the limit that was valid when they were opened.
        try (TestProxy narrow = TestProxy.start(Servers.mysql())) {
            try (RawClient client = narrow.raw()) {
                for (int i = 0; i < 3; i++) {
                    byte[] sql = new byte[length];
                    Arrays.fill(sql, (byte) 'x');
                    byte[] head = "INSERT INTO large.big VALUES (9, '".getBytes(StandardCharsets.US_ASCII);
                    System.arraycopy(head, 0, sql, 0, head.length);
                    client.send(CommandType.COM_QUERY, sql);
                    // The server answers behind the first packet, and numbers its answer so.
                    client.expectSequence(1);
                    assertThat(client.err(client.read()).code()).isEqualTo(1153);
                    assertThat(client.value("SELECT " + i)).isEqualTo(Integer.toString(i));
                    client.query("REPLACE INTO large.big VALUES (6, '" + i + "')");
                    assertThat(client.value("SELECT data FROM large.big WHERE id = 6 FOR UPDATE"))
                            .isEqualTo(Integer.toString(i));
                }
            }
            narrow.awaitQuiet();
        } finally {
            primary.execute("SET GLOBAL max_allowed_packet = 134217728");
        }
    }
}
