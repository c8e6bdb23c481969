package dev.sluice.server.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.server.auth.AuthServices;
import dev.sluice.server.auth.CredentialCache;
import dev.sluice.server.auth.CredentialProver;
import dev.sluice.server.monitor.AccountChoice;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A client that takes nothing of what it is told is rid of when the time for logins is over. */
class UnreadLoginTest {
    private static final RsaKeys KEYS = RsaKeys.generate();

    /** Nothing that is written is ever sent. */
    private static final class FullSocket extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            ReferenceCountUtil.release(message);
        }
    }

    /** A door that greets. */
    private static final class Door implements Reception {
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
                    new CredentialCache(Duration.ofMinutes(1), 10), name -> AccountChoice.NONE, KEYS, false);
        }

        @Override
        public CredentialProver prover(Frontend client) {
            return (credential, verdict) -> verdict.refused(ErrorCode.ER_HANDSHAKE_ERROR.toPacket());
        }

        @Override
        public void admit(Login login, byte[] nonce, Verdict verdict) {
            throw new AssertionError("somebody was let in");
        }
    }

    @Test
    void theConnectionEndsWithTheTimeForLoginsThoughTheErrorIsNotTaken() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        channel.pipeline()
                .addLast(new FullSocket(), new FrontendHandshakeHandler(new Door(), Frontends.SETTINGS))
                .fireChannelActive();
        channel.advanceTimeBy(9, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();
        channel.advanceTimeBy(2, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
    }
}
