package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.testing.ClientForm;
import dev.sluice.protocol.testing.GoldenCapture;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Recorded responses with a few bytes changed: they are relayed or refused with a {@link ProtocolException}, and nothing else.
 * The relay's buffer ends where the bytes end, so reading past them is an exception of another kind, and the relay notices
 * when the scanner goes round in circles.
 */
class CaptureMutationTest {
    private static final int MUTATIONS = 40;
    private static final List<ClientForm> FORMS = List.of(ClientForm.values());

    static Stream<GoldenCapture> responses() {
        return GoldenCapture.allWith("modern");
    }

    @ParameterizedTest
    @MethodSource("responses")
    void changedBytesAreRelayedOrRefused(GoldenCapture capture) {
        byte[] bytes = capture.bytes("modern");
        for (int seed = 0; seed < MUTATIONS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] changed = change(bytes, random);
            ClientForm form = FORMS.get(random.nextInt(FORMS.size()));
            Relay relay = Relay.of(capture, form);
            try {
                if (random.nextBoolean()) {
                    relay.feed(changed);
                } else {
                    ResponseScannerTest.feedAtRandom(relay, changed, random);
                }
            } catch (ProtocolException e) {
                assertThat(e.field()).isNotEmpty();
            } catch (RuntimeException e) {
                fail("seed " + seed + " for " + form, e);
            }
        }
    }

    /** One to three bytes, or a cut end, or a few bytes more; mostly near the front, where the lengths are. */
    private static byte[] change(byte[] bytes, SplittableRandom random) {
        byte[] changed = bytes.clone();
        switch (random.nextInt(8)) {
            case 0 -> changed = Arrays.copyOf(bytes, random.nextInt(1, bytes.length));
            case 1 -> changed = Arrays.copyOf(bytes, bytes.length + random.nextInt(1, 9));
            default -> {
                for (int i = random.nextInt(3); i >= 0; i--) {
                    int range = random.nextBoolean() ? Math.min(bytes.length, 16) : bytes.length;
                    int at = random.nextInt(range);
                    changed[at] = random.nextBoolean()
                            ? (byte) random.nextInt()
                            : (byte) (changed[at] ^ 1 << random.nextInt(8));
                }
            }
        }
        return changed;
    }

    static Stream<Arguments> packets() {
        return responses().flatMap(capture -> {
            byte[] bytes = capture.bytes("modern");
            return Stream.iterate(0, at -> at < bytes.length, at -> at + Packets.HEADER_LENGTH + length(bytes, at))
                    .limit(8)
                    .map(at -> Arguments.of(capture, at));
        });
    }

    private static int length(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) | (bytes[at + 1] & 0xFF) << 8 | (bytes[at + 2] & 0xFF) << 16;
    }

    @ParameterizedTest
    @MethodSource("packets")
    void aPacketWithAnotherSequenceIdIsRefused(GoldenCapture capture, int header) {
        byte[] bytes = capture.bytes("modern");
        boolean file = Relay.of(capture, ClientForm.MODERN).feed(bytes).events.contains("LOCAL_INFILE");
        for (int wrong : new int[] {1, 2, 128, 255}) {
            byte[] changed = bytes.clone();
            changed[header + 3] = (byte) (changed[header + 3] + wrong);
            boolean farewell = header == 0 && changed[3] == 0 && (bytes[4] & 0xFF) == 0xFF;
            // What follows the client's file has the id that the file has led to.
            if (farewell || (file && header > 0) || capture.name().endsWith("idle-timeout")) {
                continue;
            }
            for (ClientForm form : ClientForm.values()) {
                Relay relay = Relay.of(capture, form);
                try {
                    relay.feed(changed);
                    fail("not refused: " + relay.events);
                } catch (ProtocolException e) {
                    assertThat(e).hasMessageContaining("out of order");
                }
            }
        }
    }

    /** Lengths that are wrong by a little or by a lot: there is no answer, or another one, but never a wait for too much. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 0x100001, 0xFFFFFE, 0xFFFFFF})
    void aFirstPacketWithAnotherLengthIsRefusedOrWaitedFor(int length) {
        responses().forEach(capture -> {
            byte[] changed = capture.bytes("modern");
            changed[0] = (byte) length;
            changed[1] = (byte) (length >> 8);
            changed[2] = (byte) (length >> 16);
            Relay relay = Relay.of(capture, ClientForm.MODERN);
            boolean refused = false;
            try {
                relay.feed(changed);
            } catch (ProtocolException e) {
                refused = true;
            }
            if (length == 0 && !capture.text("shape").equals("STATISTICS")) {
                assertThat(refused).as("%s", capture).isTrue();
            } else if (length > changed.length) {
                assertThat(relay.scanner.isComplete()).isFalse();
                boolean row = relay.scanner.rows() > 0;
                assertThat(refused)
                        .as("%s", capture)
                        .isEqualTo(!row && length > ResponseScanner.CONTROL_PACKET_BYTES_MAX);
            }
        });
    }
}
