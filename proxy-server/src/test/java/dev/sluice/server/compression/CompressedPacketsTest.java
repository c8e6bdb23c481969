package dev.sluice.server.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Both ends of the compressed protocol, joined by bytes. */
@SuppressWarnings("FutureReturnValueIgnored") // what was written is read from the channel
class CompressedPacketsTest {
    private final List<EmbeddedChannel> channels = new ArrayList<>();

    private EmbeddedChannel channel(CompressedPackets handler) {
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        channels.add(channel);
        return channel;
    }

    @AfterEach
    void finish() {
        for (EmbeddedChannel channel : channels) {
            assertThat(channel.finish()).as("nothing is left").isFalse();
        }
    }

    private static ByteBuf packet(int sequenceId, byte[] payload) {
        return Unpooled.buffer()
                .writeMediumLE(payload.length)
                .writeByte(sequenceId)
                .writeBytes(payload);
    }

    /** Half of it repeats itself, the other half does not. */
    private static byte[] payload(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        for (int i = 0; i < length / 2; i++) {
            bytes[i] = (byte) (i % 7);
        }
        return bytes;
    }

    private static ByteBuf sent(EmbeddedChannel channel) {
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            all.writeBytes(next);
            next.release();
        }
        return all;
    }

    private static byte[] received(EmbeddedChannel channel) {
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf next = channel.readInbound(); next != null; next = channel.readInbound()) {
            all.writeBytes(next);
            next.release();
        }
        return ByteBufUtil.getBytes(all);
    }

    private static List<Integer> frameIds(ByteBuf frames) {
        List<Integer> ids = new ArrayList<>();
        for (int at = 0; at < frames.readableBytes(); at += CompressedPackets.HEADER_LENGTH + frames.getMediumLE(at)) {
            ids.add((int) frames.getUnsignedByte(at + 3));
        }
        return ids;
    }

    @ParameterizedTest
    @EnumSource
    void everySizeArrivesAsItWasWritten(CompressionAlgorithm algorithm) {
        assertThat(algorithm.isAvailable()).isTrue();
        EmbeddedChannel server = channel(new BackendCompression(algorithm));
        EmbeddedChannel client = channel(new FrontendCompression(algorithm));
        for (int length : new int[] {0, 1, 45, 46, 49, 50, 51, 1_000, 32_763, 32_764, 32_765, 70_000, 500_000}) {
            ByteBuf written = packet(0, payload(length));
            byte[] expected = ByteBufUtil.getBytes(written);
            server.writeOutbound(written);
            ByteBuf frames = sent(server);
            if (length > 1_000) {
                assertThat(frames.readableBytes()).isLessThan(length * 3 / 4);
            }
            client.writeInbound(frames);
            assertThat(received(client)).as("%d", length).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void framesMayBeCutAnywhere(CompressionAlgorithm algorithm) {
        EmbeddedChannel server = channel(new BackendCompression(algorithm));
        ByteBuf written =
                packet(0, payload(40)).writeBytes(packet(0, payload(300))).writeBytes(packet(1, payload(60)));
        byte[] expected = ByteBufUtil.getBytes(written);
        server.writeOutbound(written);
        byte[] frames = ByteBufUtil.getBytes(sent(server));
        for (int cut = 0; cut <= frames.length; cut++) {
            EmbeddedChannel client = channel(new FrontendCompression(algorithm));
            client.writeInbound(Unpooled.copiedBuffer(frames, 0, cut));
            client.writeInbound(Unpooled.copiedBuffer(frames, cut, frames.length - cut));
            assertThat(received(client)).as("cut at %d", cut).isEqualTo(expected);
        }
        EmbeddedChannel slow = channel(new FrontendCompression(algorithm));
        for (byte each : frames) {
            slow.writeInbound(Unpooled.wrappedBuffer(new byte[] {each}));
        }
        assertThat(received(slow)).isEqualTo(expected);
    }

    @Test
    void answersAreNumberedOnFromWhatTheClientSent() {
        EmbeddedChannel client = channel(new FrontendCompression(CompressionAlgorithm.ZLIB));
        EmbeddedChannel server = channel(new BackendCompression(CompressionAlgorithm.ZLIB));
        for (int i = 0; i < 2; i++) {
            server.writeOutbound(packet(0, payload(40_000)));
            ByteBuf command = sent(server);
            assertThat(frameIds(command)).containsExactly(0, 1);
            client.writeInbound(command);
            byte[] unused = received(client);
            client.writeOutbound(packet(1, payload(70_000)));
            assertThat(frameIds(sent(client))).containsExactly(2, 3, 4);
        }
    }

    @Test
    void eachCommandTowardsAServerBeginsAFrameWithTheNumberZero() {
        EmbeddedChannel server = channel(new BackendCompression(CompressionAlgorithm.ZLIB));
        server.write(packet(0, payload(10)), server.voidPromise());
        server.write(packet(0, payload(10)), server.voidPromise());
        // A command of two packets, in pieces that end within a header.
        ByteBuf large = packet(0, payload(100)).writeBytes(packet(1, payload(100)));
        server.write(large.readRetainedSlice(106), server.voidPromise());
        server.write(large, server.voidPromise());
        server.flush();
        assertThat(frameIds(sent(server))).containsExactly(0, 0, 0);
        // What the server asks in between is answered with the number behind its own.
        server.writeInbound(
                Unpooled.buffer().writeMediumLE(5).writeByte(3).writeMediumLE(0).writeBytes(new byte[5]));
        byte[] unused = received(server);
        server.writeOutbound(packet(3, payload(10)));
        assertThat(frameIds(sent(server))).containsExactly(4);
    }

    @Test
    void theFramesOfAFileAreNumberedOnFromTheServersRequestWhateverItsPacketsAre() {
        BackendCompression compression = new BackendCompression(CompressionAlgorithm.ZLIB);
        EmbeddedChannel server = channel(compression);
        server.writeOutbound(packet(0, payload(10)));
        assertThat(frameIds(sent(server))).containsExactly(0);
        for (int requestId : new int[] {1, 255, 254}) {
            server.writeInbound(Unpooled.buffer()
                    .writeMediumLE(5)
                    .writeByte(9)
                    .writeMediumLE(0)
                    .writeBytes(new byte[5]));
            byte[] unused = received(server);
            compression.fileBegins();
            for (int i = 1; i <= 300; i++) {
                server.write(packet(requestId + i, payload(10)), server.voidPromise());
                if (i % 100 == 0) {
                    server.flush();
                }
            }
            assertThat(frameIds(sent(server))).containsExactly(10, 11, 12);
            compression.fileEnds();
            server.writeOutbound(packet(0, payload(10)));
            assertThat(frameIds(sent(server))).containsExactly(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void framesThatLieAreRefused(CompressionAlgorithm algorithm) {
        EmbeddedChannel server = channel(new BackendCompression(algorithm));
        server.writeOutbound(packet(0, new byte[1_000]));
        byte[] frame = ByteBufUtil.getBytes(sent(server));
        for (int wrong : new int[] {1, 1_003, 1_005, 0xFFFFFF}) {
            ByteBuf lie = Unpooled.copiedBuffer(frame).setMediumLE(4, wrong);
            EmbeddedChannel lied = channel(new FrontendCompression(algorithm));
            assertThatThrownBy(() -> lied.writeInbound(lie)).as("%d", wrong).isInstanceOf(CompressionException.class);
            assertThat(received(lied)).as("%d", wrong).isEmpty();
        }
        ByteBuf noise = Unpooled.copiedBuffer(frame).setBytes(CompressedPackets.HEADER_LENGTH, payload(8));
        assertThatThrownBy(() -> channel(new FrontendCompression(algorithm)).writeInbound(noise))
                .isInstanceOf(CompressionException.class);
        assertThatThrownBy(() -> channel(new FrontendCompression(algorithm))
                        .writeInbound(Unpooled.wrappedBuffer(new byte[CompressedPackets.HEADER_LENGTH])))
                .isInstanceOf(CompressionException.class)
                .hasMessageContaining("empty");
    }

    /** As a client sends it: the codec's own frames are small. */
    private static ByteBuf largeFrame(CompressionAlgorithm algorithm, byte[] plain) {
        ByteBuf frame = Unpooled.directBuffer().writeZero(CompressedPackets.HEADER_LENGTH);
        ByteBuf source = Unpooled.directBuffer().writeBytes(plain);
        try (FrameCodec codec = algorithm.newCodec()) {
            codec.compress(source, frame);
        } finally {
            source.release();
        }
        return frame.setMediumLE(0, frame.readableBytes() - CompressedPackets.HEADER_LENGTH)
                .setByte(3, 7)
                .setMediumLE(4, plain.length);
    }

    @Test
    void aLargeFrameIsPassedOnInPiecesWhileItArrives() {
        byte[] plain = payload(0xFFFFFF);
        ByteBuf whole = largeFrame(CompressionAlgorithm.ZLIB, plain);
        byte[] frame = ByteBufUtil.getBytes(whole);
        whole.release();
        EmbeddedChannel client = channel(new FrontendCompression(CompressionAlgorithm.ZLIB));
        ByteBuf all = Unpooled.buffer();
        for (int at = 0; at < frame.length; at += 10_000) {
            client.writeInbound(Unpooled.copiedBuffer(frame, at, Math.min(10_000, frame.length - at)));
            for (ByteBuf next = client.readInbound(); next != null; next = client.readInbound()) {
                assertThat(next.readableBytes()).isLessThanOrEqualTo(CompressedPackets.PIECE_BYTES + 1);
                all.writeBytes(next);
                next.release();
            }
        }
        assertThat(ByteBufUtil.getBytes(all)).isEqualTo(plain);
        client.writeOutbound(packet(1, payload(10)));
        assertThat(frameIds(sent(client))).containsExactly(8);
    }

    @ParameterizedTest
    @EnumSource
    void everySizeAroundThatOfAPieceArrives(CompressionAlgorithm algorithm) {
        int piece = CompressedPackets.PIECE_BYTES;
        for (int length :
                new int[] {50, piece - 1, piece, piece + 1, piece + 2, 2 * piece + 1, 2 * piece + 2, 500_000}) {
            byte[] plain = payload(length);
            EmbeddedChannel client = channel(new FrontendCompression(algorithm));
            client.writeInbound(largeFrame(algorithm, plain));
            assertThat(received(client)).as("%d", length).isEqualTo(plain);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLargeFrameThatLiesEndsInAnError(CompressionAlgorithm algorithm) {
        for (int wrong : new int[] {1, 299_999, 300_001}) {
            ByteBuf lie = largeFrame(algorithm, payload(300_000)).setMediumLE(4, wrong);
            EmbeddedChannel client = channel(new FrontendCompression(algorithm));
            assertThatThrownBy(() -> client.writeInbound(lie)).as("%d", wrong).isInstanceOf(CompressionException.class);
            assertThat(received(client).length).as("%d", wrong).isLessThanOrEqualTo(wrong);
        }
    }

    @Test
    void nothingIsPassedOnWhileNobodyReads() {
        EmbeddedChannel server = channel(new BackendCompression(CompressionAlgorithm.ZLIB));
        server.writeOutbound(packet(0, payload(100_000)));
        EmbeddedChannel client = channel(new FrontendCompression(CompressionAlgorithm.ZLIB));
        client.config().setAutoRead(false);
        client.writeInbound(sent(server));
        assertThat(received(client)).isEmpty();
        client.config().setAutoRead(true);
        client.runPendingTasks();
        assertThat(received(client)).hasSize(100_004);
    }

    @Test
    void zlibGoesBeforeZstdAsInTheServer() {
        int both = CompressionAlgorithm.ZLIB.capability() | CompressionAlgorithm.ZSTD.capability();
        assertThat(CompressionAlgorithm.availableCapabilities()).isEqualTo(both);
        assertThat(CompressionAlgorithm.agreed(both)).isEqualTo(CompressionAlgorithm.ZLIB);
        assertThat(CompressionAlgorithm.agreed(CompressionAlgorithm.ZSTD.capability()))
                .isEqualTo(CompressionAlgorithm.ZSTD);
        assertThat(CompressionAlgorithm.agreed(0)).isNull();
    }
}
