package dev.sluice.server.fuzz;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.server.admission.CountedTicket;
import dev.sluice.server.admission.Refusals;
import dev.sluice.server.auth.AuthServices;
import dev.sluice.server.auth.CredentialCache;
import dev.sluice.server.auth.CredentialProver;
import dev.sluice.server.compression.CompressionAlgorithm;
import dev.sluice.server.compression.CompressionException;
import dev.sluice.server.compression.FrontendCompression;
import dev.sluice.server.frontend.Frontend;
import dev.sluice.server.frontend.FrontendHandshakeHandler;
import dev.sluice.server.frontend.FrontendSettings;
import dev.sluice.server.frontend.FrontendTransportSecurity;
import dev.sluice.server.frontend.Reception;
import dev.sluice.server.monitor.Account;
import dev.sluice.server.monitor.AccountChoice;
import dev.sluice.server.monitor.Accounts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A client that says anything. Thread-safe: functions without state. */
final class FuzzedClient {
    private static final RsaKeys KEYS = RsaKeys.generate();
    private static final Account ACCOUNT = Accounts.of(
            "native",
            NativePassword.NAME,
            NativePassword.authenticationString("native-secret".getBytes(StandardCharsets.US_ASCII)));
    private static final FrontendSettings SETTINGS = new FrontendSettings(
            any -> new CountedTicket(new AtomicInteger(), 1),
            () -> FrontendTransportSecurity.OFF,
            0,
            () -> Duration.ofSeconds(5),
            () -> Duration.ofHours(8),
            () -> Duration.ofMinutes(1),
            new Refusals(System::nanoTime));
    /** One frame inflates to 16 MiB at most. */
    private static final int FRAME_BYTES_MAX = 1 << 24;

    private FuzzedClient() {}

    /** A door for which everybody's password is wrong. */
    private static final class Door implements Reception {
        private final CredentialCache cache = new CredentialCache(Duration.ofMinutes(1), 10);

        @Override
        public long nextConnectionId() {
            return 1;
        }

        @Override
        public Greeting greeting() {
            return new Greeting("8.0.31", 255, 0);
        }

        @Override
        public AuthServices services(String plugin) {
            return new AuthServices(
                    cache,
                    name -> name.user().equals("native") ? AccountChoice.of(ACCOUNT) : AccountChoice.NONE,
                    KEYS,
                    false);
        }

        @Override
        public CredentialProver prover(Frontend client) {
            // No server lets in who has not heard the nonce.
            return (credential, verdict) ->
                    verdict.refused(ErrorCode.ER_ACCESS_DENIED_ERROR.toPacket(credential.user(), "localhost", "YES"));
        }

        @Override
        public void admit(Login login, byte[] nonce, Verdict verdict) {
            throw new AssertionError("somebody was let in");
        }
    }

    static void login(byte[] input) {
        EmbeddedChannel channel =
                new EmbeddedChannel(new FrontendHandshakeHandler(new Door(), SETTINGS), new Thrower());
        int piece = input.length == 0 ? 1 : 1 + (input[0] & 0xFF) * 4;
        ByteBuf all = FuzzTarget.behind(input, 1);
        while (all.isReadable() && channel.isOpen()) {
            int length = Math.min(piece, all.readableBytes());
            channel.writeInbound(Unpooled.buffer().writeBytes(all, length));
        }
        channel.finishAndReleaseAll();
    }

    static void compressed(byte[] input) {
        CompressionAlgorithm algorithm =
                input.length > 0 && (input[0] & 1) != 0 && CompressionAlgorithm.ZSTD.isAvailable()
                        ? CompressionAlgorithm.ZSTD
                        : CompressionAlgorithm.ZLIB;
        Thrower thrower = new Thrower();
        EmbeddedChannel channel = new EmbeddedChannel(new FrontendCompression(algorithm), thrower);
        channel.writeInbound(Unpooled.copiedBuffer(FuzzTarget.behind(input, 1)));
        channel.finishAndReleaseAll();
        // A frame has a head of seven bytes.
        if (thrower.bytes > (long) FRAME_BYTES_MAX * (1 + input.length / 7)) {
            throw new AssertionError(thrower.bytes + " bytes from " + input.length);
        }
    }

    /** Counts what comes through, and takes no exception but the one for what cannot be inflated. */
    private static final class Thrower extends ChannelInboundHandlerAdapter {
        private long bytes;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf in = (ByteBuf) message;
            bytes += in.readableBytes();
            in.release();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, @Nullable Throwable cause) {
            if (!(cause instanceof CompressionException)) {
                throw new AssertionError("an exception that nobody expects", cause);
            }
            var unused = context.close();
        }
    }
}
