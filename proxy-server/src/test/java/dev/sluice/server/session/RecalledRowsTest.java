package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An answer is kept until it is whole, so that it must end. */
class RecalledRowsTest {
    private static final int CHUNK = 64 * 1024;

    @Test
    void anEndlessAnswerIsNotCollected() {
        RecalledRows rows = RecalledRows.ofConditions(List.of(), false);
        ByteBuf chunk = Unpooled.buffer(CHUNK).writeZero(CHUNK);
        for (int i = 0; i < (1 << 20) / CHUNK; i++) {
            rows.collect(UnpooledByteBufAllocator.DEFAULT, chunk.retainedDuplicate());
        }
        assertThatThrownBy(() -> rows.collect(UnpooledByteBufAllocator.DEFAULT, chunk.retainedDuplicate()))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("1048576 bytes");
        assertThat(chunk.refCnt()).isOne();
        rows.drop();
        chunk.release();
    }
}
