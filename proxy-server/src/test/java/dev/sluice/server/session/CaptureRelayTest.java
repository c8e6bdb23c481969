package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.testing.ClientForm;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.Hex;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Recorded responses through the handlers that relay them, from the backend's channel to the client's: however they arrive,
 * the session is told the same and the client gets the same; what breaks the protocol ends the connection, and nothing is
 * left in any channel. That no buffer is left either is found by {@code LeakCheck}.
 */
class CaptureRelayTest {
    private static final int RANDOM_CUTS = 200;
    private static final int MUTATIONS = 10;
    private static final int LOCAL_INFILE = 0xFB;

    /** What came of a response. */
    private record Outcome(List<String> log, byte[] delivered, byte[] passedOn) {
        boolean equalTo(Outcome other) {
            return log.equals(other.log)
                    && Arrays.equals(delivered, other.delivered)
                    && Arrays.equals(passedOn, other.passedOn);
        }
    }

    static Stream<Arguments> responses() {
        return GoldenCapture.allWith("modern")
                .filter(capture -> capture.has("asks"))
                .flatMap(capture -> Stream.of(ClientForm.values()).map(form -> Arguments.of(capture, form)));
    }

    @ParameterizedTest
    @MethodSource("responses")
    void cutsChangeNothing(GoldenCapture capture, ClientForm form) {
        byte[] bytes = capture.bytes("modern");
        try (RelayedClient client = new RelayedClient(form)) {
            // The second time: the EOF behind columns has the status of the response before.
            Outcome first = relay(client, capture, from -> bytes.length);
            Outcome whole = relay(client, capture, from -> bytes.length);
            assertThat(whole.log).isEqualTo(first.log);
            assertThat(whole.log).endsWith("completed");
            if (form == ClientForm.MODERN) {
                assertThat(Hex.of(withoutId(whole.delivered, capture))).isEqualTo(Hex.of(withoutId(bytes, capture)));
            }
            assertSame(whole, relay(client, capture, from -> from + 1), "byte by byte");
            for (int cut = 1; cut < bytes.length; cut++) {
                int at = cut;
                assertSame(whole, relay(client, capture, from -> from < at ? at : bytes.length), "cut at " + cut);
            }
            for (int seed = 0; seed < RANDOM_CUTS; seed++) {
                SplittableRandom random = new SplittableRandom(seed);
                int chunkMax = 1 + random.nextInt(bytes.length);
                assertSame(whole, relay(client, capture, from -> from + 1 + random.nextInt(chunkMax)), "seed " + seed);
            }
            assertThat(client.finish()).as("nothing is left").isTrue();
        }
    }

    /** The session gives a prepared statement an id of its own. */
    private static byte[] withoutId(byte[] bytes, GoldenCapture capture) {
        if (!capture.text("shape").equals("PREPARE") || bytes.length < 16) {
            return bytes;
        }
        byte[] without = bytes.clone();
        Arrays.fill(without, 5, 9, (byte) 0);
        return without;
    }

    /** The same cuts for what the server sends and for the file that it asks for. */
    private static Outcome relay(RelayedClient client, GoldenCapture capture, IntUnaryOperator next) {
        client.ask(capture);
        byte[] bytes = capture.bytes("modern");
        boolean asksForFile = (bytes[Packets.HEADER_LENGTH] & 0xFF) == LOCAL_INFILE;
        int pause = asksForFile ? Packets.HEADER_LENGTH + (bytes[0] & 0xFF) : bytes.length;
        receive(client, bytes, 0, pause, next);
        if (asksForFile) {
            assertThat(client.isAskedForFile()).isTrue();
            byte[] file = capture.bytes("answers");
            for (int from = 0; from < file.length; ) {
                int to = Math.min(file.length, next.applyAsInt(from));
                client.sendFile(file, from, to);
                from = to;
            }
            assertThat(client.isAskedForFile()).isFalse();
            receive(client, bytes, pause, bytes.length, next);
        }
        assertThat(client.isWaiting()).isFalse();
        return new Outcome(List.copyOf(client.log), client.delivered(), client.passedOn());
    }

    private static void receive(RelayedClient client, byte[] bytes, int start, int end, IntUnaryOperator next) {
        for (int from = start; from < end; ) {
            assertThat(client.isWaiting()).isTrue();
            int to = Math.min(end, next.applyAsInt(from));
            client.receive(bytes, from, to);
            from = to;
        }
    }

    private static void assertSame(Outcome expected, Outcome actual, String how) {
        if (!actual.equalTo(expected)) {
            assertThat(actual.log).as(how).isEqualTo(expected.log);
            assertThat(Hex.of(actual.delivered)).as(how).isEqualTo(Hex.of(expected.delivered));
            assertThat(Hex.of(actual.passedOn)).as(how).isEqualTo(Hex.of(expected.passedOn));
        }
    }

    @ParameterizedTest
    @MethodSource("responses")
    void changedBytesAreRelayedOrEndTheConnection(GoldenCapture capture, ClientForm form) {
        byte[] bytes = capture.bytes("modern");
        for (int seed = 0; seed < MUTATIONS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] changed = bytes.clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                changed[random.nextInt(random.nextBoolean() ? Math.min(16, bytes.length) : bytes.length)] =
                        (byte) random.nextInt();
            }
            try (RelayedClient client = new RelayedClient(form)) {
                client.ask(capture);
                int chunkMax = 1 + random.nextInt(bytes.length);
                for (int from = 0; from < changed.length; ) {
                    int to = Math.min(changed.length, from + 1 + random.nextInt(chunkMax));
                    client.receive(changed, from, to);
                    from = to;
                }
                byte[] delivered = client.delivered();
                assertThat(client.isWaiting() || client.log.contains("completed") || brokeTheProtocol(client))
                        .as("seed %d: %s", seed, client.log)
                        .isTrue();
                assertThat(delivered.length).isLessThan(2 * changed.length + 64);
            }
        }
    }

    private static boolean brokeTheProtocol(RelayedClient client) {
        return client.log.stream().anyMatch(line -> line.startsWith("failed: the backend broke the protocol"));
    }
}
