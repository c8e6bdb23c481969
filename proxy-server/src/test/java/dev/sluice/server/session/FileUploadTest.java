package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.server.backend.FakeBackend;
import dev.sluice.server.frontend.Frontends;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FileUploadTest {
    private final EmbeddedChannel client = new EmbeddedChannel();
    private final FakeBackend backend = new FakeBackend();
    private int resumed;
    private int discarded;

    private final FileUpload file = new FileUpload(
            Frontends.of(client, Capabilities.CLIENT_PROTOCOL_41),
            () -> resumed++,
            backend::connection,
            () -> discarded++);

    @AfterEach
    void close() {
        backend.close();
        client.finishAndReleaseAll();
    }

    private String passedOn() {
        backend.connection().flush();
        return Hex.of(backend.sent());
    }

    private static ByteBuf packets(String hex) {
        return Unpooled.copiedBuffer(Hex.bytes(hex));
    }

    @Test
    void packetsArePassedOnUpToTheEmptyOne() {
        file.begin(0);
        assertThat(resumed).isEqualTo(1);
        ByteBuf in = packets("02 00 00 02 61 62 01 00 00 03 63 00 00 00 04 01 00 00 00 0e");
        assertThat(file.take(in)).isTrue();
        assertThat(file.isOpen()).isFalse();
        assertThat(passedOn()).isEqualTo("02000002616201000003630000" + "0004");
        // What follows is the next command.
        assertThat(in.readableBytes()).isEqualTo(5);
    }

    @Test
    void aFileMayBeEmpty() {
        file.begin(0);
        assertThat(file.take(packets("00 00 00 02"))).isTrue();
        assertThat(file.isOpen()).isFalse();
        assertThat(passedOn()).isEqualTo("00000002");
    }

    @Test
    void packetsMayComeByteByByte() {
        file.begin(1);
        byte[] all = Hex.bytes("02 00 00 03 61 62 00 00 00 04");
        ByteBuf in = Unpooled.buffer();
        for (byte each : all) {
            in.writeByte(each);
            boolean unused = file.take(in);
        }
        assertThat(file.isOpen()).isFalse();
        assertThat(passedOn()).isEqualTo("02000002616200000003");
    }

    @Test
    void theEmptyEndOfAPacketOfTheGreatestLengthIsNotTheEndOfTheFile() {
        file.begin(0);
        ByteBuf in = Unpooled.buffer();
        in.writeIntLE(Packets.MAX_PAYLOAD_LENGTH | 2 << 24).writeZero(Packets.MAX_PAYLOAD_LENGTH);
        in.writeIntLE(3 << 24);
        assertThat(file.take(in)).isTrue();
        assertThat(file.isOpen()).isTrue();
        backend.connection().flush();
        assertThat(backend.sent()).hasSize(Packets.MAX_PAYLOAD_LENGTH + 8);
        in.writeIntLE(4 << 24);
        assertThat(file.take(in)).isTrue();
        assertThat(file.isOpen()).isFalse();
        in.release();
    }

    @Test
    void sequenceIdsAreLoweredAcrossTheirEnd() {
        file.begin(2);
        assertThat(file.take(packets("01 00 00 01 61 00 00 00 02"))).isTrue();
        assertThat(passedOn()).isEqualTo("010000ff6100000000");
    }

    @Test
    void whatNobodyTakesIsReadToItsEndAndTheErrorStandsBehindIt() {
        file.begin(0);
        assertThat(file.take(packets("02 00 00 02 61"))).isTrue();
        file.discardRest(ErrorCode.BACKEND_CONNECTION_LOST.toPacket());
        String before = passedOn();
        assertThat(file.take(packets("62 00 00 00 03"))).isTrue();
        assertThat(file.isOpen()).isFalse();
        assertThat(discarded).isEqualTo(1);
        assertThat(before).isEqualTo("0200000261");
        assertThat(passedOn()).isEmpty();
        ByteBuf error = client.readOutbound();
        assertThat(error.getUnsignedByte(3)).isEqualTo((short) 4);
        error.release();
    }

    @Test
    void aClientThatSendsNothingMoreOfAnUnwantedFileIsGivenUp() {
        client.freezeTime();
        file.begin(0);
        file.discardRest(ErrorCode.BACKEND_CONNECTION_LOST.toPacket());
        client.advanceTimeBy(29, TimeUnit.SECONDS);
        client.runScheduledPendingTasks();
        assertThat(file.take(packets("01 00 00 02 61"))).isTrue();
        client.advanceTimeBy(2, TimeUnit.SECONDS);
        client.runScheduledPendingTasks();
        assertThat(client.isOpen()).isTrue();
        client.advanceTimeBy(31, TimeUnit.SECONDS);
        client.runScheduledPendingTasks();
        assertThat(client.isOpen()).isFalse();
    }
}
