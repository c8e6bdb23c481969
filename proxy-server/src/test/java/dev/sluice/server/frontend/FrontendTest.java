package dev.sluice.server.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.ErrorCode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FrontendTest {
    /** A client that takes what was written only when the test says so. */
    @SuppressWarnings("FutureReturnValueIgnored") // the promise is what tells
    private static final class SlowClient extends ChannelOutboundHandlerAdapter {
        private final ArrayDeque<Runnable> writes = new ArrayDeque<>();

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            writes.add(() -> context.writeAndFlush(message, promise));
        }

        void take() {
            writes.remove().run();
        }
    }

    private final SlowClient slow = new SlowClient();
    private final EmbeddedChannel channel = new EmbeddedChannel(slow);
    private final Frontend frontend = Frontends.of(channel, 0);

    @AfterEach
    void finish() {
        channel.finishAndReleaseAll();
    }

    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            channel.advanceTimeBy(1, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
        }
    }

    @Test
    void theConnectionIsClosedWhenTheClientHasWhatWasWritten() {
        frontend.write(Unpooled.copiedBuffer(new byte[] {1, 2, 3}));
        frontend.closeBehindAnswer();
        assertThat(channel.isOpen()).isTrue();
        slow.take();
        assertThat(channel.isOpen()).isTrue();
        slow.take();
        assertThat(channel.isOpen()).isFalse();
        ByteBuf sent = channel.readOutbound();
        assertThat(sent.readableBytes()).isEqualTo(3);
        sent.release();
    }

    @Test
    void aClientThatDoesNotTakeItsLastErrorIsGivenUp() {
        channel.freezeTime();
        frontend.sendAndClose(1, ErrorCode.ER_SERVER_SHUTDOWN.toPacket());
        pass(59);
        assertThat(channel.isOpen()).isTrue();
        pass(2);
        assertThat(channel.isOpen()).isFalse();
        slow.take();
    }

    @Test
    void aClientThatTakesNothingMoreIsGivenUp() {
        channel.freezeTime();
        frontend.closeBehindAnswer();
        pass(59);
        assertThat(channel.isOpen()).isTrue();
        pass(2);
        assertThat(channel.isOpen()).isFalse();
        slow.take();
    }
}
