package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.LoginName;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What real servers said during logins, cut anywhere and with bytes changed, to the handler that logs in to them. */
class LoginFragmentationTest {
    private static final int RANDOM_CUTS = 200;
    private static final int MUTATIONS = 100;

    static Stream<GoldenCapture> logins() {
        return GoldenCapture.allWith("auth-modern")
                .filter(capture -> capture.text("asks").equals("LOGIN"));
    }

    private static byte[] conversation(GoldenCapture capture) {
        String server = capture.name().substring(0, capture.name().indexOf('/'));
        byte[] greeting = GoldenCapture.of(server, "greeting").bytes("greeting");
        return ByteBufUtil.getBytes(Unpooled.wrappedBuffer(greeting, capture.bytes("auth-modern")));
    }

    /** What has happened and what was sent. */
    private static String login(byte[] bytes, IntUnaryOperator next) {
        List<String> log = new ArrayList<>();
        EmbeddedChannel channel = new EmbeddedChannel();
        BackendLogin login = new BackendLogin(
                new PoolKey(0, LoginName.of("app"), 0),
                Credential.ofPassword(LoginName.of("app"), "app-secret".getBytes(StandardCharsets.US_ASCII)),
                new BackendAddress("db0", 3306),
                null,
                () -> 0);
        channel.pipeline()
                .addLast(new BackendLoginHandler(
                        login, BackendTransportSecurity.OFF, Duration.ofSeconds(1), listener(log)));
        for (int from = 0; from < bytes.length && channel.isOpen(); ) {
            int to = Math.min(bytes.length, next.applyAsInt(from));
            channel.writeInbound(Unpooled.copiedBuffer(bytes, from, to - from));
            from = to;
        }
        ByteBuf sent = Unpooled.buffer();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            sent.writeBytes(part);
            part.release();
        }
        channel.finishAndReleaseAll();
        // A password that is encrypted with a public key is never encrypted to the same bytes.
        return log + " " + Hex.of(sent).replaceAll("(000100..).{512}$", "$1");
    }

    private static ConnectListener listener(List<String> log) {
        return new ConnectListener() {
            @Override
            public void connected(BackendConnection connection) {
                log.add("connected " + connection.threadId());
            }

            @Override
            public void failed(BackendFailure failure) {
                log.add(failure.kind() + " " + failure.message());
            }

            @Override
            public void gone() {
                log.add("gone");
            }
        };
    }

    @ParameterizedTest
    @MethodSource("logins")
    void cutsChangeNothing(GoldenCapture capture) {
        byte[] bytes = conversation(capture);
        String whole = login(bytes, from -> bytes.length);
        assertThat(whole).startsWith(capture.name().endsWith("login-error") ? "[REFUSED" : "[connected");

        assertThat(login(bytes, from -> from + 1)).as("byte by byte").isEqualTo(whole);
        for (int cut = 1; cut < bytes.length; cut++) {
            int at = cut;
            assertThat(login(bytes, from -> from < at ? at : bytes.length))
                    .as("cut at %d", cut)
                    .isEqualTo(whole);
        }
        for (int seed = 0; seed < RANDOM_CUTS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int chunkMax = 1 + random.nextInt(bytes.length);
            assertThat(login(bytes, from -> from + 1 + random.nextInt(chunkMax)))
                    .as("seed %d", seed)
                    .isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @MethodSource("logins")
    void changedBytesEndTheLoginOrDoNoHarm(GoldenCapture capture) {
        byte[] bytes = conversation(capture);
        for (int seed = 0; seed < MUTATIONS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] changed = bytes.clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                changed[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            int chunkMax = 1 + random.nextInt(bytes.length);
            // A failure of another kind than those that the protocol knows would say what it is.
            assertThat(login(changed, from -> from + 1 + random.nextInt(chunkMax)))
                    .as("seed %d", seed)
                    .doesNotContain("Exception", "index", "Index");
        }
    }
}
