package dev.sluice.server.frontend;

import static org.assertj.core.api.Assertions.assertThat;

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
    void aClientThatTakesNothingMoreIsGivenUp() {
        channel.freezeTime();
        frontend.closeBehindAnswer();
        channel.advanceTimeBy(59, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();
        channel.advanceTimeBy(2, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isFalse();
        slow.take();
    }
}
