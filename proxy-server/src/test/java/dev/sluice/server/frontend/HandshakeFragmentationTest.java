package dev.sluice.server.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.protocol.packet.HandshakeResponse41;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.protocol.packet.OkPacket;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.server.admission.CountedTicket;
import dev.sluice.server.admission.Refusals;
import dev.sluice.server.auth.AuthServices;
import dev.sluice.server.auth.CredentialCache;
import dev.sluice.server.auth.CredentialProver;
import dev.sluice.server.monitor.Account;
import dev.sluice.server.monitor.AccountChoice;
import dev.sluice.server.monitor.Accounts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a client says when it comes, cut anywhere: recorded, but for the proof of its password, which is about a nonce. */
class HandshakeFragmentationTest {
    private static final int RANDOM_CUTS = 200;
    private static final int MUTATIONS = 500;
    private static final byte[] PASSWORD = "native-secret".getBytes(StandardCharsets.US_ASCII);
    private static final RsaKeys KEYS = RsaKeys.generate();
    private static final byte[] RECORDED =
            GoldenCapture.of("mysql-8.0.31", "login-native").payload("command");
    private static final byte[] PINGS = Hex.bytes("01 00 00 00 0e 01 00 00 00 0e");

    private final StringBuilder log = new StringBuilder();
    private EmbeddedChannel channel = new EmbeddedChannel();

    /** Lets everybody in whose password is right, and writes down what comes then. */
    private final class Door implements Reception {
        @Override
        public long nextConnectionId() {
            return 1;
        }

        @Override
        public @Nullable Greeting greeting() {
            return new Greeting("8.0.31", 255, 0);
        }

        @Override
        public AuthServices services(String plugin) {
            Account account = Accounts.of("native", NativePassword.NAME, NativePassword.authenticationString(PASSWORD));
            return new AuthServices(
                    new CredentialCache(Duration.ofMinutes(1), 10),
                    name -> name.user().equals("native") ? AccountChoice.of(account) : AccountChoice.NONE,
                    KEYS,
                    false);
        }

        @Override
        public CredentialProver prover(Frontend client) {
            return (credential, verdict) -> verdict.proved();
        }

        @Override
        public void admit(Login login, byte[] nonce, Verdict verdict) {
            log.append(login.credential().user())
                    .append(' ')
                    .append(login.request().database())
                    .append(' ');
            verdict.admitted(() -> new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    ByteBuf bytes = (ByteBuf) message;
                    log.append(Hex.of(bytes));
                    bytes.release();
                }
            });
        }
    }

    private static FrontendSettings settings() {
        return new FrontendSettings(
                any -> new CountedTicket(new AtomicInteger(), 1),
                () -> FrontendTransportSecurity.OFF,
                0,
                () -> Duration.ofSeconds(5),
                () -> Duration.ofHours(8),
                () -> Duration.ofMinutes(1),
                new Refusals(System::nanoTime));
    }

    private HandshakeV10 open() {
        log.setLength(0);
        channel = new EmbeddedChannel(new FrontendHandshakeHandler(new Door(), settings()));
        ByteBuf greeting = channel.readOutbound();
        try {
            return HandshakeV10.decode(greeting.skipBytes(Packets.HEADER_LENGTH), 0);
        } finally {
            greeting.release();
        }
    }

    /** The recorded response with the proof of this greeting, and two commands that the client does not wait to send. */
    private static byte[] said(HandshakeV10 greeting) {
        HandshakeResponse41 recorded = HandshakeResponse41.decode(Unpooled.wrappedBuffer(RECORDED), 0);
        HandshakeResponse41 response = new HandshakeResponse41(
                recorded.capabilities(),
                recorded.maxPacketSize(),
                recorded.collation(),
                recorded.username(),
                NativePassword.scramble(PASSWORD, greeting.authPluginData()),
                recorded.database(),
                recorded.authPluginName(),
                recorded.connectAttributes());
        ByteBuf out = Unpooled.buffer();
        Packets.write(out, 1, response, recorded.capabilities());
        assertThat(out.readableBytes()).isEqualTo(Packets.HEADER_LENGTH + RECORDED.length);
        return ByteBufUtil.getBytes(out.writeBytes(PINGS));
    }

    /** What the client was told and what came of it. */
    private String login(byte[] bytes, IntUnaryOperator next) {
        for (int from = 0; from < bytes.length && channel.isOpen(); ) {
            int to = Math.min(bytes.length, next.applyAsInt(from));
            channel.writeInbound(Unpooled.buffer().writeBytes(bytes, from, to - from));
            from = to;
        }
        ByteBuf sent = Unpooled.buffer();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            sent.writeBytes(part);
            part.release();
        }
        channel.finishAndReleaseAll();
        return log + " " + Hex.of(sent);
    }

    private String login(IntUnaryOperator next) {
        return login(said(open()), next);
    }

    @Test
    void cutsChangeNothing() {
        String whole = login(from -> Integer.MAX_VALUE);
        ByteBuf ok = Unpooled.buffer();
        Packets.write(ok, 2, OkPacket.of(2), Capabilities.CLIENT_PROTOCOL_41);
        assertThat(whole).isEqualTo("native golden " + Hex.of(PINGS) + " " + Hex.of(ok));

        assertThat(login(from -> from + 1)).as("byte by byte").isEqualTo(whole);
        int length = Packets.HEADER_LENGTH + RECORDED.length + PINGS.length;
        for (int cut = 1; cut < length; cut++) {
            int at = cut;
            assertThat(login(from -> from < at ? at : Integer.MAX_VALUE))
                    .as("cut at %d", cut)
                    .isEqualTo(whole);
        }
        for (int seed = 0; seed < RANDOM_CUTS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int chunkMax = 1 + random.nextInt(length);
            assertThat(login(from -> from + 1 + random.nextInt(chunkMax)))
                    .as("seed %d", seed)
                    .isEqualTo(whole);
        }
    }

    /** A request that was not offered is refused with an ERR once it is whole, and not before. */
    @Test
    void anSslRequestIsKnownWhereverItIsCut() {
        byte[] request = Hex.bytes("20 00 00 01 00 8a 00 00", "00 00 00 01 2d", "00".repeat(23));
        open();
        String whole = login(request, from -> request.length);
        assertThat(whole).startsWith(" ").contains("ff1304");
        for (int cut = 1; cut < request.length; cut++) {
            int at = cut;
            open();
            channel.writeInbound(Unpooled.buffer().writeBytes(request, 0, at));
            assertThat(channel.outboundMessages()).isEmpty();
            byte[] rest = Arrays.copyOfRange(request, at, request.length);
            assertThat(login(rest, from -> rest.length)).as("cut at %d", cut).isEqualTo(whole);
        }
    }

    @Test
    void changedBytesAreRefusedOrDoNoHarm() {
        for (int seed = 0; seed < MUTATIONS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] changed = said(open());
            for (int i = random.nextInt(3); i >= 0; i--) {
                changed[random.nextInt(changed.length - PINGS.length)] = (byte) random.nextInt();
            }
            int chunkMax = 1 + random.nextInt(changed.length);
            String outcome = login(changed, from -> from + 1 + random.nextInt(chunkMax));
            // Nobody gets to the commands unless the password was proved: then the user's name was not changed either.
            assertThat(outcome.contains(Hex.of(PINGS)) && !outcome.startsWith("native"))
                    .as("seed %d: %s", seed, outcome)
                    .isFalse();
        }
    }
}
