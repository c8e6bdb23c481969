package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Executions beyond what is kept in memory whose parameter types came with an earlier one. */
@Timeout(90)
class LargeExecutionIT {
    private static final int MIB = 1 << 20;
    private static final int PACKET = 0xFFFFFF;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        for (var server : Servers.mysql().servers()) {
            server.execute("SET GLOBAL max_allowed_packet = 134217728");
        }
        proxy = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
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

    /** A COM_STMT_EXECUTE of one or two BLOBs, the last of which is large; an earlier one comes by COM_STMT_SEND_LONG_DATA. */
    static byte[] execution(int id, int parameters, boolean withTypes, int length) {
        ByteBuf body = Unpooled.buffer(length + 64);
        body.writeIntLE(id).writeByte(0).writeIntLE(1).writeByte(0).writeByte(withTypes ? 1 : 0);
        for (int i = 0; withTypes && i < parameters; i++) {
            body.writeShortLE(0xFC);
        }
        body.writeByte(0xFE).writeLongLE(length).writeZero(length);
        return ByteBufUtil.getBytes(body);
    }

    private static void assertRuns(RawClient client, int id, boolean withTypes, int length) throws IOException {
        client.send(CommandType.COM_STMT_EXECUTE, execution(id, 1, withTypes, length));
        List<byte[]> packets = client.readResults();
        assertThat(RawClient.first(packets.get(0))).isEqualTo(1);
        assertThat(Unpooled.wrappedBuffer(packets.get(packets.size() - 2)).getIntLE(2))
                .isEqualTo(length);
    }

    @Test
    void theSecondExecutionPassesAsItIs() throws IOException {
        try (RawClient client = proxy.raw()) {
            int id = client.prepare("SELECT LENGTH(?) /* again */ FOR UPDATE");
            for (boolean withTypes : new boolean[] {true, false, false, true, false}) {
                assertRuns(client, id, withTypes, 17 * MIB);
            }
        }
    }

    /** With two bytes of types more, the packet ends below the limit, at it, and beyond it. */
    @ParameterizedTest
    @ValueSource(ints = {2 * MIB, PACKET - 3, PACKET - 2, PACKET - 1, PACKET, PACKET + 1, 2 * PACKET - 1, 2 * PACKET})
    void theTypesArePutInForAServerThatHasSeenThoseOfOthers(int payload) throws IOException {
        String sql = "SELECT LENGTH(?) /* " + payload + " */ FOR UPDATE";
        // The command byte; id, flags, count, bitmap and flag; the length of the value.
        int length = payload - 1 - 11 - 9;
        try (RawClient client = proxy.raw();
                RawClient other = proxy.raw()) {
            int id = client.prepare(sql);
            int others = other.prepare(sql);
            assertRuns(client, id, true, 2 * MIB);
            for (int i = 0; i < 2; i++) {
                assertRuns(other, others, true, 10);
                assertRuns(client, id, false, length);
                assertThat(client.value("SELECT 1")).isEqualTo("1");
            }
        }
    }

    @Test
    void aFirstExecutionWithoutTypesIsTheServersErrorAndTheStatementLives() throws IOException {
        try (RawClient client = proxy.raw()) {
            int id = client.prepare("SELECT LENGTH(?) /* no types */ FOR UPDATE");
            client.send(CommandType.COM_STMT_EXECUTE, execution(id, 1, false, 2 * MIB));
            assertThat(RawClient.first(client.readResults().get(0))).isEqualTo(RawClient.ERR);
            assertRuns(client, id, true, 2 * MIB);
        }
    }
}
