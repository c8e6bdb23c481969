package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that a client sends without waiting, in one piece or in many: each gets its answer, the same and in order. */
@Timeout(90)
class CutCommandsIT {
    private static final int SEEDS = 30;
    private static final String[] QUERIES = {
        "SELECT 1", "SELECT 'two', NULL", "DO 1", "SELECT REPEAT('x', 70000)", "SELECT nonsense", "SELECT 1 WHERE 1 = 0"
    };

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        proxy = TestProxy.start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static void command(ByteArrayOutputStream out, CommandType type, String arguments) {
        byte[] bytes = arguments.getBytes(StandardCharsets.ISO_8859_1);
        out.writeBytes(new byte[] {
            (byte) (bytes.length + 1), (byte) ((bytes.length + 1) >> 8), 0, 0, (byte) type.code()
        });
        out.writeBytes(bytes);
    }

    private static byte[] commands() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String query : QUERIES) {
            command(out, CommandType.COM_PING, "");
            command(out, CommandType.COM_QUERY, query);
        }
        command(out, CommandType.COM_INIT_DB, "app2");
        command(out, CommandType.COM_STMT_PREPARE, "SELECT ?");
        return out.toByteArray();
    }

    private static String answers(byte[] bytes, List<Integer> cuts) throws IOException {
        try (RawClient client = RawClient.connect(proxy.port())) {
            int from = 0;
            for (int cut : cuts) {
                client.writeWire(Arrays.copyOfRange(bytes, from, cut));
                from = cut;
            }
            client.writeWire(Arrays.copyOfRange(bytes, from, bytes.length));
            List<String> answers = new ArrayList<>();
            for (int i = 0; i < QUERIES.length; i++) {
                answers.add(hex(List.of(read(client))));
                client.expectSequence(1);
                answers.add(hex(client.readResults()));
            }
            answers.add(hex(List.of(read(client))));
            client.expectSequence(1);
            answers.add(hex(List.of(client.read(), client.read(), client.read())));
            return String.join("\n", answers);
        }
    }

    private static byte[] read(RawClient client) throws IOException {
        client.expectSequence(1);
        return client.read();
    }

    private static String hex(List<byte[]> packets) {
        StringBuilder text = new StringBuilder();
        for (byte[] packet : packets) {
            text.append(HexFormat.of().formatHex(packet, 0, Math.min(packet.length, 100))).append(' ');
        }
        return text.toString();
    }

    @Test
    void oneByteAtATime() throws IOException {
        byte[] commands = commands();
        List<Integer> everywhere = new ArrayList<>();
        for (int i = 1; i < commands.length; i++) {
            everywhere.add(i);
        }
        assertThat(answers(commands, everywhere)).isEqualTo(answers(commands, List.of()));
    }

    @Test
    void inPiecesOfAnySize() throws IOException {
        byte[] commands = commands();
        String whole = answers(commands, List.of());
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<Integer> cuts = new ArrayList<>();
            for (int at = 1 + random.nextInt(40); at < commands.length; at += 1 + random.nextInt(40)) {
                cuts.add(at);
            }
            assertThat(answers(commands, cuts)).as("seed %d", seed).isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"01 00 00 01 0e", "00 00 00 00", "01 00 00 ff 0e"})
    void brokenPacketsEndTheConnectionWithAnError(String hex) throws IOException {
        try (RawClient client = RawClient.connect(proxy.port())) {
            client.writeWire(HexFormat.of().parseHex(hex.replace(" ", "")));
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void halfAPacketIsWaitedForAndHarmsNobody() throws IOException {
        try (RawClient half = RawClient.connect(proxy.port());
                RawClient other = RawClient.connect(proxy.port())) {
            half.writeWire(new byte[] {9, 0, 0, 0, 3});
            assertThat(other.value("SELECT 1")).isEqualTo("1");
            half.writeWire("SELECT 2".getBytes(StandardCharsets.UTF_8));
            half.expectSequence(1);
            assertThat(RawClient.text(half.readResults().get(2))).isEqualTo("2");
        }
    }
}
