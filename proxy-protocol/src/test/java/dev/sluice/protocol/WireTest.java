package dev.sluice.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashSet;
import java.util.IllegalFormatException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Integers, strings, framing, commands, flags and errors. */
class WireTest {
    @ParameterizedTest
    @CsvSource({
        "0, 00",
        "250, fa",
        "251, fcfb00",
        "65535, fcffff",
        "65536, fd000001",
        "16777215, fdffffff",
        "16777216, fe0000000100000000",
        "9223372036854775807, feffffffffffffff7f",
        "-1, feffffffffffffffff"
    })
    void lengthEncodedIntegersHaveTheirShortestForm(long value, String hex) {
        ByteBuf out = Unpooled.buffer();
        new PayloadWriter(out).lenenc(value);
        assertThat(Hex.of(out)).isEqualTo(hex);
        assertThat(new PayloadReader(out).lenenc("value")).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "fb", "ff", "fc01", "fd0102", "fe01020304050607"})
    void whatIsNoLengthEncodedIntegerIsRefused(String hex) {
        assertThatThrownBy(() -> new PayloadReader(Hex.buffer(hex)).lenenc("count"))
                .isInstanceOf(ProtocolException.class)
                .hasMessageStartingWith("count: expected ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"02 61", "fd ffffff 61", "fe ffffffffffffffff 61", "fe ffffffffffffff7f 61"})
    void aStringLongerThanItsPayloadIsRefused(String hex) {
        assertThatThrownBy(() -> new PayloadReader(Hex.buffer(hex)).lenencString("name"))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("found 1 bytes at offset 0");
    }

    @Test
    void fixedIntegersAreLittleEndian() {
        ByteBuf out = Unpooled.buffer();
        new PayloadWriter(out)
                .int1(0xFF)
                .int2(0xFFFE)
                .int3(0xFFFFFD)
                .int4(0xFFFFFFFCL)
                .int8(-5);
        assertThat(Hex.of(out)).isEqualTo("ff" + "feff" + "fdffff" + "fcffffff" + "fbffffffffffffff");
        PayloadReader in = new PayloadReader(out);
        assertThat(in.peek("a")).isEqualTo(0xFF);
        assertThat(in.int1("a")).isEqualTo(0xFF);
        assertThat(in.int2("b")).isEqualTo(0xFFFE);
        assertThat(in.int3("c")).isEqualTo(0xFFFFFD);
        assertThat(in.int4("d")).isEqualTo(0xFFFFFFFCL);
        assertThat(in.int8("e")).isEqualTo(-5);
        in.expectEnd("packet");
        assertThatThrownBy(() -> in.int1("f")).hasMessage("f: expected 1 bytes, found 0 bytes at offset 18");
    }

    @Test
    void readingStopsAtTheFieldThatIsNotThere() {
        assertThatThrownBy(() -> new PayloadReader(Hex.buffer("6162")).nulString("user"))
                .hasMessage("user: expected a NUL terminator, found end of the payload at offset 2");
        assertThatThrownBy(() -> new PayloadReader(Hex.buffer("6162")).skip(3, "filler"))
                .isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> new PayloadReader(Hex.buffer("6162")).expect(0x60, "header"))
                .hasMessage("header: expected 0x60, found 0x61 at offset 0");
        assertThatThrownBy(() -> new PayloadReader(Hex.buffer("6162")).expectEnd("packet"))
                .hasMessage("packet: expected end of the payload, found 2 more bytes at offset 0");
    }

    @Test
    void aPacketIsFramedAroundItsPayload() {
        ByteBuf out = Unpooled.buffer().writeByte(0xAA);
        Packets.write(out, 0x105, (payload, capabilities) -> payload.writeIntLE(capabilities), 7);
        assertThat(Hex.of(out)).isEqualTo("aa" + "04000005" + "07000000");
    }

    @Test
    void aPayloadThatWouldNeedAContinuationIsRefused() {
        ByteBuf out = Unpooled.buffer(Packets.MAX_PAYLOAD_LENGTH + 4);
        int header = Packets.begin(out, 0);
        out.writeZero(Packets.MAX_PAYLOAD_LENGTH - 1);
        Packets.end(out, header);
        assertThat(out.getUnsignedMediumLE(0)).isEqualTo(Packets.MAX_PAYLOAD_LENGTH - 1);
        out.writeByte(0);
        assertThatThrownBy(() -> Packets.end(out, header)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void everyByteIsACommandOrUnknown() {
        assertThat(CommandType.of(0x03)).isEqualTo(CommandType.COM_QUERY);
        assertThat(CommandType.of(0x11)).isEqualTo(CommandType.COM_CHANGE_USER);
        assertThat(CommandType.of(0x16)).isEqualTo(CommandType.COM_STMT_PREPARE);
        assertThat(CommandType.of(0x1F)).isEqualTo(CommandType.COM_RESET_CONNECTION);
        assertThat(CommandType.of(0x21)).isEqualTo(CommandType.COM_SUBSCRIBE_GROUP_REPLICATION_STREAM);
        assertThat(CommandType.of(0x22)).isEqualTo(CommandType.UNKNOWN);
        assertThat(CommandType.of((byte) 0xFF)).isEqualTo(CommandType.UNKNOWN);
        for (CommandType type : CommandType.values()) {
            assertThat(CommandType.of(type.code())).isEqualTo(type);
        }
    }

    @Test
    void flagsAreDescribedByName() {
        assertThat(Capabilities.describe(0)).isEqualTo("0");
        assertThat(Capabilities.describe(Capabilities.CLIENT_PROTOCOL_41
                        | Capabilities.CLIENT_DEPRECATE_EOF
                        | Capabilities.CLIENT_REMEMBER_OPTIONS))
                .isEqualTo("CLIENT_PROTOCOL_41|CLIENT_DEPRECATE_EOF|CLIENT_REMEMBER_OPTIONS");
        assertThat(Capabilities.CLIENT_SESSION_TRACK).isEqualTo(0x800000);
        assertThat(Capabilities.CLIENT_QUERY_ATTRIBUTES).isEqualTo(0x8000000);
        assertThat(ServerStatus.describe(0x4003))
                .isEqualTo("SERVER_STATUS_IN_TRANS|SERVER_STATUS_AUTOCOMMIT|SERVER_SESSION_STATE_CHANGED");
    }

    @ParameterizedTest
    @EnumSource
    void everyErrorBecomesAPacketWhenItsArgumentsAreGiven(ErrorCode error) {
        Object[] args = error.template()
                .codePoints()
                .filter(c -> c == '%')
                .mapToObj(c -> (Object) 7)
                .toArray();

        ErrPacket packet = error.toPacket(args);

        assertThat(packet.code()).isEqualTo(error.code());
        assertThat(packet.message()).isNotBlank().doesNotContain("%");
        if (args.length > 0) {
            assertThatThrownBy(error::toPacket).isInstanceOf(IllegalFormatException.class);
        }
    }

    @Test
    void noTwoErrorsAreTheSame() {
        Set<String> seen = new HashSet<>();
        for (ErrorCode error : ErrorCode.values()) {
            assertThat(seen.add(error.code() + error.sqlState()))
                    .as("%s", error)
                    .isTrue();
        }
    }

    @Test
    void errorsReadLikeThoseOfARealServer() {
        assertSame("idle-timeout", ErrorCode.ER_CLIENT_INTERACTION_TIMEOUT.toPacket());
        assertSame("unknown-command", ErrorCode.ER_UNKNOWN_COM_ERROR.toPacket());
        assertSame("init-db-error", ErrorCode.ER_BAD_DB_ERROR.toPacket("nosuch"));
        assertSame("fetch-error", ErrorCode.ER_STMT_HAS_NO_OPEN_CURSOR.toPacket(1));
    }

    private static void assertSame(String capture, ErrPacket expected) {
        byte[] payload = GoldenCapture.of("mysql-8.0.31", capture).payload("modern");
        assertThat(ErrPacket.decode(Unpooled.wrappedBuffer(payload), -1)).isEqualTo(expected);
    }
}
