package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.testing.ClientForm;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.ReplyKind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.MethodSource;

/** However the bytes of a recorded response arrive, the same happens and the same is forwarded. */
class CaptureFragmentationTest {
    private static final int RANDOM_CUTS = 200;
    /** Bytes on either side of the header of a packet that continues a row. */
    private static final int AROUND = 6;

    static Stream<GoldenCapture> responses() {
        return GoldenCapture.allWith("modern");
    }

    @ParameterizedTest
    @MethodSource("responses")
    void byteByByte(GoldenCapture capture) {
        byte[] bytes = capture.bytes("modern");
        for (ClientForm form : ClientForm.values()) {
            Relay whole = Relay.of(capture, form).feed(bytes);
            Relay byteByByte = Relay.of(capture, form);
            for (int i = 0; i < bytes.length; i++) {
                assertThat(byteByByte.scanner.isComplete())
                        .as("before byte %d", i)
                        .isFalse();
                byteByByte.feed(bytes, i, i + 1);
            }
            assertSame(whole, byteByByte, form + " byte by byte");
        }
    }

    @ParameterizedTest
    @MethodSource("responses")
    void cutOnceAnywhere(GoldenCapture capture) {
        byte[] bytes = capture.bytes("modern");
        for (ClientForm form : ClientForm.values()) {
            Relay whole = Relay.of(capture, form).feed(bytes);
            for (int cut = 1; cut < bytes.length; cut++) {
                Relay twice = Relay.of(capture, form).feed(bytes, 0, cut);
                assertThat(twice.scanner.isComplete()).as("before %d", cut).isFalse();
                assertSame(whole, twice.feed(bytes, cut, bytes.length), form + " cut at " + cut);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("responses")
    void cutAtRandom(GoldenCapture capture) {
        byte[] bytes = capture.bytes("modern");
        for (ClientForm form : ClientForm.values()) {
            Relay whole = Relay.of(capture, form).feed(bytes);
            for (int seed = 0; seed < RANDOM_CUTS; seed++) {
                Relay cut = Relay.of(capture, form);
                ResponseScannerTest.feedAtRandom(cut, bytes, new SplittableRandom(seed));
                assertSame(whole, cut, form + " seed " + seed);
            }
        }
    }

    /** The byte behind the header of the second packet looks like an ERR, that of the first like an EOF or an OK. */
    @ParameterizedTest
    @EnumSource(
            value = ReplyKind.class,
            mode = Mode.INCLUDE,
            names = {"ROW_FE", "ROW_SPLIT"})
    void aRowOfSeveralPacketsMayBeCutAroundTheirHeaders(ReplyKind kind) {
        byte[] bytes = GeneratedReplies.reply(ResponseShape.QUERY, kind, ClientForm.MODERN);
        Relay whole = new Relay(ResponseShape.QUERY, false, false).feed(bytes);
        int second = secondPacketOfRow(bytes);
        for (int cut = second - AROUND; cut < second + Packets.HEADER_LENGTH + AROUND; cut++) {
            Relay twice = new Relay(ResponseShape.QUERY, false, false).feed(bytes, 0, cut);
            assertThat(twice.scanner.isComplete()).isFalse();
            twice.feed(bytes, cut, bytes.length);
            assertThat(twice.events).isEqualTo(whole.events);
            assertThat(Arrays.equals(twice.forwarded(), whole.forwarded())).isTrue();
        }
    }

    private static int secondPacketOfRow(byte[] bytes) {
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        int at = 0;
        while (in.getUnsignedMediumLE(at) < Packets.MAX_PAYLOAD_LENGTH) {
            at += Packets.HEADER_LENGTH + in.getUnsignedMediumLE(at);
        }
        return at + Packets.HEADER_LENGTH + Packets.MAX_PAYLOAD_LENGTH;
    }

    private static void assertSame(Relay expected, Relay actual, String how) {
        // Cheap questions first: there are hundreds of thousands of cuts.
        if (!actual.scanner.isComplete()
                || actual.unread() > 0
                || !actual.events.equals(expected.events)
                || !actual.heard.entries.equals(expected.heard.entries)
                || actual.scanner.lastSequenceId() != expected.scanner.lastSequenceId()
                || !Arrays.equals(actual.forwarded(), expected.forwarded())) {
            assertThat(actual.events).as(how).isEqualTo(expected.events);
            assertThat(actual.heard.entries).as(how).isEqualTo(expected.heard.entries);
            assertThat(actual.forwarded()).as(how).isEqualTo(expected.forwarded());
            throw new AssertionError(how + " does not end where it should");
        }
    }
}
