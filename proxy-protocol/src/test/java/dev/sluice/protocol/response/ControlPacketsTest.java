package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.testing.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControlPacketsTest {
    @Test
    void anEofHasItsFiveBytesAndNoSessionStateFlag() {
        ByteBuf out = Unpooled.buffer();
        ControlPackets.writeEof(out, 0x107, 0x0102, 0x4022);
        assertThat(Hex.of(out)).isEqualTo("05000007" + "fe02012200");
    }

    @ParameterizedTest
    @CsvSource({
        // packet, the same without session state
        "0c000003 00 00 00 0240 0000 00 02 0201, 07000003 00 00 00 0200 0000",
        "0f000003 fe 00 00 0240 0000 02 6869 03 020201, 0a000003 fe 00 00 0200 0000 02 6869",
        "0a000003 00 00 00 0200 0000 02 6869, 0a000003 00 00 00 0200 0000 02 6869",
        "08000003 00 00 00 0240 0000 00, 07000003 00 00 00 0200 0000",
        "09000001 00 fc2c01 00 0200 0500, 09000001 00 fc2c01 00 0200 0500"
    })
    void sessionStateAndItsFlagAreLeftOut(String packet, String expected) {
        byte[] bytes = Hex.bytes(packet);
        bytes[0] = (byte) (bytes.length - 4);
        ByteBuf in = Unpooled.buffer().writeZero(5).writeBytes(bytes);
        ByteBuf out = Unpooled.buffer();

        ControlPackets.writeOkWithoutSessionState(out, in, 5, bytes.length);

        assertThat(Hex.of(out)).isEqualTo(Hex.of(Hex.bytes(expected)));
        assertThat(in.readerIndex()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "08000003 00 00 00 0200 0000, 0c000003 00 00 00 0240 0000 00 03 aabbcc",
        "0a000003 00 00 00 0240 0000 00 01 02, 0c000003 00 00 00 0240 0000 00 03 aabbcc",
        "0a000003 fe 00 00 0200 0000 02 6869, 0e000003 fe 00 00 0240 0000 02 6869 03 aabbcc"
    })
    void sessionStateIsExchanged(String packet, String expected) {
        byte[] bytes = Hex.bytes(packet);
        byte[] wanted = Hex.bytes(expected);
        bytes[0] = (byte) (bytes.length - 4);
        wanted[0] = (byte) (wanted.length - 4);
        ByteBuf out = Unpooled.buffer();

        ControlPackets.writeOkWithSessionState(
                out, Unpooled.wrappedBuffer(bytes), 0, bytes.length, Hex.buffer("aabbcc"));

        assertThat(Hex.of(out)).isEqualTo(Hex.of(wanted));
    }

    @ParameterizedTest
    @CsvSource({"250, fa", "251, fcfb00", "65535, fcffff", "65536, fd000001"})
    void theLengthOfSessionStateIsWrittenInItsShortestForm(int length, String prefix) {
        byte[] ok = Hex.bytes("07000001 00000002000000");
        ByteBuf out = Unpooled.buffer();

        ControlPackets.writeOkWithSessionState(
                out, Unpooled.wrappedBuffer(ok), 0, ok.length, Unpooled.buffer().writeZero(length));

        assertThat(Hex.of(out)).contains("02400000" + "00" + prefix + "00");
        ResponseScanner scanner = new ResponseScanner();
        scanner.begin(ResponseShape.SIMPLE, true);
        assertThat(scanner.next(out)).isEqualTo(Step.OK);
        assertThat(scanner.sessionStateLength()).isEqualTo(length);
    }
}
