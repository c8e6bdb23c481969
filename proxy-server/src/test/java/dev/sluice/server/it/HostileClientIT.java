package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.HandshakeResponse41;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.server.localcluster.Accounts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whoever connects and says something else than a client says is told so or not, and is rid of; others do not notice. What a
 * server accepts is accepted, and what it refuses is refused with its error.
 */
@Timeout(120)
class HostileClientIT {
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE hostile",
                        "GRANT ALL ON hostile.* TO 'native'@'%'",
                        "CREATE TABLE hostile.t (id INT PRIMARY KEY)");
        proxy = TestProxy.options().connectPhaseTimeout(Duration.ofSeconds(3)).start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE hostile");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    /** Each is a hundred times as long as the question, and nobody has to take them. */
    @Test
    void theKeyIsGivenOnceInALogin() throws IOException {
        List<ErrPacket> errors = new ArrayList<>();
        for (int port : new int[] {Servers.mysql().primary().port(), proxy.port()}) {
            try (RawClient client = RawClient.open(port)) {
                // A password that the server has not seen: it cannot know it without asking.
                client.beginLogin(Accounts.APP_USER, "wrong", true);
                assertThat(new String(client.read(), 1, 26, StandardCharsets.US_ASCII))
                        .isEqualTo("-----BEGIN PUBLIC KEY-----");
                client.follow(new byte[] {CachingSha2Password.REQUEST_PUBLIC_KEY});
                errors.add(client.err(client.read()));
                assertThat(client.isClosedByServer()).isTrue();
            }
        }
        assertThat(errors.get(1).code()).isEqualTo(1045);
        assertThat(errors.get(1).code()).isEqualTo(errors.get(0).code());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "HTTP | GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                "SSH | SSH-2.0-OpenSSH_9.6\\r\\n",
                "TLS without an SSLRequest | \\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03",
                "PostgreSQL | \\x00\\x00\\x00\\x08\\x04\\xd2\\x16\\x2f",
                "RDP | \\x03\\x00\\x00\\x13\\x0e\\xe0\\x00\\x00",
                "SMB | \\x00\\x00\\x00\\x85\\xffSMB",
                "Redis | *1\\r\\n$4\\r\\nPING\\r\\n",
                "PROXY protocol | PROXY TCP4 1.2.3.4 5.6.7.8 9 10\\r\\n",
                "zeros | \\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00",
                "ones | \\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff",
            })
    void whatIsNoLoginEndsTheConnectionWithALineInTheLog(String what, String bytes) throws IOException {
        try (CapturedLog log = new CapturedLog();
                RawClient client = RawClient.open(proxy.port());
                RawClient witness = proxy.raw()) {
            assertThat(client.read()).isNotEmpty();
            client.writeBytes(unescape(bytes));
            assertThat(client.isClosedByServer()).isTrue();
            assertThat(log.lines())
                    .as(what)
                    .anyMatch(line -> line.startsWith("INFO ") && line.contains("client=127.0.0.1:"))
                    .noneMatch(line -> line.startsWith("ERROR "));
            assertThat(witness.value("SELECT 1")).isEqualTo("1");
        }
    }

    private static byte[] unescape(String text) {
        ByteBuf out = Unpooled.buffer();
        for (int i = 0; i < text.length(); i++) {
            if (text.startsWith("\\x", i)) {
                out.writeByte(HexFormat.fromHexDigits(text, i + 2, i + 4));
                i += 3;
            } else if (text.charAt(i) == '\\') {
                out.writeByte(text.charAt(++i) == 'r' ? '\r' : '\n');
            } else {
                out.writeByte(text.charAt(i));
            }
        }
        return ByteBufUtil.getBytes(out);
    }

    @Test
    void portScannersLeaveNothingBehind() throws IOException {
        try (CapturedLog log = new CapturedLog()) {
            for (int i = 0; i < 200; i++) {
                try (RawClient scanner = RawClient.open(proxy.port())) {
                    if (i % 2 == 0) {
                        scanner.resetOnClose();
                    } else if (i % 3 == 0) {
                        assertThat(scanner.read()).isNotEmpty();
                    }
                }
            }
            proxy.awaitNoClients();
            assertThat(log.lines()).noneMatch(line -> line.startsWith("ERROR ") || line.startsWith("WARN "));
        }
    }

    @Test
    void onePieceAfterAnotherInTimeForNothingIsTooLate() throws IOException {
        try (CapturedLog log = new CapturedLog();
                RawClient slow = RawClient.open(proxy.port())) {
            assertThat(slow.read()).isNotEmpty();
            byte[] response = response(slow, 255, UnaryOperator.identity());
            // Each wait ends with a byte more; the connection ends long before the last of them.
            slow.timeout(100);
            Optional<byte[]> told = Optional.empty();
            for (int at = 0; told.isEmpty() && at < response.length; at++) {
                slow.writeWire(Arrays.copyOfRange(response, at, at + 1));
                told = readIfThere(slow);
            }
            assertThat(slow.err(told.orElseThrow()).code()).isEqualTo(1159);
            assertThat(slow.isClosedByServer()).isTrue();
            assertThat(log.lines())
                    .anyMatch(line ->
                            line.startsWith("WARN refused: the client did not log in in time client=127.0.0.1:"));
        }
    }

    private static Optional<byte[]> readIfThere(RawClient client) throws IOException {
        try {
            client.expectSequence(2);
            return Optional.of(client.read());
        } catch (SocketTimeoutException nothing) {
            return Optional.empty();
        }
    }

    /** The client's answer to a greeting that has been read already, with a header. */
    private static byte[] response(RawClient client, int collation, UnaryOperator<byte[]> change) {
        HandshakeResponse41 response = new HandshakeResponse41(
                RawClient.CAPABILITIES,
                1 << 24,
                collation,
                Accounts.NATIVE_USER,
                RawClient.scramble(client.nonce()),
                Accounts.DATABASE,
                NativePassword.NAME,
                Map.of());
        ByteBuf payload = Unpooled.buffer();
        response.encode(payload, RawClient.CAPABILITIES);
        byte[] bytes = change.apply(ByteBufUtil.getBytes(payload));
        ByteBuf packet = Unpooled.buffer();
        packet.writeMediumLE(bytes.length).writeByte(1).writeBytes(bytes);
        return ByteBufUtil.getBytes(packet);
    }

    /** Logs in with an answer of this kind, and a query behind it: error numbers, what was asked, or the end. */
    private static String login(int port, int collation, int sequenceId, UnaryOperator<byte[]> change, String query)
            throws IOException {
        try (RawClient client = RawClient.open(port)) {
            client.greeted(HandshakeV10.decode(Unpooled.wrappedBuffer(client.read()), 0));
            byte[] response = response(client, collation, change);
            response[3] = (byte) sequenceId;
            client.writeBytes(response);
            client.takeAnySequence();
            byte[] answer = client.read();
            if (RawClient.first(answer) == RawClient.EOF) {
                client.follow(RawClient.scramble(Arrays.copyOfRange(answer, answer.length - 21, answer.length - 1)));
                answer = client.read();
            }
            if (RawClient.first(answer) == RawClient.ERR) {
                return "error " + client.err(answer).code();
            }
            return RawClient.first(answer) == RawClient.OK ? "in: " + client.value(query) : "asked for more";
        } catch (EOFException | SocketException ended) {
            return "closed";
        }
    }

    private static void assertAsDirect(int collation, int sequenceId, UnaryOperator<byte[]> change, String query)
            throws IOException {
        String direct = login(Servers.mysql().primary().port(), collation, sequenceId, change, query);
        assertThat(login(proxy.port(), collation, sequenceId, change, query)).isEqualTo(direct);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 33, 45, 63, 192, 246, 250, 254, 255, 256, 309, 1023, 2048, 65535})
    void aCollationThatNobodyKnowsIsTheDefault(int collation) throws IOException {
        assertAsDirect(
                collation,
                1,
                UnaryOperator.identity(),
                "SELECT CONCAT_WS(' ', @@character_set_client, @@collation_connection, @@character_set_results)");
    }

    /** It is nobody's name, and nobody is told more about it than about any other. */
    @ParameterizedTest
    @ValueSource(strings = {"c328", "ff", "eda080", "f8888080"})
    void aNameThatIsNoUtf8DoesNotGetIn(String hex) throws IOException {
        byte[] broken = HexFormat.of().parseHex(hex);
        String outcome = login(
                proxy.port(),
                255,
                1,
                bytes -> {
                    byte[] changed = bytes.clone();
                    // Behind flags, packet size, collation and filler.
                    System.arraycopy(broken, 0, changed, 32, broken.length);
                    return changed;
                },
                "SELECT 1");
        assertThat(outcome).isIn("error 1045", "asked for more");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 7, 255})
    void aLoginOutOfOrderIsRefused(int sequenceId) throws IOException {
        String proxied = login(proxy.port(), 255, sequenceId, UnaryOperator.identity(), "SELECT 1");
        assertThat(proxied).isIn("error 1156", "closed");
        assertThat(login(Servers.mysql().primary().port(), 255, sequenceId, UnaryOperator.identity(), "SELECT 1"))
                .doesNotStartWith("in");
    }

    @Test
    void lengthsThatAreTooLongForTheirPacketAreRefused() throws IOException {
        for (String length :
                List.of("fb", "fc ff ff", "fd ff ff ff", "fe ff ff ff ff ff ff ff ff", "fe 00 00 00 80 00 00 00 00")) {
            byte[] lenenc = HexFormat.ofDelimiter(" ").parseHex(length);
            String outcome = login(
                    proxy.port(),
                    255,
                    1,
                    bytes -> {
                        // In place of the length of the proof.
                        int at = 32 + Accounts.NATIVE_USER.length() + 1;
                        ByteBuf changed = Unpooled.buffer();
                        changed.writeBytes(bytes, 0, at).writeBytes(lenenc).writeBytes(bytes, at + 1, 20);
                        changed.setIntLE(
                                0, RawClient.CAPABILITIES | Capabilities.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA);
                        return ByteBufUtil.getBytes(changed);
                    },
                    "SELECT 1");
            assertThat(outcome).as(length).isIn("error 1043", "closed");
        }
    }

    @Test
    void whatComesBehindTheEndIsNotRun() throws Exception {
        try (RawClient client = proxy.raw()) {
            byte[] insert = "INSERT INTO hostile.t VALUES (1)".getBytes(StandardCharsets.US_ASCII);
            ByteBuf out = Unpooled.buffer();
            out.writeMediumLE(1).writeByte(0).writeByte(CommandType.COM_QUIT.code());
            out.writeMediumLE(insert.length + 1).writeByte(0).writeByte(CommandType.COM_QUERY.code());
            out.writeBytes(insert);
            client.writeBytes(ByteBufUtil.getBytes(out));
            assertThat(client.isClosedByServer()).isTrue();
        }
        proxy.awaitQuiet();
        assertThat(Servers.mysql().primary().queryValue("SELECT COUNT(*) FROM hostile.t"))
                .isEqualTo("0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // COM_STMT_EXECUTE with a string that is longer than all memory, and one whose length ends early.
                "17 01000000 00 01000000 00 01 fd00 fe ffffffffffffff7f 41",
                "17 01000000 00 01000000 00 01 fd00 fd ff",
                // Types for more parameters than there are.
                "17 01000000 00 01000000 00 01",
                // A statement, a cursor and a command that do not exist.
                "17 efbeadde 00 01000000",
                "1c efbeadde ffffffff",
                "18 efbeadde ffff 41",
                "fe",
            })
    void argumentsThatPromiseMoreThanThereIsAreAnsweredAsByAServer(String hex) throws IOException {
        byte[] command = HexFormat.of().parseHex(hex.replace(" ", ""));
        try (RawClient witness = proxy.raw();
                RawClient client = proxy.raw();
                RawClient direct = RawClient.connect(Servers.mysql().primary().port())) {
            assertThat(outcome(client, command)).isEqualTo(outcome(direct, command));
            assertThat(witness.value("SELECT 1")).isEqualTo("1");
        }
    }

    /** With a length for the proof that is longer than the packet. */
    @Test
    void aChangeOfUserThatIsCutChangesNothing() throws IOException {
        try (RawClient client = proxy.raw()) {
            byte[] command = HexFormat.of().parseHex("116e617469766500ff41");
            assertThat(outcome(client, command)).startsWith("error ");
        }
    }

    private static String outcome(RawClient client, byte[] command) throws IOException {
        assertThat(client.prepare("SELECT ?")).isEqualTo(1);
        client.write(0, command);
        client.takeAnySequence();
        try {
            // COM_STMT_SEND_LONG_DATA has no answer.
            byte[] answer = command[0] == CommandType.COM_STMT_SEND_LONG_DATA.code()
                    ? client.ask(CommandType.COM_PING, new byte[0])
                    : client.readResults().get(0);
            return RawClient.first(answer) == RawClient.ERR
                    ? "error " + client.err(answer).code()
                    : "answered";
        } catch (EOFException | SocketException ended) {
            return "closed";
        }
    }

    @Test
    void textThatIsNoUtf8IsAnsweredAsByAServer() throws IOException {
        List<byte[]> texts = new ArrayList<>();
        for (String hex : List.of("c328", "ff", "eda080", "f8888080", "00", "bf27", "bf5c27")) {
            texts.add(HexFormat.of().parseHex("53454c4543542027" + hex + "27"));
            texts.add(HexFormat.of().parseHex("53454c45435420" + hex));
        }
        try (RawClient client = proxy.raw();
                RawClient direct = RawClient.connect(Servers.mysql().primary().port())) {
            for (byte[] text : texts) {
                client.send(CommandType.COM_QUERY, text);
                direct.send(CommandType.COM_QUERY, text);
                byte[] here = client.readResults().get(0);
                byte[] there = direct.readResults().get(0);
                assertThat(here).as(HexFormat.of().formatHex(text)).isEqualTo(there);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"00 00 00 00", "01 00 00 03 0e"})
    void brokenCommandsLeaveALineInTheLog(String hex) throws IOException {
        try (CapturedLog log = new CapturedLog();
                RawClient client = proxy.raw()) {
            client.writeWire(HexFormat.ofDelimiter(" ").parseHex(hex));
            assertThat(client.isClosedByServer()).isTrue();
            await().atMost(TestProxy.SOON)
                    .until(() -> log.lines().stream()
                            .anyMatch(line ->
                                    line.startsWith("WARN client closed") && line.contains("client=127.0.0.1:")));
        }
    }
}
