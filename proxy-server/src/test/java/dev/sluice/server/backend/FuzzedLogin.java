package dev.sluice.server.backend;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.LoginName;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A login to a server that says anything. Thread-safe: a function without state. */
public final class FuzzedLogin {
    /** What must not leave in the clear. */
    public static final String PASSWORD = "fuzzed-secret";

    private FuzzedLogin() {}

    /** What the server was sent, as ISO 8859-1. */
    public static String run(byte[] said) {
        EmbeddedChannel channel = new EmbeddedChannel();
        BackendLogin login = new BackendLogin(
                new PoolKey(0, LoginName.of("app"), 0),
                Credential.ofPassword(LoginName.of("app"), PASSWORD.getBytes(StandardCharsets.US_ASCII)),
                new BackendAddress("db0", 3306),
                null,
                () -> 0);
        int[] verdicts = new int[1];
        channel.pipeline()
                .addLast(new BackendLoginHandler(
                        login, BackendTransportSecurity.OFF, Duration.ofSeconds(1), new ConnectListener() {
                            @Override
                            public void connected(BackendConnection connection) {
                                verdicts[0]++;
                            }

                            @Override
                            public void failed(BackendFailure failure) {
                                verdicts[0]++;
                            }

                            @Override
                            public void gone() {
                                // The connection is closed at the end.
                            }
                        }));
        channel.writeInbound(Unpooled.copiedBuffer(said));
        ByteBuf sent = Unpooled.buffer();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            sent.writeBytes(part);
            part.release();
        }
        channel.finishAndReleaseAll();
        if (verdicts[0] != 1) {
            throw new AssertionError("the login has ended " + verdicts[0] + " times");
        }
        return new String(ByteBufUtil.getBytes(sent), StandardCharsets.ISO_8859_1);
    }
}
