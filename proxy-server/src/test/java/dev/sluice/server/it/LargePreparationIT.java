package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The texts of prepared statements: of any length, and no more of them than there is memory for. */
@Timeout(90)
class LargePreparationIT {
    private static final int MIB = 1 << 20;
    private static final int PACKET = 0xFFFFFF;
    /** What a statement counts for besides its text. */
    private static final int STATEMENT = 256;

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        for (var server : Servers.mysql().servers()) {
            server.execute("SET GLOBAL max_allowed_packet = 134217728");
        }
        proxy = TestProxy.options().eventLoops(1).connections(2).start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
        for (var server : Servers.mysql().servers()) {
            server.execute("SET GLOBAL max_allowed_packet = 67108864");
        }
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    /** Of so many bytes. */
    private static String text(String head, int length) {
        byte[] sql = new byte[length];
        Arrays.fill(sql, (byte) ' ');
        byte[] start = head.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(start, 0, sql, 0, start.length);
        sql[length - 1] = '#';
        return new String(sql, StandardCharsets.US_ASCII);
    }

    private static void assertRuns(RawClient client, int id, long value) throws IOException {
        List<byte[]> packets = client.execute(id, value, true);
        assertThat(RawClient.first(packets.get(0))).isEqualTo(1);
        assertThat(Unpooled.wrappedBuffer(packets.get(packets.size() - 2)).getLongLE(2))
                .isEqualTo(value);
    }

    /** With the command's byte in front, the text ends below the limit of a packet, at it, and beyond it. */
    @ParameterizedTest
    @ValueSource(ints = {MIB, 2 * MIB, PACKET - 2, PACKET - 1, PACKET, PACKET + 1, 2 * PACKET - 1, 40 * MIB})
    void aTextOfAnyLengthIsPreparedAndPreparedAgainElsewhere(int length) throws IOException {
        try (RawClient client = proxy.raw();
                RawClient other = proxy.raw()) {
            int id = client.prepare(text("SELECT ? FOR UPDATE", length));
            // Takes the connection that has the statement, or the other one.
            other.query("BEGIN");
            assertRuns(client, id, 5);
            client.query("RESET CONNECTION");
            assertThat(other.value("SELECT 1")).isEqualTo("1");
            assertRuns(client, id, 6);
            other.query("COMMIT");
            client.send(CommandType.COM_STMT_CLOSE, RawClient.int4(id));
            client.expectSequence(1);
            assertThat(client.value("SELECT 2")).isEqualTo("2");
        }
    }

    @Test
    void aTextThatIsWrongIsTheServersErrorAndTheSessionLives() throws IOException {
        try (RawClient client = proxy.raw()) {
            for (int length : new int[] {2 * MIB, 20 * MIB}) {
                byte[] sql = text("SELEC ?", length).getBytes(StandardCharsets.US_ASCII);
                client.send(CommandType.COM_STMT_PREPARE, sql);
                assertThat(client.err(client.read()).code()).isEqualTo(1064);
                assertThat(client.value("SELECT 1")).isEqualTo("1");
            }
        }
    }

    @Test
    void aTextThatTheServerFindsTooLargeIsAnErrorAndTheSessionLives() throws Exception {
        Servers.mysql().primary().execute("SET GLOBAL max_allowed_packet = 1048576");
        try (TestProxy narrow = TestProxy.start(Servers.mysql())) {
            try (RawClient client = narrow.raw()) {
                for (int i = 0; i < 3; i++) {
                    byte[] sql = text("SELECT ?", 20 * MIB).getBytes(StandardCharsets.US_ASCII);
                    client.send(CommandType.COM_STMT_PREPARE, sql);
                    client.expectSequence(1);
                    assertThat(client.err(client.read()).code()).isEqualTo(1153);
                    assertThat(client.value("SELECT " + i)).isEqualTo("" + i);
                }
            }
            narrow.awaitQuiet();
        } finally {
            Servers.mysql().primary().execute("SET GLOBAL max_allowed_packet = 134217728");
        }
    }

    @Test
    void aClientsBoundIsHalfOfAllAndOneByteMoreIsAnError() throws Exception {
        int bound = MIB / 2;
        try (TestProxy narrow = TestProxy.options().preparedTexts(MIB).start(Servers.mysql());
                RawClient client = narrow.raw();
                RawClient second = narrow.raw();
                RawClient third = narrow.raw()) {
            int large = client.prepare(text("SELECT 1", bound - STATEMENT - 100 - STATEMENT));
            assertThat(prepare(client, text("SELECT 2", 101))).isEqualTo(1461);
            int small = client.prepare(text("SELECT 2", 100));
            assertThat(prepare(client, text("SELECT 3", 9))).isEqualTo(1461);
            client.send(CommandType.COM_STMT_CLOSE, RawClient.int4(small));
            client.expectSequence(1);
            assertThat(client.prepare(text("SELECT 2", 100))).isPositive();
            // Half of all is left for others; a text that is known already is not counted again.
            assertThat(second.prepare(text("SELECT 1", bound - STATEMENT - 100 - STATEMENT)))
                    .isPositive();
            assertThat(third.prepare(text("SELECT 4", bound - 2 * STATEMENT))).isPositive();
            assertThat(prepare(second, "SELECT 5")).isEqualTo(1461);
            client.send(CommandType.COM_STMT_CLOSE, RawClient.int4(large));
            client.expectSequence(1);
            assertThat(client.value("SELECT 1")).isEqualTo("1");
            // Its text stays: the other client has it, too.
            assertThat(prepare(second, "SELECT 5")).isEqualTo(1461);
            assertThat(second.prepare(text("SELECT 2", 100))).isPositive();
        }
    }

    @Test
    void aTextThatComesInPiecesIsRefusedBeforeItIsKept() throws Exception {
        try (TestProxy narrow = TestProxy.options().preparedTexts(4 * MIB).start(Servers.mysql())) {
            try (RawClient client = narrow.raw()) {
                assertThat(prepare(client, text("SELECT 1", 2 * MIB - STATEMENT + 1)))
                        .isEqualTo(1461);
                assertThat(prepare(client, text("SELECT 1", 20 * MIB))).isEqualTo(1461);
                assertThat(client.prepare(text("SELECT 1", 2 * MIB - STATEMENT)))
                        .isPositive();
                assertThat(client.value("SELECT 1")).isEqualTo("1");
            }
            narrow.awaitQuiet();
        }
    }

    /** The error's number. */
    private static int prepare(RawClient client, String sql) throws IOException {
        client.send(CommandType.COM_STMT_PREPARE, sql.getBytes(StandardCharsets.US_ASCII));
        return client.err(client.read()).code();
    }
}
