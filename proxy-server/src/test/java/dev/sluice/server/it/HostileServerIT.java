package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.protocol.testing.ResponseBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A server that is broken or has been taken over: it gets no file and no password, runs nothing elsewhere, fills no memory,
 * and what it says against the protocol reaches no client.
 */
@Timeout(120)
class HostileServerIT {
    private static final String MARKER = "rogue";
    /** It is not tried again elsewhere, as a read would be. */
    private static final String QUERY = "SELECT /*rogue*/ 1 FOR UPDATE";

    private static final int MIB = 1 << 20;
    /** A request for a file. */
    private static final byte[] FILE = packet(1, "\u00fb/etc/passwd");

    private static RogueServer rogue;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        rogue = new RogueServer(Servers.mysql().primary());
        proxy = TestProxy.options()
                .servers(1)
                .eventLoops(1)
                .connections(10)
                .proofAge(Duration.ZERO)
                .primaryTimeout(Duration.ofSeconds(2))
                .primaryAt(rogue.address())
                .start(Servers.mysql());
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        rogue.close();
    }

    @AfterEach
    void quiet() throws IOException {
        assertThat(rogue.isArmed()).as("the lie was told").isFalse();
        try (RawClient other = connect()) {
            assertThat(other.value("SELECT 'served'")).isEqualTo("served");
        }
        proxy.awaitQuiet();
    }

    private static byte[] packet(int sequenceId, String payload) {
        byte[] bytes = payload.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuf packet = Unpooled.buffer();
        packet.writeMediumLE(bytes.length).writeByte(sequenceId).writeBytes(bytes);
        return ByteBufUtil.getBytes(packet);
    }

    private static RawClient connect() throws IOException {
        return RawClient.connectWith(proxy.port(), Capabilities.CLIENT_LOCAL_FILES);
    }

    /** What a client says, none of which loads a file. */
    enum Saying {
        LOCKING_READ(CommandType.COM_QUERY, QUERY),
        WRITE(CommandType.COM_QUERY, "DO /*rogue*/ 1"),
        SETTING(CommandType.COM_QUERY, "SET @rogue = 1"),
        LOAD_ON_THE_SERVER(CommandType.COM_QUERY, "LOAD DATA INFILE 'rogue' INTO TABLE t"),
        SCHEMA(CommandType.COM_INIT_DB, "rogue"),
        COLUMNS(CommandType.COM_FIELD_LIST, "rogue\0");

        private final CommandType type;
        private final String text;

        Saying(CommandType type, String text) {
            this.type = type;
            this.text = text;
        }
    }

    @ParameterizedTest
    @EnumSource
    void noClientIsAskedForAFileThatItDidNotOffer(Saying saying) throws IOException {
        try (RawClient client = connect()) {
            rogue.answer(MARKER, FILE);
            assertRefused(client, saying.type, saying.text);
            assertThat(client.value("SELECT 2")).isEqualTo("2");
        }
    }

    /** It is asked again on another connection. */
    @Test
    void aReadThatIsAnsweredWithARequestForAFileIsReadElsewhere() throws IOException {
        try (RawClient client = connect()) {
            rogue.answer(MARKER, FILE);
            assertThat(client.value("SELECT /*rogue*/ 'read'")).isEqualTo("read");
            rogue.answer(MARKER, FILE);
            assertThat(client.prepare("SELECT /*rogue*/ ?")).isPositive();
        }
    }

    @Test
    void aClientThatHasNoFilesIsNotAskedForOne() throws IOException {
        try (RawClient client = proxy.raw()) {
            rogue.answer(MARKER, FILE);
            assertRefused(client, CommandType.COM_QUERY, "LOAD DATA LOCAL INFILE 'rogue' INTO TABLE t");
        }
    }

    /** The client is told about the loss, in one packet, and nothing of the server's. */
    private static void assertRefused(RawClient client, CommandType type, String text) throws IOException {
        client.send(type, text.getBytes(StandardCharsets.US_ASCII));
        client.expectSequence(1);
        byte[] answer = client.read();
        assertThat(RawClient.first(answer)).isEqualTo(RawClient.ERR);
        assertThat(client.err(answer).sqlState()).isEqualTo("08S01");
        assertThat(client.err(answer).message()).contains("broke the protocol").doesNotContain("passwd");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "an empty packet                         | 000000 01",
                "an OK out of order                      | 070000 05 00000002000000",
                "an OK that is cut                       | 030000 01 000000",
                "an OK with more behind it               | 090000 01 000000020000000000",
                "an OK of 16 MiB                         | feffff 01 00",
                "an ERR without a code                   | 010000 01 ff",
                "an EOF in place of columns              | 050000 01 fe00000200",
                "no columns                              | 030000 01 fc0000",
                "more columns than there can be          | 090000 01 feffffffffffffff7f",
                "more than a number of columns           | 020000 01 0101",
                "a number of no kind                     | 010000 01 fb",
            })
    void whatIsNoAnswerReachesNobody(String what, String hex) throws IOException {
        try (RawClient client = connect()) {
            rogue.answer(MARKER, Hex.bytes(hex));
            assertRefused(client, CommandType.COM_QUERY, QUERY);
            assertThat(client.value("SELECT 2")).as(what).isEqualTo("2");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "an empty row                            | 000000 03",
                "a row out of order                      | 020000 07 0131",
                "an end that is cut                      | 010000 03 fe",
                "an end between EOF and OK               | 060000 03 fe0000020000",
                "an end with a state that is cut         | 0a0000 03 fe00000240000000 05 01",
            })
    void whatBreaksAResultEndsItForTheClientToo(String what, String hex) throws IOException {
        try (RawClient client = connect()) {
            String columns = "010000 01 01 " + "180000 02 03646566 00 00 00 01 31 00 0c 3f00 01000000 08 8100 0000 00 ";
            rogue.answer(MARKER, Hex.bytes(columns.replace("180000", "170000") + hex));
            assertThat(endOf(client)).as(what).isIn("error 08S01", "closed");
        }
    }

    /** How a result ends that began well. */
    private static String endOf(RawClient client) throws IOException {
        try {
            var packets = client.query(QUERY);
            byte[] last = packets.get(packets.size() - 1);
            return RawClient.first(last) == RawClient.ERR
                    ? "error " + client.err(last).sqlState()
                    : "whole";
        } catch (EOFException | SocketException ended) {
            return "closed";
        }
    }

    @Test
    void aClientThatDoesNotReadAnEndlessResultCostsABoundedBuffer() throws Exception {
        byte[] columns = new ResponseBytes(true).resultSet(1, 0, 0).bytes();
        byte[] head = java.util.Arrays.copyOf(columns, endOfColumns(columns));
        byte[] rows = rowsWithAllIds(3);
        try (RawClient client = connect();
                RawClient other = connect()) {
            rogue.answerWithoutEnd(MARKER, head, rows);
            client.send(CommandType.COM_QUERY, QUERY.getBytes(StandardCharsets.US_ASCII));
            long[] before = {-1};
            await().atMost(TestProxy.SOON).pollInterval(Duration.ofMillis(300)).until(() -> {
                long now = rogue.written();
                boolean stands = now > 0 && now == before[0];
                before[0] = now;
                return stands;
            });
            // Buffers of four sockets, and one of Sluice's.
            assertThat(rogue.written()).isLessThan(64L * MIB);
            assertThat(other.value("SELECT 1")).isEqualTo("1");
        }
        assertThat(rogue.awaitEnd()).isLessThan(80L * MIB);
    }

    /** Rows from one sequence id on, as many as bring it back there. */
    private static byte[] rowsWithAllIds(int first) {
        ByteBuf rows = Unpooled.buffer();
        for (int i = 0; i < 256; i++) {
            rows.writeBytes(packet((first + i) & 0xFF, "\u00f0" + "x".repeat(240)));
        }
        return ByteBufUtil.getBytes(rows);
    }

    /** Behind the count and one definition. */
    private static int endOfColumns(byte[] result) {
        int at = 0;
        for (int i = 0; i < 2; i++) {
            at += 4 + (result[at] & 0xFF);
        }
        return at;
    }

    /** What the monitor asks is read by a driver that keeps whole results. */
    @Test
    void anEndlessAnswerToTheMonitorIsCut() throws Exception {
        byte[] columns = new ResponseBytes(true).resultSet(1, 0, 0).bytes();
        rogue.answerWithoutEnd(
                "@@GLOBAL.read_only", java.util.Arrays.copyOf(columns, endOfColumns(columns)), rowsWithAllIds(3));
        assertThat(rogue.awaitEnd()).isBetween(1L * MIB, 48L * MIB);
        await().atMost(TestProxy.SOON).ignoreExceptions().until(() -> {
            try (RawClient client = connect()) {
                return client.value("SELECT 'recovered'").equals("recovered");
            }
        });
    }

    @Test
    void aPasswordInTheClearIsNotForServersThatAskForIt() throws IOException {
        ByteBuf request = Unpooled.buffer();
        new AuthSwitchRequest("mysql_clear_password", new byte[0]).encode(request, RawClient.CAPABILITIES);
        String payload = new String(ByteBufUtil.getBytes(request), StandardCharsets.ISO_8859_1);
        rogue.answer("native\0", packet(2, payload));
        try (RawClient client = RawClient.open(proxy.port())) {
            byte[] answer = client.tryLogin();
            assertThat(RawClient.first(answer)).isEqualTo(RawClient.ERR);
            assertThat(client.err(answer).message()).contains("mysql_clear_password is not answered without TLS");
        }
        assertThat(rogue.heard()).doesNotContain("native-secret");
    }

    @Test
    void whatOneServerReportsIsNoStatementForAnother() throws IOException {
        String name = "time_zone`='+01:00'; DELETE FROM rogue.victim; -- ";
        byte[] ok = okThatReports(name, "1");
        try (RawClient client = connect()) {
            rogue.answer(MARKER, ok);
            byte[] answer = client.ask(
                    CommandType.COM_QUERY, "SET /*rogue*/ time_zone = 'x'".getBytes(StandardCharsets.US_ASCII));
            assertThat(RawClient.first(answer)).isZero();
            assertThat(client.value("SELECT 1")).isEqualTo("1");
            try (RawClient other = connect()) {
                assertThat(other.value("SELECT 2")).isEqualTo("2");
            }
            assertThat(client.value("SELECT 3")).isEqualTo("3");
        }
        assertThat(rogue.heard()).doesNotContain("rogue.victim");
    }

    @Test
    void aTimeoutThatIsNoTimeIsNoneForTheSession() throws IOException {
        try (RawClient client = connect()) {
            rogue.answer(MARKER, okThatReports("wait_timeout", "soon"));
            byte[] answer = client.ask(
                    CommandType.COM_QUERY, "SET /*rogue*/ wait_timeout = 5".getBytes(StandardCharsets.US_ASCII));
            assertThat(RawClient.first(answer)).isZero();
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }

    /** An answer to a SET that reports a variable. */
    private static byte[] okThatReports(String variable, String value) {
        ByteBuf state = Unpooled.buffer();
        state.writeByte(0).writeByte(variable.length() + value.length() + 2).writeByte(variable.length());
        state.writeCharSequence(variable, StandardCharsets.US_ASCII);
        state.writeByte(value.length());
        state.writeCharSequence(value, StandardCharsets.US_ASCII);
        int status = ServerStatus.SERVER_STATUS_AUTOCOMMIT | ServerStatus.SERVER_SESSION_STATE_CHANGED;
        return new ResponseBytes(true)
                .okWithState(status, "", ByteBufUtil.getBytes(state))
                .bytes();
    }
}
