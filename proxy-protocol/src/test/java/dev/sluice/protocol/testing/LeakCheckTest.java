package dev.sluice.protocol.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LeakCheckTest {
    @Test
    void aBufferThatIsNotReleasedFailsTheCheck() {
        ByteBuf leaked = ByteBufAllocator.DEFAULT.buffer();
        try {
            assertThatThrownBy(() -> LeakCheck.check(Duration.ofMillis(10)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("memory leak");
        } finally {
            leaked.release();
            // The failed check forgot the buffer, so its release is one too many and has to be forgotten as well.
            assertThatThrownBy(() -> LeakCheck.check(Duration.ofMillis(10))).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aBufferThatIsReleasedALittleLaterDoesNot() {
        ByteBuf late = ByteBufAllocator.DEFAULT.buffer();
        CompletableFuture<Boolean> released = CompletableFuture.supplyAsync(
                late::release, CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS));
        LeakCheck.check(Duration.ofSeconds(30));
        assertThat(released.join()).isTrue();
    }
}
