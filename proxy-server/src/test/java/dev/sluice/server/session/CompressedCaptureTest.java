package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.testing.ClientForm;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.server.compression.BackendCompression;
import dev.sluice.server.compression.CompressionAlgorithm;
import dev.sluice.server.compression.FrontendCompression;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Recorded bytes in compressed frames that cut packets anywhere, and that are cut anywhere themselves. */
@SuppressWarnings("FutureReturnValueIgnored") // what was written is read from the channel
class CompressedCaptureTest {
    private static final int RANDOM_CUTS = 10;
    private static final int COMMAND_CUTS = 200;

    @ParameterizedTest
    @EnumSource
    void responsesAreRelayedAsIfTheyWereNotCompressed(CompressionAlgorithm algorithm) {
        for (GoldenCapture capture : GoldenCapture.allWith("modern")
                .filter(each -> !each.has("answers"))
                .toList()) {
            byte[] bytes = capture.bytes("modern");
            String plain = relay(capture, null, List.of(bytes));
            for (int seed = 0; seed < RANDOM_CUTS; seed++) {
                SplittableRandom random = new SplittableRandom(seed);
                byte[] frames = framed(new FrontendCompression(algorithm), pieces(bytes, random));
                // The first cut is the finest.
                List<byte[]> arriving = seed == 0 ? single(frames) : pieces(frames, random);
                assertThat(relay(capture, algorithm, arriving))
                        .as("%s, seed %d", capture, seed)
                        .isEqualTo(plain);
            }
        }
    }

    private static String relay(GoldenCapture capture, @Nullable CompressionAlgorithm algorithm, List<byte[]> parts) {
        try (RelayedClient client = new RelayedClient(ClientForm.MODERN, algorithm)) {
            client.ask(capture);
            for (byte[] part : parts) {
                client.receive(part, 0, part.length);
            }
            assertThat(client.isWaiting()).isFalse();
            return client.log + Hex.of(client.delivered());
        }
    }

    @ParameterizedTest
    @EnumSource
    void commandsArriveAsIfTheyWereNotCompressed(CompressionAlgorithm algorithm) {
        ByteBuf all = Unpooled.buffer();
        GoldenCapture.allWith("command").forEach(capture -> all.writeBytes(capture.bytes("command")));
        byte[] commands = ByteBufUtil.getBytes(all);
        for (int seed = 0; seed < COMMAND_CUTS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] frames = framed(new BackendCompression(algorithm), pieces(commands, random));
            EmbeddedChannel server = new EmbeddedChannel(new FrontendCompression(algorithm));
            for (byte[] part : seed == 0 ? single(frames) : pieces(frames, random)) {
                server.writeInbound(Unpooled.copiedBuffer(part));
            }
            assertThat(received(server)).as("seed %d", seed).isEqualTo(commands);
            assertThat(server.finish()).as("nothing is left").isFalse();
        }
    }

    /** A frame at least for each piece. */
    private static byte[] framed(ChannelHandler compression, List<byte[]> pieces) {
        EmbeddedChannel channel = new EmbeddedChannel(compression);
        for (byte[] piece : pieces) {
            channel.writeOutbound(Unpooled.copiedBuffer(piece));
        }
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf frame = channel.readOutbound(); frame != null; frame = channel.readOutbound()) {
            all.writeBytes(frame);
            frame.release();
        }
        assertThat(channel.finish()).isFalse();
        return ByteBufUtil.getBytes(all);
    }

    private static byte[] received(EmbeddedChannel channel) {
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf part = channel.readInbound(); part != null; part = channel.readInbound()) {
            all.writeBytes(part);
            part.release();
        }
        return ByteBufUtil.getBytes(all);
    }

    private static List<byte[]> pieces(byte[] bytes, SplittableRandom random) {
        List<byte[]> pieces = new ArrayList<>();
        int max = 1 + random.nextInt(bytes.length);
        for (int from = 0; from < bytes.length; ) {
            int to = Math.min(bytes.length, from + 1 + random.nextInt(max));
            pieces.add(Arrays.copyOfRange(bytes, from, to));
            from = to;
        }
        return pieces;
    }

    private static List<byte[]> single(byte[] bytes) {
        List<byte[]> single = new ArrayList<>();
        for (byte each : bytes) {
            single.add(new byte[] {each});
        }
        return single;
    }
}
