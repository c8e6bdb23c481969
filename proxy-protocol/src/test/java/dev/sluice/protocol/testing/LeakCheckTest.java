package dev.sluice.protocol.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.LeakPresenceDetector;
import org.junit.jupiter.api.Test;

class LeakCheckTest {
    @Test
    void aBufferThatIsNotReleasedFailsTheCheck() {
        ByteBuf leaked = ByteBufAllocator.DEFAULT.buffer();
        try {
            assertThatThrownBy(LeakPresenceDetector::check).isInstanceOf(IllegalStateException.class);
        } finally {
            leaked.release();
            // The failed check forgot the buffer, so its release is one too many and has to be forgotten as well.
            assertThatThrownBy(LeakPresenceDetector::check).isInstanceOf(IllegalStateException.class);
        }
    }
}
