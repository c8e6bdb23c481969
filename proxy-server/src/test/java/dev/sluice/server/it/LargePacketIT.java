package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
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
}
