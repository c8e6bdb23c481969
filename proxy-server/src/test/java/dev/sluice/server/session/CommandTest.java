package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandTest {
    private static final Classification READ =
            new Classification(Target.REPLICA, RouteReason.READ, StatementKind.SELECT, 0, 0, 0);

    private final Command command = new Command(Session.COMMAND);

    private static ByteBuf query(String hex) {
        byte[] body = Hex.bytes(hex);
        return Unpooled.buffer().writeIntLE(1 + body.length).writeByte(3).writeBytes(body);
    }

    /** Sends it to a server that expects attributes, or not; what of it follows the command byte. */
    private String sent(boolean expected) {
        command.attributesFor(expected);
        ByteBuf bytes = command.bytesToSend();
        String hex = Hex.of(bytes).substring(10);
        bytes.skipBytes(bytes.readableBytes()).release();
        command.rewind();
        return hex;
    }

    @ParameterizedTest
    @ValueSource(strings = {"0001", "010100010300017805000000", "fc000001"})
    void attributesAreBlanksForTheReaderAndForServersThatDoNotKnowThem(String attributes) {
        ByteBuf packet = query(attributes + "444f2031");
        byte[] taken = CommandAttributes.take(packet);
        String blanks = "20".repeat(attributes.length() / 2);
        assertThat(Hex.of(packet).substring(10)).isEqualTo(blanks + "444f2031");
        command.attributes(taken);
        command.begin(CommandType.COM_QUERY, READ, ResponseShape.QUERY, null, 0);
        command.received(packet, false);
        for (boolean expected : new boolean[] {false, true, true, false, true}) {
            assertThat(sent(expected)).isEqualTo((expected ? attributes : blanks) + "444f2031");
        }
        command.end();
    }

    @Test
    void whatIsStillOnItsWayElsewhereDoesNotChange() {
        ByteBuf packet = query("0001 444f2031");
        command.attributes(CommandAttributes.take(packet));
        command.begin(CommandType.COM_QUERY, READ, ResponseShape.QUERY, null, 0);
        command.received(packet, false);
        command.attributesFor(true);
        ByteBuf onItsWay = command.bytesToSend();
        command.attributesFor(false);
        assertThat(Hex.of(command.packet())).endsWith("2020444f2031");
        assertThat(Hex.of(onItsWay)).endsWith("0001444f2031");
        onItsWay.release();
        command.end();
    }

    @Test
    void aClientWithoutAttributesHasNothingTouched() {
        ByteBuf packet = query("444f2031");
        command.attributes(null);
        command.begin(CommandType.COM_QUERY, READ, ResponseShape.QUERY, null, 0);
        command.received(packet, false);
        assertThat(sent(true)).isEqualTo("444f2031");
        command.end();
    }
}
